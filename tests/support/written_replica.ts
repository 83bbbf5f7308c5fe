import type { Replica } from "../../lib/core/value.ts";

/** The replica of a number, which is its stamp; its bytes follow from it. */
export function writtenReplica(number: number): Replica {
  return {
    key: new Uint8Array(32).fill(number & 255),
    value: new Uint8Array(1 + (number * 7_919) % 20_000).fill((number >> 3) & 255),
    nonce: new Uint8Array(32).fill(number & 127),
    stamp: number,
    replication: 20,
    expiresAt: Date.UTC(2100, 0),
  };
}

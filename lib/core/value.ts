/**
 * A value as nodes give it to each other, and the one rule of its validity.
 *
 * @module
 */

import type { Hash } from "./kademlia/node_id.ts";
import { VALUE_BYTES_MAX } from "./limits.ts";
import { type Claimed, type ProofFault, proofFault } from "./proof_of_work.ts";

/** A version of a value and all that its PUT says of it, which the proof of work binds: it never changes. */
export interface Replica extends Claimed {
  /** 32 bytes, the proof of work. */
  readonly nonce: Uint8Array;
}

/** A value as it travels between nodes. */
export interface SentValue extends Replica {
  /**
   * Until when it is, or is to be, kept as a cached value, by the network's time in milliseconds since 1970;
   * `REPLICA` if it is a replica.
   */
  readonly cachedUntil: number;
}

/** Stands for no end of a cached value: it is a replica. */
export const REPLICA = 0;

/** A value as a store takes it. */
export interface TimedValue extends Replica {
  /** How long this store is to keep it, in milliseconds. */
  readonly ttlMs: number;
}

/** What is wrong with a value. */
export type ValueFault = ProofFault | "tooLarge" | "stampAhead" | "expired";

/** What a value is checked against. */
export interface ValueRules {
  /** Leading zero bits that the proof of work must have. */
  readonly proofOfWorkBits: number;
  /** The network's time in milliseconds since 1970. */
  readonly unixNow: number;
  /** How far ahead of that a stamp may be, in milliseconds. */
  readonly stampAheadMaxMs: number;
  /** What is left of the value's life, in milliseconds. */
  readonly leftMs: number;
  readonly sha256: Hash;
}

/** The first fault of a value that another node has sent; null if it is valid. */
export function checkValue(replica: Replica, rules: ValueRules): ValueFault | null {
  const { value, stamp } = replica;
  const { proofOfWorkBits: bits, unixNow, stampAheadMaxMs, leftMs, sha256 } = rules;
  if (value.length > VALUE_BYTES_MAX) return "tooLarge";
  const fault = proofFault(replica, { sha256, bits });
  if (fault) return fault;
  if (stamp > unixNow + stampAheadMaxMs) return "stampAhead";
  return leftMs > 0 ? null : "expired";
}

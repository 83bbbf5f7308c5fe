/**
 * A value as nodes give it to each other, and the one rule of its validity.
 *
 * @module
 */

import type { Hash, NodeId } from "./kademlia/node_id.ts";
import { STAMP_AHEAD_MAX_MS, VALUE_BYTES_MAX } from "./limits.ts";
import { verifyProofOfWork } from "./proof_of_work.ts";

/** A value as it travels between nodes and lies in stores, with what proves and dates it. */
export interface TimedValue {
  /** 32 bytes. */
  readonly key: NodeId;
  /** 1 to 65,495 bytes. */
  readonly value: Uint8Array;
  /** Time until it expires, in milliseconds. */
  readonly ttlMs: number;
  /** How many replicas its PUT asked for; `CACHED_REPLICATION` if this is a cached value. */
  readonly replication: number;
  /** Time of the PUT at the node that took it, in milliseconds since 1970. */
  readonly stamp: number;
  /** 32 bytes, the proof of work. */
  readonly nonce: Uint8Array;
}

/** A value some time later: less is left of its lifetime, in whole milliseconds. */
export function aged<Value extends Pick<TimedValue, "ttlMs">>(value: Value, ms: number): Value {
  return { ...value, ttlMs: Math.max(0, Math.floor(value.ttlMs - ms)) };
}

/** A replica whose end is a point in time: as it is kept beyond the process, exported and imported. */
export interface Replica extends Omit<TimedValue, "ttlMs"> {
  /** When it expires, by the network's time, in milliseconds since 1970. */
  readonly expiresAt: number;
}

/** What is wrong with a value. */
export type ValueFault = "tooLarge" | "weakProofOfWork" | "stampAhead" | "expired";

/** What a value is checked against. */
export interface ValueRules {
  /** Leading zero bits that the proof of work must have. */
  readonly proofOfWorkBits: number;
  /** The time in milliseconds since 1970. */
  readonly unixNow: number;
  readonly sha256: Hash;
}

/** The first fault of a value that another node has sent; null if it is valid. */
export function checkValue(timed: TimedValue, rules: ValueRules): ValueFault | null {
  const { key, value, ttlMs, stamp, nonce } = timed;
  const { proofOfWorkBits, unixNow, sha256 } = rules;
  if (value.length > VALUE_BYTES_MAX) return "tooLarge";
  if (!verifyProofOfWork(sha256, nonce, key, value, proofOfWorkBits)) return "weakProofOfWork";
  if (stamp > unixNow + STAMP_AHEAD_MAX_MS) return "stampAhead";
  return ttlMs > 0 ? null : "expired";
}

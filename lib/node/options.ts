/**
 * What can be set about a node, apart from where it listens.
 *
 * @module
 */

import {
  BUCKET_SIZE_DEFAULT,
  BUCKET_SIZE_MAX,
  LEAVE_LIMIT_DEFAULT_MS,
  LEAVE_LIMIT_MAX_MS,
  PARALLELISM_DEFAULT,
  PARALLELISM_MAX,
  PREFIX_LENGTH_DEFAULT,
  PREFIX_LENGTH_MAX,
  PROOF_OF_WORK_BITS_DEFAULT,
  PROOF_OF_WORK_BITS_MAX,
  REPLICATION_DEFAULT,
  REPUBLISH_INTERVAL_DEFAULT_MS,
  REPUBLISH_INTERVAL_MAX_MS,
  REPUBLISH_INTERVAL_MIN_MS,
  TTL_MAX_DEFAULT_MS,
  TTL_MAX_MAX_MS,
} from "../core/limits.ts";

/** Settings of a node. All nodes of one network should agree on `proofOfWorkBits`. */
export interface NodeOptions {
  /** Bits of the id that one level of buckets matches, 1 to 8; 1 is classic Kademlia. */
  readonly prefixLength: number;
  /** Contacts a bucket holds, and contacts that end a lookup when they have answered (k). */
  readonly bucketSize: number;
  /** Requests in flight per lookup (alpha). */
  readonly parallelism: number;
  /** Replicas of a value whose PUT names no number; at most `bucketSize`. */
  readonly replication: number;
  /** Longest TTL of a value, in milliseconds. */
  readonly ttlMaxMs: number;
  /** Longest time until neighbours compare what both should hold, in milliseconds. */
  readonly republishIntervalMs: number;
  /** Leading zero bits that a STORE's proof of work must have. */
  readonly proofOfWorkBits: number;
  /** How long a node that leaves may take, in milliseconds: its PUTs end, and its replicas are handed over. */
  readonly leaveLimitMs: number;
}

/** The settings of a node that says nothing else. */
export const NODE_OPTIONS_DEFAULT: NodeOptions = {
  prefixLength: PREFIX_LENGTH_DEFAULT,
  bucketSize: BUCKET_SIZE_DEFAULT,
  parallelism: PARALLELISM_DEFAULT,
  replication: REPLICATION_DEFAULT,
  ttlMaxMs: TTL_MAX_DEFAULT_MS,
  republishIntervalMs: REPUBLISH_INTERVAL_DEFAULT_MS,
  proofOfWorkBits: PROOF_OF_WORK_BITS_DEFAULT,
  leaveLimitMs: LEAVE_LIMIT_DEFAULT_MS,
};

/** What each setting may be. */
const RANGES: Readonly<Record<keyof NodeOptions, readonly [number, number]>> = {
  prefixLength: [1, PREFIX_LENGTH_MAX],
  bucketSize: [1, BUCKET_SIZE_MAX],
  parallelism: [1, PARALLELISM_MAX],
  replication: [1, BUCKET_SIZE_MAX],
  ttlMaxMs: [1, TTL_MAX_MAX_MS],
  republishIntervalMs: [REPUBLISH_INTERVAL_MIN_MS, REPUBLISH_INTERVAL_MAX_MS],
  proofOfWorkBits: [0, PROOF_OF_WORK_BITS_MAX],
  leaveLimitMs: [0, LEAVE_LIMIT_MAX_MS],
};

/**
 * Checks the settings of a node.
 *
 * @throws {RangeError} that names the setting that is wrong, or missing.
 */
export function checkOptions(options: NodeOptions): void {
  for (const [name, [min, max]] of Object.entries(RANGES)) {
    const value = options[name as keyof NodeOptions];
    if (Number.isInteger(value) && value >= min && value <= max) continue;
    throw new RangeError(`${name}: ${value} is not a whole number between ${min} and ${max}`);
  }
  const { replication, bucketSize } = options;
  if (replication > bucketSize) {
    throw new RangeError(`replication: ${replication} is more than bucketSize, ${bucketSize}`);
  }
}

/**
 * What can be set about a node, apart from where it listens.
 *
 * @module
 */

import {
  BUCKET_SIZE_DEFAULT,
  LEAVE_LIMIT_DEFAULT_MS,
  PARALLELISM_DEFAULT,
  PREFIX_LENGTH_DEFAULT,
  PROOF_OF_WORK_BITS_DEFAULT,
  REPLICATION_DEFAULT,
  REPUBLISH_INTERVAL_DEFAULT_MS,
  TTL_MAX_DEFAULT_MS,
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
  /** Time between two republications of a value, in milliseconds. */
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

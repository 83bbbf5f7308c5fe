/**
 * What follows the replicas of a store, to keep them beyond the process.
 *
 * @module
 */

import type { TimedValue } from "../value.ts";

/** A replica as it is kept beyond the process. Times are in milliseconds since 1970. */
export interface KeptReplica {
  /** Number of its row in the file; the journal gives it. */
  readonly row: number;
  /** 32 bytes. */
  readonly key: Uint8Array;
  /** 1 to 65,495 bytes. */
  readonly value: Uint8Array;
  /** Time of its PUT. */
  readonly stamp: number;
  /** 32 bytes, the proof of work. */
  readonly nonce: Uint8Array;
  /** Replicas that its PUT asked for. */
  readonly replication: number;
  /** When it expires. */
  readonly expiresAt: number;
}

/** A store whose replicas are kept beyond the process. */
export interface FollowedStore {
  /** Takes in a replica that was kept, unless it has expired or a newer version is held. Its bytes are copied. */
  restore(replica: KeptReplica): void;
  /** Goes through the replicas that are not kept and gives each a row, also while others come and go. */
  unkept(nextRow: () => number): Iterable<KeptReplica>;
  /** Forgets which rows its replicas have: all are to be kept anew. */
  forgetRows(): void;
}

/** Called at every change of a store's replicas; cached values are none. */
export interface StoreKeeper {
  /**
   * A replica is held from now on. Its bytes may be read during the call only.
   *
   * @param expiresAt by the store's clock.
   * @returns a number of 32 bits, by which it is forgotten.
   */
  keep(value: TimedValue, expiresAt: number): number;
  /** A replica is held no more. */
  forget(row: number): void;
}

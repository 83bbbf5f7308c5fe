/**
 * What is told of every change of the replicas in a store.
 *
 * @module
 */

import type { CountedVersion } from "../repair/shared_sums.ts";

/** A replica in its row, to be read during a call only. */
export interface ReplicaInPlace extends CountedVersion {
  /** The number of its row, by which the store knows it while it is held. */
  readonly row: number;
  readonly valueBytes: number;
  readonly stamp: number;
}

/** Told of what comes and goes; cached values are no replicas. */
export interface ReplicaWatcher {
  /** A replica is held from now on. */
  onCame(replica: ReplicaInPlace): void;
  /** It is held no more; one that comes to want more replicas goes and comes again. */
  onGone(replica: ReplicaInPlace): void;
}

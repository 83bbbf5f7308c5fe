/**
 * What follows the replicas of a store, to keep them beyond the process.
 *
 * @module
 */

import type { Replica } from "../value.ts";

/** A replica as it is kept beyond the process. */
export interface KeptReplica extends Replica {
  /** Number of its row in the file; the journal gives it. */
  readonly row: number;
}

/** A store whose replicas are kept beyond the process. */
export interface FollowedStore {
  /** The network's time, in milliseconds since 1970. */
  networkNow(): number;
  /** Notes the network's time when what is to be restored was kept: it is no earlier now. */
  noteKeptAt(time: number): void;
  /** Takes in a replica that was kept, unless it has expired or a newer version is held. Its bytes are copied. */
  restore(replica: KeptReplica): void;
  /** All that was kept has been given, and others have been answered without it before. */
  noteRestoredLate(): void;
  /** Goes through the replicas that are not kept and gives each a row, also while others come and go. */
  unkept(nextRow: () => number): Iterable<KeptReplica>;
  /** The rows that its replicas have, in no order. */
  keptRows(): Uint32Array;
  /** Forgets which rows its replicas have, of all or of some rows: these replicas are to be kept anew. */
  forgetRows(rows?: ReadonlySet<number>): void;
}

/** Called at every change of a store's replicas; cached values are none. */
export interface StoreKeeper {
  /**
   * A replica is held from now on. Its bytes may be read during the call only.
   *
   * @returns a number of 32 bits, by which it is forgotten.
   */
  keep(replica: Replica): number;
  /** A replica is held no more. */
  forget(row: number): void;
}

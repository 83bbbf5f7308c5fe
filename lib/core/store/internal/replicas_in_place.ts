/**
 * Replicas as they lie in their rows: for going through very many of them, and for whoever follows them.
 *
 * @module
 */

import type { ReplicaInPlace, ReplicaWatcher } from "../replica_watcher.ts";
import type { EntryTable } from "./entry_table.ts";
import { NONE, REPLICATION, SALT, STAMP, TAG } from "./row_layout.ts";

/** Reads rows without an object for each, and tells of those that come and go. */
export class ReplicasInPlace {
  readonly #entries: EntryTable;
  readonly #watcher: ReplicaWatcher | null;
  /** The one that was read last. */
  readonly #replica = {
    row: NONE,
    valueBytes: 0,
    stamp: 0,
    bytes: new Uint8Array(),
    keyAt: 0,
    replication: 0,
    tag: 0,
    salt: 0,
  };

  constructor(entries: EntryTable, watcher: ReplicaWatcher | null) {
    this.#entries = entries;
    this.#watcher = watcher;
  }

  /** The replica of a row, until the next one is read. */
  read(row: number): ReplicaInPlace {
    const { rows } = this.#entries;
    const replica = this.#replica;
    replica.row = row;
    replica.valueBytes = rows.lengthOf(row);
    replica.stamp = rows.f64(row, STAMP);
    rows.pointToKey(row, replica);
    replica.replication = rows.u32(row, REPLICATION);
    replica.tag = rows.u32(row, TAG);
    replica.salt = rows.u32(row, SALT);
    return replica;
  }

  /** Tells that a row's replica is held from now on. */
  tellCame(row: number): void {
    this.#watcher?.onCame(this.read(row));
  }

  /** Tells that it is held no more, or changes. */
  tellGone(row: number): void {
    this.#watcher?.onGone(this.read(row));
  }
}

/**
 * A value in a store, as the rest of the program sees it: a handle, which holds none of its bytes.
 *
 * @module
 */

import type { EntryTable } from "./internal/entry_table.ts";
import type { NodeId } from "../kademlia/node_id.ts";
import type { Version } from "../repair/version.ts";
import type { Replica } from "../value.ts";
import {
  EXPIRES_AT,
  HAS_CONFLICT,
  IS_CACHED,
  IS_ONLY_HOLDER,
  KEPT_AS,
  REPLICATION,
  REPUBLISH_AT,
  STAMP,
  TAG,
} from "./internal/row_layout.ts";

/**
 * One version of a value, as long as the store holds it. Times are of the owner's clock, in milliseconds.
 *
 * Bytes are handed out as copies, for the caller to keep: in the store they move whenever another value
 * comes or goes. A caller that keeps a handle until later first checks whether the value {@linkcode isHeld}:
 * once it has been removed, or replaced by a newer version, all other members throw.
 */
export class StoredValue {
  readonly #table: EntryTable;
  readonly #row: number;
  readonly #generation: number;

  constructor(table: EntryTable, row: number) {
    this.#table = table;
    this.#row = row;
    this.#generation = table.generationOf(row);
  }

  /** Whether this version is still in the store. */
  get isHeld(): boolean {
    return this.#table.generationOf(this.#row) === this.#generation;
  }

  /** The number of its row, for the store alone. */
  get row(): number {
    if (!this.isHeld) throw new Error("Cannot use a stored value: it is not held any more");
    return this.#row;
  }

  get key(): NodeId {
    return this.#table.rows.key(this.row);
  }

  get value(): Uint8Array {
    return new Uint8Array(this.#table.viewValue(this.row));
  }

  get stamp(): number {
    return this.#table.rows.f64(this.row, STAMP);
  }

  /** What tells it from another version of the same stamp; see `lib/core/repair/version.ts`. */
  get tag(): number {
    return this.#table.rows.u32(this.row, TAG);
  }

  /** What is told of it to other nodes before its bytes. */
  get version(): Version {
    const { key, stamp, tag, replication } = this;
    return { key, stamp, tag, replication };
  }

  get nonce(): Uint8Array {
    return this.#table.nonce(this.row);
  }

  /** Replicas that are wanted: as many as its PUT asked for, or more where other versions have to be displaced. */
  get replication(): number {
    return this.#table.rows.u32(this.row, REPLICATION);
  }

  /** The version as its PUT has made it. */
  get replica(): Replica {
    const { key, value, stamp, nonce } = this;
    const expiresAt = this.#table.rows.endOf(this.row);
    const replication = this.#table.rows.askedReplicasOf(this.row);
    return { key, value, stamp, expiresAt, replication, nonce };
  }

  /** When it leaves this store. */
  get expiresAt(): number {
    return this.#table.rows.f64(this.row, EXPIRES_AT);
  }

  /** When this node is to republish it, unless another node does before. */
  get republishAt(): number {
    return this.#table.rows.f64(this.row, REPUBLISH_AT);
  }

  /** Whether it was left here by path caching. */
  get isCached(): boolean {
    return this.#table.rows.is(this.row, IS_CACHED);
  }

  /** The number under which it is kept beyond the process, if it is. */
  get keptAs(): number {
    return this.#table.rows.u32(this.row, KEPT_AS);
  }

  /** Whether no other node is known to hold it. */
  get isOnlyHolder(): boolean {
    return this.#table.rows.is(this.row, IS_ONLY_HOLDER);
  }

  set isOnlyHolder(isOnly: boolean) {
    this.#table.rows.mark(this.row, IS_ONLY_HOLDER, isOnly);
  }

  /** Whether another version was held here before: other nodes may hold that one still. */
  get hasConflict(): boolean {
    return this.#table.rows.is(this.row, HAS_CONFLICT);
  }

  set hasConflict(has: boolean) {
    this.#table.rows.mark(this.row, HAS_CONFLICT, has);
  }
}

/**
 * A value in a store, as others see it: a handle, which holds none of its bytes.
 *
 * @module
 */

import type { EntryTable } from "./internal/entry_table.ts";
import type { NodeId } from "../kademlia/node_id.ts";
import {
  EXPIRES_AT,
  HAS_CONFLICT,
  IS_CACHED,
  IS_ONLY_HOLDER,
  REPLICATION,
  REPUBLISH_AT,
  STAMP,
} from "./internal/row_layout.ts";

/**
 * One version of a value, as long as the store holds it. Times are of the owner's clock, in milliseconds.
 *
 * Bytes are handed out as copies, for the caller to keep: in the store they move whenever another value
 * comes or goes. Whoever keeps a handle until later asks first whether the value {@linkcode isHeld}: when
 * it has been removed, or a newer version has taken its place, all else throws.
 */
export class StoredValue {
  readonly #table: EntryTable;
  readonly #slot: number;
  readonly #generation: number;

  constructor(table: EntryTable, slot: number) {
    this.#table = table;
    this.#slot = slot;
    this.#generation = table.generationOf(slot);
  }

  /** Whether this version is still in the store. */
  get isHeld(): boolean {
    return this.#table.generationOf(this.#slot) === this.#generation;
  }

  /** The store's own: where it is. */
  get slot(): number {
    if (!this.isHeld) throw new Error("Cannot use a stored value: it is not held any more");
    return this.#slot;
  }

  get key(): NodeId {
    return this.#table.slots.key(this.slot);
  }

  get value(): Uint8Array {
    return new Uint8Array(this.#table.viewValue(this.slot));
  }

  get stamp(): number {
    return this.#table.slots.f64(this.slot, STAMP);
  }

  get nonce(): Uint8Array {
    return this.#table.nonce(this.slot);
  }

  /** Copies that its PUT asked for. */
  get replication(): number {
    return this.#table.slots.u32(this.slot, REPLICATION);
  }

  get expiresAt(): number {
    return this.#table.slots.f64(this.slot, EXPIRES_AT);
  }

  /** When it is to be republished by this node, unless another does before. */
  get republishAt(): number {
    return this.#table.slots.f64(this.slot, REPUBLISH_AT);
  }

  /** Whether it is a copy left by path caching. */
  get isCached(): boolean {
    return this.#table.slots.is(this.slot, IS_CACHED);
  }

  /** Whether no other node is known to hold it. */
  get isOnlyHolder(): boolean {
    return this.#table.slots.is(this.slot, IS_ONLY_HOLDER);
  }

  set isOnlyHolder(alone: boolean) {
    this.#table.slots.mark(this.slot, IS_ONLY_HOLDER, alone);
  }

  /** Whether an older or a newer version was held here: others may hold it still. */
  get hasConflict(): boolean {
    return this.#table.slots.is(this.slot, HAS_CONFLICT);
  }

  set hasConflict(disputed: boolean) {
    this.#table.slots.mark(this.slot, HAS_CONFLICT, disputed);
  }
}

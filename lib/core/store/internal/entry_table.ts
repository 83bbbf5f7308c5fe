/**
 * The entries of a value store: found by key, held in slots, their bytes in cells.
 *
 * @module
 */

import { ValueArena } from "./value_arena.ts";
import { KeyHash } from "./key_hash.ts";
import { KeyIndex } from "./key_index.ts";
import type { TimedValue } from "../../wire/messages.ts";
import type { NodeId } from "../../kademlia/node_id.ts";
import {
  CELL,
  EXPIRES_AT,
  GENERATION,
  HAS_FULL_TTL,
  HASH,
  IS_CACHED,
  IS_ONLY_HOLDER,
  LENGTH_AND_FLAGS,
  REPLICATION,
  REPUBLISH_AT,
  STAMP,
} from "./row_layout.ts";
import { Rows } from "./rows.ts";

/** Bytes an entry counts with: key, nonce, value. */
const ENTRY_BYTES = 64;

/** What a store decides about a value that it takes in; see `StoredValue`. */
export interface NewEntry {
  readonly expiresAt: number;
  readonly republishAt: number;
  readonly isCached: boolean;
}

/** All entries of one store, by slot. */
export class EntryTable {
  readonly slots: Rows = new Rows();
  readonly #cells = new ValueArena((slot, cell) => this.slots.setU32(slot, CELL, cell));
  readonly #hash: KeyHash;
  readonly #index = new KeyIndex(this.slots);
  #bytes = 0;

  /** @param seed 8 random bytes, which nobody else knows. */
  constructor(seed: Uint8Array) {
    this.#hash = new KeyHash(seed);
  }

  get size(): number {
    return this.#index.size;
  }

  /** Bytes of keys, nonces and values. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Memory that is taken for them. */
  get memoryBytes(): number {
    return this.slots.memoryBytes + this.#cells.memoryBytes + this.#index.memoryBytes;
  }

  /** What `find` and `add` want to know of a key beside itself. */
  hashOf(key: NodeId): number {
    return this.#hash.of(key);
  }

  /** The slot of a key, given its hash, or `NONE`. */
  find(key: NodeId, hash: number): number {
    return this.#index.find(key, hash);
  }

  /** Takes a value in, copying its bytes; none is held under its key. Returns its slot. */
  add(value: TimedValue, hash: number, options: NewEntry): number {
    const { slots } = this;
    const { expiresAt, republishAt, isCached } = options;
    const slot = slots.take();
    const flags = (isCached ? IS_CACHED : HAS_FULL_TTL) |
      (value.replication === 1 ? IS_ONLY_HOLDER : 0);
    slots.setU32(slot, CELL, this.#cells.add(slot, value.nonce, value.value));
    slots.setU32(slot, LENGTH_AND_FLAGS, value.value.length | flags);
    slots.setU32(slot, REPLICATION, value.replication);
    slots.setF64(slot, STAMP, value.stamp);
    slots.setF64(slot, EXPIRES_AT, expiresAt);
    slots.setF64(slot, REPUBLISH_AT, republishAt);
    slots.setU32(slot, HASH, hash);
    slots.setKey(slot, value.key);
    this.#index.add(slot);
    this.#bytes += this.sizeOf(slot);
    return slot;
  }

  /** Removes an entry, which must stand in no queue or list any more. */
  remove(slot: number): void {
    this.#bytes -= this.sizeOf(slot);
    this.#index.delete(slot);
    this.#cells.delete(this.slots.u32(slot, CELL));
    this.slots.release(slot);
  }

  /** Bytes that an entry counts with. */
  sizeOf(slot: number): number {
    return sizeOf(this.slots.lengthOf(slot));
  }

  /** The value's bytes where they lie: valid until an entry is next added or removed. */
  viewValue(slot: number): Uint8Array {
    return this.#cells.viewValue(this.slots.u32(slot, CELL), this.slots.lengthOf(slot));
  }

  /** A copy of an entry's nonce. */
  nonce(slot: number): Uint8Array {
    return this.#cells.nonce(this.slots.u32(slot, CELL));
  }

  /** What tells the entry in a slot from those before and after it there; 0 if there is none. */
  generationOf(slot: number): number {
    return slot < this.slots.end ? this.slots.u32(slot, GENERATION) : 0;
  }

  /** The slots in use at the time that each is come to. */
  *all(): Generator<number> {
    for (let slot = 0; slot < this.slots.end; slot++) if (this.slots.isTaken(slot)) yield slot;
  }
}

/** Bytes that a value of a length counts with. */
export function sizeOf(valueBytes: number): number {
  return ENTRY_BYTES + valueBytes;
}

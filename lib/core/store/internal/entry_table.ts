/**
 * The entries of a value store: found by key, described by rows, their bytes in cells.
 *
 * @module
 */

import { assertInvariant } from "../../invariant.ts";
import type { NodeId } from "../../kademlia/node_id.ts";
import { saltOf, tagOf } from "../../repair/version.ts";
import type { Replica } from "../../value.ts";
import { KeyHash } from "./key_hash.ts";
import { KeyIndex } from "./key_index.ts";
import {
  ASKED_REPLICAS_SHIFT,
  CELL,
  EXPIRES_AT,
  EXPIRY_POSITION,
  GENERATION,
  HAS_FULL_TTL,
  HASH,
  IS_ONLY_HOLDER,
  KEPT_AS,
  LENGTH_AND_FLAGS,
  LIFETIME,
  NONE,
  REPLICATION,
  REPUBLICATION_POSITION,
  REPUBLISH_AT,
  SALT,
  STAMP,
  TAG,
} from "./row_layout.ts";
import { Rows } from "./rows.ts";
import { ValueArena } from "./value_arena.ts";

/** Bytes an entry counts with beside its value: key and nonce. */
const KEY_AND_NONCE_BYTES = 64;

/** What a store decides about a value that it takes in; see `StoredValue`. */
export interface NewEntry {
  readonly expiresAt: number;
  readonly republishAt: number;
  readonly hasFullTtl: boolean;
  /** Replicas that are wanted. */
  readonly replicas: number;
}

/** All entries of one store, by row. */
export class EntryTable {
  readonly rows: Rows = new Rows();
  readonly #arena = new ValueArena((row, cell) => this.rows.setU32(row, CELL, cell));
  readonly #hash: KeyHash;
  readonly #index = new KeyIndex(this.rows);
  #bytes = 0;

  /** @param seed 8 random bytes, kept secret. */
  constructor(seed: Uint8Array) {
    this.#hash = new KeyHash(seed);
  }

  /** Number of entries. */
  get size(): number {
    return this.#index.size;
  }

  /** Bytes of keys, nonces and values. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Memory taken for the entries, in bytes. */
  get memoryBytes(): number {
    return this.rows.memoryBytes + this.#arena.memoryBytes + this.#index.memoryBytes;
  }

  /** The hash of a key, which `find` and `add` need beside the key. */
  hashOf(key: NodeId): number {
    return this.#hash.of(key);
  }

  /** The row of a key, given its hash, or `NONE`. */
  find(key: NodeId, hash: number): number {
    return this.#index.find(key, hash);
  }

  /** Adds a value whose key is not in the table, copying its bytes. Returns its row. */
  add(value: Replica, hash: number, options: NewEntry): number {
    const { rows } = this;
    const { expiresAt, republishAt, hasFullTtl, replicas } = options;
    const row = rows.take();
    const flags = (hasFullTtl ? HAS_FULL_TTL : 0) |
      (value.replication === 1 ? IS_ONLY_HOLDER : 0) |
      (value.replication << ASKED_REPLICAS_SHIFT);
    rows.setU32(row, CELL, this.#arena.add(row, value.nonce, value.value));
    rows.setU32(row, LENGTH_AND_FLAGS, value.value.length | flags);
    rows.setU32(row, REPLICATION, replicas);
    rows.setF64(row, STAMP, value.stamp);
    rows.setU32(row, LIFETIME, value.expiresAt - value.stamp);
    rows.setF64(row, EXPIRES_AT, expiresAt);
    rows.setF64(row, REPUBLISH_AT, republishAt);
    rows.setU32(row, HASH, hash);
    rows.setU32(row, KEPT_AS, NONE);
    rows.setU32(row, TAG, tagOf(value));
    rows.setU32(row, SALT, saltOf(value));
    rows.setKey(row, value.key);
    this.#index.add(row);
    this.#bytes += this.sizeOf(row);
    return row;
  }

  /** Removes an entry, which stands in no queue or list. */
  remove(row: number): void {
    const { rows } = this;
    const cell = rows.u32(row, CELL);
    const isQueued = rows.u32(row, EXPIRY_POSITION) !== NONE ||
      rows.u32(row, REPUBLICATION_POSITION) !== NONE;
    assertInvariant(!isQueued, "an entry that is removed stands in no queue");
    assertInvariant(this.#arena.ownerOf(cell) === row, "an entry owns its cell");
    this.#bytes -= this.sizeOf(row);
    assertInvariant(this.#bytes >= 0, "entries count with no fewer than 0 bytes");
    this.#index.delete(row);
    this.#arena.delete(cell);
    rows.release(row);
  }

  /** Bytes that an entry counts with. */
  sizeOf(row: number): number {
    return sizeOf(this.rows.lengthOf(row));
  }

  /** The value's bytes in place, not copied: valid until an entry is next added or removed. */
  viewValue(row: number): Uint8Array {
    return this.#arena.viewValue(this.rows.u32(row, CELL), this.rows.lengthOf(row));
  }

  /** A copy of an entry's nonce. */
  nonce(row: number): Uint8Array {
    return this.#arena.nonce(this.rows.u32(row, CELL));
  }

  /** A number that differs between the entries that a row holds one after another; 0 if it holds none. */
  generationOf(row: number): number {
    return row < this.rows.end ? this.rows.u32(row, GENERATION) : 0;
  }

  /** Goes through all entries; throws if rows, index and cells do not agree. */
  checkInvariants(): void {
    this.rows.checkInvariants();
    this.#index.checkInvariants();
    let bytes = 0;
    let count = 0;
    for (const row of this.rows.taken()) {
      const key = this.rows.key(row);
      assertInvariant(this.find(key, this.hashOf(key)) === row, "an entry is found by its key");
      assertInvariant(
        this.#arena.ownerOf(this.rows.u32(row, CELL)) === row,
        "an entry owns its cell",
      );
      bytes += this.sizeOf(row);
      count++;
    }
    assertInvariant(
      count === this.size && count === this.#arena.size,
      "an entry has a row and a cell",
    );
    assertInvariant(bytes === this.#bytes, "entries count with their bytes");
  }
}

/** Bytes that a value of a length counts with. */
export function sizeOf(valueBytes: number): number {
  return KEY_AND_NONCE_BYTES + valueBytes;
}

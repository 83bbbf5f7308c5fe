/**
 * The bytes of stored values: nonce and value together, in cells of a few sizes.
 *
 * The cells of one size form a pool without gaps: where one is removed, the last of the pool moves in. So
 * no memory is lost between cells, in any order of values of all sizes, and a cell is at most
 * an eighth larger than its value needs, or 15 bytes. Since bytes move, callers that keep some get a copy.
 *
 * @module
 */

import { assertInvariant } from "../../invariant.ts";
import { ID_BYTES } from "../../limits.ts";
import { Pages } from "./pages.ts";

// The layout of a cell: the row that owns it, the nonce, the value.
const OWNER = 0;
const NONCE_AT = 4;
const VALUE_AT = NONCE_AT + ID_BYTES;

/** A cell's number has its index in its pool in the lower bits, its size class in the upper ones. */
const INDEX_BITS = 25;
const INDEX_MASK = (1 << INDEX_BITS) - 1;

/** The cells of one store. */
export class ValueArena {
  /** By size class; classes that were never used are holes. */
  readonly #pools: Pages[] = [];
  readonly #onMove: (owner: number, cell: number) => void;

  /** @param onMove called when a cell has moved, with its owner's row and its new number. */
  constructor(onMove: (owner: number, cell: number) => void) {
    this.#onMove = onMove;
  }

  /** Number of cells. */
  get size(): number {
    return this.#pools.reduce((sum, pool) => sum + pool.length, 0);
  }

  /** Memory taken, in bytes. */
  get memoryBytes(): number {
    return this.#pools.reduce((sum, pool) => sum + pool.memoryBytes, 0);
  }

  /** Copies an entry's bytes into a new cell; returns its number. */
  add(owner: number, nonce: Uint8Array, value: Uint8Array): number {
    const sizeClass = sizeClassOf(value.length);
    const pool = this.#pools[sizeClass] ??= new Pages(VALUE_AT + roomOf(sizeClass));
    const index = pool.push();
    assertInvariant(index <= INDEX_MASK, "the number of a cell has room for its index");
    const bytes = pool.bytes(index);
    const at = pool.offset(index);
    pool.setU32(index, OWNER, owner);
    bytes.set(nonce, at + NONCE_AT);
    bytes.set(value, at + VALUE_AT);
    return (sizeClass << INDEX_BITS | index) >>> 0;
  }

  /** Removes a cell; the last of its pool moves there. */
  delete(cell: number): void {
    const pool = this.#poolOf(cell);
    const index = cell & INDEX_MASK;
    const last = pool.length - 1;
    if (index !== last) {
      pool.copy(last, index);
      this.#onMove(pool.u32(index, OWNER), cell);
    }
    pool.pop();
  }

  /** The row that a cell belongs to. */
  ownerOf(cell: number): number {
    return this.#poolOf(cell).u32(cell & INDEX_MASK, OWNER);
  }

  /** A copy of a cell's nonce. */
  nonce(cell: number): Uint8Array {
    return new Uint8Array(this.#view(cell, NONCE_AT, ID_BYTES));
  }

  /** A cell's value in place, not copied: valid until a cell is next added or removed. */
  viewValue(cell: number, length: number): Uint8Array {
    return this.#view(cell, VALUE_AT, length);
  }

  #view(cell: number, from: number, length: number): Uint8Array {
    const pool = this.#poolOf(cell);
    const at = pool.offset(cell & INDEX_MASK) + from;
    return pool.bytes(cell & INDEX_MASK).subarray(at, at + length);
  }

  #poolOf(cell: number): Pages {
    return this.#pools[cell >>> INDEX_BITS]!;
  }
}

/** Sizes up to 128 differ by 16; above, there are eight to each doubling. */
function sizeClassOf(length: number): number {
  const last = Math.max(0, length - 1);
  const step = Math.max(4, 28 - Math.clz32(last));
  return 8 * (step - 4) + (last >>> step);
}

/** The length of the largest value of a size class. */
function roomOf(sizeClass: number): number {
  if (sizeClass < 8) return 16 * (sizeClass + 1);
  const step = (sizeClass >>> 3) + 3;
  return (9 + (sizeClass & 7)) << step;
}

/**
 * Where the bytes of stored values lie: nonce and value together, in cells of a few sizes.
 *
 * The cells of each size are one dense row. Where one is removed the last one takes its place, so that
 * no room is lost between them whatever the order in which values of all sizes come and go; a cell is at
 * most an eighth larger than its value needs, or 15 bytes. So bytes move: whoever keeps some gets a copy.
 *
 * @module
 */

import { ID_BYTES } from "../../limits.ts";
import { Pages } from "./pages.ts";

/** A cell: the slot that it belongs to, then nonce, value. */
const OWNER = 0;
const NONCE_AT = 4;
const VALUE_AT = NONCE_AT + ID_BYTES;

/** A cell's number: its place in its row in the lower bits, its size class in the upper ones. */
const ROW_BITS = 25;
const ROW_MASK = (1 << ROW_BITS) - 1;

/** The cells of one store. */
export class ValueArena {
  /** By size class; those not in use yet are holes. */
  readonly #rows: Pages[] = [];
  readonly #onMove: (owner: number, cell: number) => void;

  /** @param onMove is told the new number of a cell that has moved. */
  constructor(onMove: (owner: number, cell: number) => void) {
    this.#onMove = onMove;
  }

  get memoryBytes(): number {
    return this.#rows.reduce((sum, row) => sum + row.memoryBytes, 0);
  }

  /** Copies an entry's bytes into a new cell; returns its number. */
  add(owner: number, nonce: Uint8Array, value: Uint8Array): number {
    const sizeClass = sizeClassOf(value.length);
    const row = this.#rows[sizeClass] ??= new Pages(VALUE_AT + roomOf(sizeClass));
    const place = row.push();
    const bytes = row.bytes(place);
    const at = row.offset(place);
    row.setU32(place, OWNER, owner);
    bytes.set(nonce, at + NONCE_AT);
    bytes.set(value, at + VALUE_AT);
    return (sizeClass << ROW_BITS | place) >>> 0;
  }

  /** Removes a cell; the last of its row moves there. */
  delete(cell: number): void {
    const row = this.#rowOf(cell);
    const place = cell & ROW_MASK;
    const last = row.length - 1;
    if (place !== last) {
      row.copy(last, place);
      this.#onMove(row.u32(place, OWNER), cell);
    }
    row.pop();
  }

  /** A copy of a cell's nonce. */
  nonce(cell: number): Uint8Array {
    return new Uint8Array(this.#view(cell, NONCE_AT, ID_BYTES));
  }

  /** A cell's value where it lies: valid until a cell is next added or removed. */
  viewValue(cell: number, length: number): Uint8Array {
    return this.#view(cell, VALUE_AT, length);
  }

  #view(cell: number, from: number, length: number): Uint8Array {
    const row = this.#rowOf(cell);
    const at = row.offset(cell & ROW_MASK) + from;
    return row.bytes(cell & ROW_MASK).subarray(at, at + length);
  }

  #rowOf(cell: number): Pages {
    return this.#rows[cell >>> ROW_BITS]!;
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

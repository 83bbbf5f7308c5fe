/**
 * A queue of rows by time: the earliest first.
 *
 * A heap with four children to each item. Items hold the times beside the rows, so that all that is
 * compared lies together, however far apart the entries are. Rows of equal times come in no particular order.
 *
 * @module
 */

import { assertInvariant } from "../../invariant.ts";
import { Pages } from "./pages.ts";
import { NONE, type Words } from "./row_layout.ts";

const ITEM_BYTES = 16;
// The number and the word of an item.
const TIME = 0;
const ROW = 2;

/** A priority queue that keeps each row's position in a word of the row, `NONE` if it is not queued. */
export class TimeQueue {
  readonly #items = new Pages(ITEM_BYTES);
  readonly #rows: Words;
  readonly #positionWord: number;

  constructor(rows: Words, positionWord: number) {
    this.#rows = rows;
    this.#positionWord = positionWord;
  }

  /** Number of rows in the queue. */
  get size(): number {
    return this.#items.length;
  }

  /** Memory taken, in bytes. */
  get memoryBytes(): number {
    return this.#items.memoryBytes;
  }

  /** The row of the earliest time, or `NONE`. */
  get first(): number {
    return this.size > 0 ? this.#items.u32(0, ROW) : NONE;
  }

  /** The earliest time; infinite if there is none. */
  get firstTime(): number {
    return this.size > 0 ? this.#items.f64(0, TIME) : Infinity;
  }

  /** Adds a row, or moves it to where its time belongs. */
  set(row: number, time: number): void {
    const position = this.#positionOf(row);
    if (position === NONE) this.#rise(row, time, this.#items.push());
    else this.#settle(row, time, position);
  }

  /** Takes a row out, if it is queued. */
  delete(row: number): void {
    const position = this.#positionOf(row);
    if (position === NONE) return;
    this.#rows.setU32(row, this.#positionWord, NONE);
    const last = this.size - 1;
    const lastRow = this.#items.u32(last, ROW);
    const lastTime = this.#items.f64(last, TIME);
    this.#items.pop();
    if (position !== last) this.#settle(lastRow, lastTime, position);
  }

  #positionOf(row: number): number {
    const position = this.#rows.u32(row, this.#positionWord);
    if (position !== NONE) {
      assertInvariant(
        position < this.size && this.#items.u32(position, ROW) === row,
        "a queued row stands at its position",
      );
    }
    return position;
  }

  /** Moves a row up or down from a position whose item is given up. */
  #settle(row: number, time: number, position: number): void {
    const isEarlier = position > 0 && time < this.#items.f64((position - 1) >>> 2, TIME);
    if (isEarlier) this.#rise(row, time, position);
    else this.#sink(row, time, position);
  }

  #rise(row: number, time: number, at: number): void {
    while (at > 0) {
      const parent = (at - 1) >>> 2;
      const parentTime = this.#items.f64(parent, TIME);
      if (time >= parentTime) break;
      this.#put(this.#items.u32(parent, ROW), parentTime, at);
      at = parent;
    }
    this.#put(row, time, at);
  }

  #sink(row: number, time: number, at: number): void {
    for (;;) {
      const first = 4 * at + 1;
      const end = Math.min(first + 4, this.size);
      let child = -1;
      let childTime = time;
      for (let i = first; i < end; i++) {
        const otherTime = this.#items.f64(i, TIME);
        if (otherTime < childTime) [child, childTime] = [i, otherTime];
      }
      if (child < 0) break;
      this.#put(this.#items.u32(child, ROW), childTime, at);
      at = child;
    }
    this.#put(row, time, at);
  }

  #put(row: number, time: number, at: number): void {
    this.#items.setF64(at, TIME, time);
    this.#items.setU32(at, ROW, row);
    this.#rows.setU32(row, this.#positionWord, at);
  }

  /** Goes through the whole queue; throws if a row stands at a wrong position or before an earlier one. */
  checkInvariants(): void {
    for (let at = 0; at < this.size; at++) {
      const row = this.#items.u32(at, ROW);
      assertInvariant(this.#positionOf(row) === at, "a row is queued once");
      const isLater = at === 0 ||
        this.#items.f64(at, TIME) >= this.#items.f64((at - 1) >>> 2, TIME);
      assertInvariant(isLater, "no row stands before an earlier one");
    }
  }
}

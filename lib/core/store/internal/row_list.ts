/**
 * Rows in the order in which they were added; any of them can be taken out in constant time.
 *
 * @module
 */

import { assertInvariant } from "../../invariant.ts";
import { NEWER, NONE, OLDER, type Words } from "./row_layout.ts";

/** What `OLDER` holds while a row stands in no list. */
export const UNLISTED = NONE - 1;

/** A linked list that keeps its links in the rows: each stands in one list at most. */
export class RowList {
  readonly #rows: Words;
  #oldest = NONE;
  #newest = NONE;
  #size = 0;

  constructor(rows: Words) {
    this.#rows = rows;
  }

  /** Number of rows in the list. */
  get size(): number {
    return this.#size;
  }

  /** `NONE` if the list is empty. */
  get oldest(): number {
    return this.#oldest;
  }

  /** `NONE` if the list is empty. */
  get newest(): number {
    return this.#newest;
  }

  /** The row added after another, or `NONE`. */
  after(row: number): number {
    return this.#rows.u32(row, NEWER);
  }

  /** Adds a row that stands in no list. */
  add(row: number): void {
    assertInvariant(this.#rows.u32(row, OLDER) === UNLISTED, "a row stands in one list at most");
    this.#link(this.#newest, row);
    this.#link(row, NONE);
    this.#size++;
  }

  /** Takes a row of this list out. */
  delete(row: number): void {
    const older = this.#rows.u32(row, OLDER);
    assertInvariant(older !== UNLISTED && this.#size > 0, "a row that leaves a list is in it");
    this.#link(older, this.#rows.u32(row, NEWER));
    this.#rows.setU32(row, OLDER, UNLISTED);
    this.#size--;
  }

  /** Makes two rows neighbours; `NONE` stands for the list's ends. */
  #link(older: number, newer: number): void {
    if (older === NONE) this.#oldest = newer;
    else this.#rows.setU32(older, NEWER, newer);
    if (newer === NONE) this.#newest = older;
    else this.#rows.setU32(newer, OLDER, older);
  }

  /** Goes through the whole list; throws if a link or the size is wrong. */
  checkInvariants(): void {
    let before = NONE;
    let count = 0;
    for (let row = this.#oldest; row !== NONE; row = this.after(row)) {
      assertInvariant(
        this.#rows.u32(row, OLDER) === before,
        "links lead back where they came from",
      );
      before = row;
      count++;
      assertInvariant(count <= this.#size, "a list has as many rows as it counts");
    }
    assertInvariant(
      before === this.#newest && count === this.#size,
      "a list ends at its newest row",
    );
  }
}

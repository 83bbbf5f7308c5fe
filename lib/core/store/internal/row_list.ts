/**
 * Rows in the order in which they were listed; any can be taken out at once.
 *
 * @module
 */

import { NEWER, NONE, OLDER, type Words } from "./row_layout.ts";

/** A list that keeps its links in the slots: each stands in one list at most. */
export class RowList {
  readonly #slots: Words;
  #oldest = NONE;
  #newest = NONE;
  #size = 0;

  constructor(slots: Words) {
    this.#slots = slots;
  }

  get size(): number {
    return this.#size;
  }

  /** `NONE` if the list is empty. */
  get oldest(): number {
    return this.#oldest;
  }

  get newest(): number {
    return this.#newest;
  }

  /** The slot listed after another, or `NONE`. */
  after(slot: number): number {
    return this.#slots.u32(slot, NEWER);
  }

  /** Adds a slot that stands in no list. */
  add(slot: number): void {
    this.#link(this.#newest, slot);
    this.#link(slot, NONE);
    this.#size++;
  }

  /** Takes a slot of this list out. */
  delete(slot: number): void {
    this.#link(this.#slots.u32(slot, OLDER), this.#slots.u32(slot, NEWER));
    this.#size--;
  }

  /** Makes two slots neighbours; `NONE` stands for the list's ends. */
  #link(older: number, newer: number): void {
    if (older === NONE) this.#oldest = newer;
    else this.#slots.setU32(older, NEWER, newer);
    if (newer === NONE) this.#newest = older;
    else this.#slots.setU32(newer, OLDER, older);
  }
}

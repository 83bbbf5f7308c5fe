/**
 * A queue of slots by time: the earliest first.
 *
 * A heap of four children a node, whose nodes hold the times beside the slots: what is compared lies
 * together, however far apart the entries are.
 *
 * @module
 */

import { Pages } from "./pages.ts";
import { NONE, type Words } from "./row_layout.ts";

const NODE_BYTES = 16;
/** The number and the word of a node. */
const TIME = 0;
const SLOT = 2;

/** A priority queue that keeps each slot's place in a word of it, `NONE` if it does not stand here. */
export class TimeQueue {
  readonly #nodes = new Pages(NODE_BYTES);
  readonly #slots: Words;
  readonly #placeWord: number;

  constructor(slots: Words, placeWord: number) {
    this.#slots = slots;
    this.#placeWord = placeWord;
  }

  get size(): number {
    return this.#nodes.length;
  }

  get memoryBytes(): number {
    return this.#nodes.memoryBytes;
  }

  /** The slot of the earliest time, or `NONE`. */
  get first(): number {
    return this.size > 0 ? this.#nodes.u32(0, SLOT) : NONE;
  }

  /** The earliest time; infinite if there is none. */
  get firstTime(): number {
    return this.size > 0 ? this.#nodes.f64(0, TIME) : Infinity;
  }

  /** Puts a slot in, or moves it, to where its time belongs. */
  set(slot: number, time: number): void {
    const place = this.#slots.u32(slot, this.#placeWord);
    if (place === NONE) this.#rise(slot, time, this.#nodes.push());
    else this.#settle(slot, time, place);
  }

  /** Takes a slot out, if it is in. */
  delete(slot: number): void {
    const place = this.#slots.u32(slot, this.#placeWord);
    if (place === NONE) return;
    this.#slots.setU32(slot, this.#placeWord, NONE);
    const last = this.size - 1;
    const lastSlot = this.#nodes.u32(last, SLOT);
    const lastTime = this.#nodes.f64(last, TIME);
    this.#nodes.pop();
    if (place !== last) this.#settle(lastSlot, lastTime, place);
  }

  /** Moves a slot up or down from a place whose node is given up. */
  #settle(slot: number, time: number, place: number): void {
    const isEarlier = place > 0 && time < this.#nodes.f64((place - 1) >>> 2, TIME);
    if (isEarlier) this.#rise(slot, time, place);
    else this.#sink(slot, time, place);
  }

  #rise(slot: number, time: number, at: number): void {
    while (at > 0) {
      const parent = (at - 1) >>> 2;
      const parentTime = this.#nodes.f64(parent, TIME);
      if (time >= parentTime) break;
      this.#place(this.#nodes.u32(parent, SLOT), parentTime, at);
      at = parent;
    }
    this.#place(slot, time, at);
  }

  #sink(slot: number, time: number, at: number): void {
    for (;;) {
      const first = 4 * at + 1;
      const end = Math.min(first + 4, this.size);
      let child = -1;
      let childTime = time;
      for (let i = first; i < end; i++) {
        const otherTime = this.#nodes.f64(i, TIME);
        if (otherTime < childTime) [child, childTime] = [i, otherTime];
      }
      if (child < 0) break;
      this.#place(this.#nodes.u32(child, SLOT), childTime, at);
      at = child;
    }
    this.#place(slot, time, at);
  }

  #place(slot: number, time: number, at: number): void {
    this.#nodes.setF64(at, TIME, time);
    this.#nodes.setU32(at, SLOT, slot);
    this.#slots.setU32(slot, this.#placeWord, at);
  }
}

/**
 * What a value store knows of each entry, beside its nonce and value: one record per slot.
 *
 * A slot's number stands for its entry in the index, the queues and the list of copies, and does not
 * change while the entry lives. Each of them keeps its links in words of the record, so that an entry is
 * found, queued and listed without an object of its own. Rows of removed entries are used again; free
 * ones at the end are given back.
 *
 * @module
 */

import { ID_BYTES } from "../../limits.ts";
import type { NodeId } from "../../kademlia/node_id.ts";
import { Pages } from "./pages.ts";
import { RowList } from "./row_list.ts";
import {
  GENERATION,
  HASH,
  KEY_AT,
  LENGTH_AND_FLAGS,
  NEWER,
  NONE,
  SLOT_BYTES,
} from "./row_layout.ts";

/** The slots of one store. */
export class Rows {
  readonly #records = new Pages(SLOT_BYTES);
  readonly #free = new RowList(this.#records);
  #generation = 0;

  /** Above the number of every slot in use. */
  get end(): number {
    return this.#records.length;
  }

  get memoryBytes(): number {
    return this.#records.memoryBytes;
  }

  /** A slot for a new entry: in no bucket, queue or list, nothing said of it. */
  take(): number {
    let slot = this.#free.newest;
    if (slot === NONE) slot = this.#records.push();
    else this.#free.delete(slot);
    this.#generation = this.#generation % NONE + 1; // from 1 up to the largest word, again and again
    for (let word = HASH; word <= NEWER; word++) this.setU32(slot, word, NONE);
    this.setU32(slot, GENERATION, this.#generation);
    this.setU32(slot, LENGTH_AND_FLAGS, 0);
    return slot;
  }

  /** Gives a slot back. */
  release(slot: number): void {
    this.setU32(slot, GENERATION, 0);
    this.#free.add(slot);
    for (let last = this.end - 1; last >= 0 && !this.isTaken(last); last--) {
      this.#free.delete(last);
      this.#records.pop();
    }
  }

  /** Whether a slot below `end` is in use. */
  isTaken(slot: number): boolean {
    return this.u32(slot, GENERATION) !== 0;
  }

  u32(slot: number, word: number): number {
    return this.#records.u32(slot, word);
  }

  setU32(slot: number, word: number, value: number): void {
    this.#records.setU32(slot, word, value);
  }

  f64(slot: number, index: number): number {
    return this.#records.f64(slot, index);
  }

  setF64(slot: number, index: number, value: number): void {
    this.#records.setF64(slot, index, value);
  }

  is(slot: number, flag: number): boolean {
    return (this.u32(slot, LENGTH_AND_FLAGS) & flag) !== 0;
  }

  mark(slot: number, flag: number, on: boolean): void {
    const word = this.u32(slot, LENGTH_AND_FLAGS);
    this.setU32(slot, LENGTH_AND_FLAGS, on ? word | flag : word & ~flag);
  }

  setKey(slot: number, key: NodeId): void {
    this.#records.bytes(slot).set(key, this.#records.offset(slot) + KEY_AT);
  }

  /** A copy of the entry's key. */
  key(slot: number): NodeId {
    const at = this.#records.offset(slot) + KEY_AT;
    return new Uint8Array(this.#records.bytes(slot).subarray(at, at + ID_BYTES));
  }

  /** Whether it is the entry's key. */
  holdsKey(slot: number, key: NodeId): boolean {
    const bytes = this.#records.bytes(slot);
    const at = this.#records.offset(slot) + KEY_AT;
    for (let i = 0; i < ID_BYTES; i++) if (bytes[at + i] !== key[i]) return false;
    return true;
  }

  /** Bytes of the entry's value. */
  lengthOf(slot: number): number {
    return this.u32(slot, LENGTH_AND_FLAGS) & 0xffff;
  }
}

/**
 * What a value store knows of each entry, beside its nonce and value: one row per entry.
 *
 * A row's number stands for its entry in the index, the queues and the list of cached values, and does not
 * change as long as the entry is held. Each of them keeps its links in words of the row, so that an entry
 * is found, queued and listed without an object of its own. Rows of removed entries are used again; free
 * rows at the end are given back.
 *
 * @module
 */

import { assertInvariant } from "../../invariant.ts";
import { ID_BYTES } from "../../limits.ts";
import type { NodeId } from "../../kademlia/node_id.ts";
import { Pages } from "./pages.ts";
import { RowList, UNLISTED } from "./row_list.ts";
import {
  ASKED_REPLICAS_SHIFT,
  GENERATION,
  HASH,
  KEY_AT,
  LENGTH_AND_FLAGS,
  LIFETIME,
  NEWER,
  NONE,
  OLDER,
  ROW_BYTES,
  STAMP,
} from "./row_layout.ts";

/** The rows of one store. */
export class Rows {
  readonly #pages = new Pages(ROW_BYTES);
  readonly #free = new RowList(this.#pages);
  #generation = 0;

  /** Above the number of every row in use. */
  get end(): number {
    return this.#pages.length;
  }

  /** Memory taken, in bytes. */
  get memoryBytes(): number {
    return this.#pages.memoryBytes;
  }

  /** A row for a new entry: in no bucket, queue or list, without flags. */
  take(): number {
    let row = this.#free.newest;
    if (row === NONE) row = this.#pages.push();
    else this.#free.delete(row);
    this.#generation = this.#generation % NONE + 1; // from 1 up to the largest word, again and again
    for (let word = HASH; word <= NEWER; word++) this.setU32(row, word, NONE);
    this.setU32(row, OLDER, UNLISTED);
    this.setU32(row, GENERATION, this.#generation);
    this.setU32(row, LENGTH_AND_FLAGS, 0);
    return row;
  }

  /** Gives a row back, which stands in no list. */
  release(row: number): void {
    assertInvariant(this.isTaken(row), "a row that is given back was in use");
    this.setU32(row, GENERATION, 0);
    this.#free.add(row);
    for (let last = this.end - 1; last >= 0 && !this.isTaken(last); last--) {
      this.#free.delete(last);
      this.#pages.pop();
    }
  }

  /** Whether a row below `end` is in use. */
  isTaken(row: number): boolean {
    return this.u32(row, GENERATION) !== 0;
  }

  u32(row: number, word: number): number {
    return this.#pages.u32(row, word);
  }

  setU32(row: number, word: number, value: number): void {
    this.#pages.setU32(row, word, value);
  }

  f64(row: number, index: number): number {
    return this.#pages.f64(row, index);
  }

  setF64(row: number, index: number, value: number): void {
    this.#pages.setF64(row, index, value);
  }

  /** Whether an entry has a flag. */
  is(row: number, flag: number): boolean {
    return (this.u32(row, LENGTH_AND_FLAGS) & flag) !== 0;
  }

  /** Sets or clears a flag of an entry. */
  mark(row: number, flag: number, on: boolean): void {
    const word = this.u32(row, LENGTH_AND_FLAGS);
    this.setU32(row, LENGTH_AND_FLAGS, on ? word | flag : word & ~flag);
  }

  setKey(row: number, key: NodeId): void {
    this.#pages.bytes(row).set(key, this.#pages.offset(row) + KEY_AT);
  }

  /** A copy of the entry's key. */
  key(row: number): NodeId {
    const at = this.#pages.offset(row) + KEY_AT;
    return new Uint8Array(this.#pages.bytes(row).subarray(at, at + ID_BYTES));
  }

  /** Points to where an entry's key lies. */
  pointToKey(row: number, pointer: { bytes: Uint8Array; keyAt: number }): void {
    pointer.bytes = this.#pages.bytes(row);
    pointer.keyAt = this.#pages.offset(row) + KEY_AT;
  }

  /** Whether a key is the entry's. */
  holdsKey(row: number, key: NodeId): boolean {
    const bytes = this.#pages.bytes(row);
    const at = this.#pages.offset(row) + KEY_AT;
    for (let i = 0; i < ID_BYTES; i++) if (bytes[at + i] !== key[i]) return false;
    return true;
  }

  /** Bytes of the entry's value. */
  lengthOf(row: number): number {
    return this.u32(row, LENGTH_AND_FLAGS) & 0xffff;
  }

  /** The end of the version's life by the network's time, as its PUT has said. */
  endOf(row: number): number {
    return this.f64(row, STAMP) + this.u32(row, LIFETIME);
  }

  /** Replicas that the entry's PUT asked for. */
  askedReplicasOf(row: number): number {
    return this.u32(row, LENGTH_AND_FLAGS) >>> ASKED_REPLICAS_SHIFT;
  }

  /** Numbers of the rows in use. A row that is taken or released meanwhile may be among them or not. */
  *taken(): Generator<number> {
    for (let row = 0; row < this.end; row++) if (this.isTaken(row)) yield row;
  }

  /** Throws unless each row is either in use or free. */
  checkInvariants(): void {
    this.#free.checkInvariants();
    let free = 0;
    for (let row = 0; row < this.end; row++) if (!this.isTaken(row)) free++;
    assertInvariant(free === this.#free.size, "each row is in use or free");
  }
}

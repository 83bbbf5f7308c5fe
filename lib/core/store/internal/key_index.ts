/**
 * Finds the slot of a key: linear hashing (Litwin).
 *
 * There is about one bucket a slot. With each slot that comes, one bucket is split in two; with those that
 * go, the last is merged with the one that it was split from. So the table is never rebuilt, and no
 * single call takes longer for the table's being large. Rows of one bucket are chained by a word of them.
 *
 * @module
 */

import type { NodeId } from "../../kademlia/node_id.ts";
import { Pages } from "./pages.ts";
import { HASH, type KeyedWords, NEXT_OF_BUCKET, NONE } from "./row_layout.ts";

/** The index of one store's keys by their hash, which stands in the slots. */
export class KeyIndex {
  /** First slot of each. */
  readonly #buckets = new Pages(4);
  readonly #slots: KeyedWords;
  #size = 0;

  constructor(slots: KeyedWords) {
    this.#slots = slots;
  }

  /** Number of slots in it. */
  get size(): number {
    return this.#size;
  }

  get memoryBytes(): number {
    return this.#buckets.memoryBytes;
  }

  /** The slot of a key, given its hash, or `NONE`. */
  find(key: NodeId, hash: number): number {
    if (this.#size === 0) return NONE;
    let slot = this.#head(this.#bucketOf(hash));
    while (slot !== NONE) {
      if (this.#slots.u32(slot, HASH) === hash && this.#slots.holdsKey(slot, key)) break;
      slot = this.#next(slot);
    }
    return slot;
  }

  /** Adds a slot whose key is not in yet. */
  add(slot: number): void {
    if (this.#size++ === 0) this.#addBucket();
    this.#prepend(slot, this.#bucketOf(this.#slots.u32(slot, HASH)));
    if (this.#size > this.#buckets.length) this.#split();
  }

  /** Takes a slot out. */
  delete(slot: number): void {
    const bucket = this.#bucketOf(this.#slots.u32(slot, HASH));
    let before = NONE;
    for (let at = this.#head(bucket); at !== slot; at = this.#next(at)) before = at;
    if (before === NONE) this.#buckets.setU32(bucket, 0, this.#next(slot));
    else this.#slots.setU32(before, NEXT_OF_BUCKET, this.#next(slot));
    this.#size--;
    while (this.#buckets.length > 1 && 2 * this.#size < this.#buckets.length) this.#merge();
    if (this.#size === 0) this.#buckets.pop();
  }

  /** The lower bits of the hash: as many as the table has grown to need, or one less. */
  #bucketOf(hash: number): number {
    const level = levelOf(this.#buckets.length);
    const bucket = hash & (2 * level - 1);
    return bucket < this.#buckets.length ? bucket : bucket - level;
  }

  #addBucket(): number {
    const bucket = this.#buckets.push();
    this.#buckets.setU32(bucket, 0, NONE);
    return bucket;
  }

  /** Adds a bucket and moves there what belongs there, all of which stands in one other. */
  #split(): void {
    const added = this.#addBucket();
    const split = added - levelOf(added);
    let slot = this.#head(split);
    this.#buckets.setU32(split, 0, NONE);
    while (slot !== NONE) {
      const next = this.#next(slot);
      this.#prepend(slot, this.#bucketOf(this.#slots.u32(slot, HASH)));
      slot = next;
    }
  }

  /** Undoes the last split. */
  #merge(): void {
    const last = this.#buckets.length - 1;
    let slot = this.#head(last);
    while (slot !== NONE) {
      const next = this.#next(slot);
      this.#prepend(slot, last - levelOf(last));
      slot = next;
    }
    this.#buckets.pop();
  }

  #head(bucket: number): number {
    return this.#buckets.u32(bucket, 0);
  }

  #next(slot: number): number {
    return this.#slots.u32(slot, NEXT_OF_BUCKET);
  }

  #prepend(slot: number, bucket: number): void {
    this.#slots.setU32(slot, NEXT_OF_BUCKET, this.#head(bucket));
    this.#buckets.setU32(bucket, 0, slot);
  }
}

/** The largest power of two that is at most `count`, which is above 0. */
function levelOf(count: number): number {
  return 1 << (31 - Math.clz32(count));
}

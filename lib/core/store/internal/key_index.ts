/**
 * Finds the row of a key: a hash table that grows by linear hashing (Litwin 1980).
 *
 * There is about one hash bucket per row. Each row that is added splits one bucket in two; rows that are
 * removed merge the last bucket with the one that it was split from. So the table is never rebuilt, and no
 * single call takes longer because the table is large. The rows of a bucket are chained by a word of theirs.
 *
 * @module
 */

import { assertInvariant } from "../../invariant.ts";
import type { NodeId } from "../../kademlia/node_id.ts";
import { Pages } from "./pages.ts";
import { HASH, type KeyedWords, NEXT_OF_BUCKET, NONE } from "./row_layout.ts";

/** The index of one store's keys by their hash, which the rows hold. */
export class KeyIndex {
  /** The first row of each bucket, or `NONE`. */
  readonly #buckets = new Pages(4);
  readonly #rows: KeyedWords;
  #size = 0;

  constructor(rows: KeyedWords) {
    this.#rows = rows;
  }

  /** Number of rows in the index. */
  get size(): number {
    return this.#size;
  }

  /** Memory taken, in bytes. */
  get memoryBytes(): number {
    return this.#buckets.memoryBytes;
  }

  /** The row of a key, given its hash, or `NONE`. */
  find(key: NodeId, hash: number): number {
    if (this.#size === 0) return NONE;
    let row = this.#head(this.#bucketOf(hash));
    while (row !== NONE) {
      if (this.#rows.u32(row, HASH) === hash && this.#rows.holdsKey(row, key)) break;
      row = this.#next(row);
    }
    return row;
  }

  /** Adds a row whose key is not in yet. */
  add(row: number): void {
    if (this.#size++ === 0) this.#addBucket();
    this.#prepend(row, this.#bucketOf(this.#rows.u32(row, HASH)));
    if (this.#size > this.#buckets.length) this.#split();
  }

  /** Takes a row out. */
  delete(row: number): void {
    const bucket = this.#bucketOf(this.#rows.u32(row, HASH));
    let before = NONE;
    for (let at = this.#head(bucket); at !== row; at = this.#next(at)) {
      assertInvariant(at !== NONE, "a row that leaves the index is in the bucket of its hash");
      before = at;
    }
    if (before === NONE) this.#buckets.setU32(bucket, 0, this.#next(row));
    else this.#rows.setU32(before, NEXT_OF_BUCKET, this.#next(row));
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

  /** Adds a bucket and moves the rows that belong there, all of which are in one other bucket. */
  #split(): void {
    const added = this.#addBucket();
    const split = added - levelOf(added);
    let row = this.#head(split);
    this.#buckets.setU32(split, 0, NONE);
    while (row !== NONE) {
      const next = this.#next(row);
      this.#prepend(row, this.#bucketOf(this.#rows.u32(row, HASH)));
      row = next;
    }
  }

  /** Undoes the last split. */
  #merge(): void {
    const last = this.#buckets.length - 1;
    let row = this.#head(last);
    while (row !== NONE) {
      const next = this.#next(row);
      this.#prepend(row, last - levelOf(last));
      row = next;
    }
    this.#buckets.pop();
  }

  #head(bucket: number): number {
    return this.#buckets.u32(bucket, 0);
  }

  #next(row: number): number {
    return this.#rows.u32(row, NEXT_OF_BUCKET);
  }

  #prepend(row: number, bucket: number): void {
    this.#rows.setU32(row, NEXT_OF_BUCKET, this.#head(bucket));
    this.#buckets.setU32(bucket, 0, row);
  }

  /** Goes through all buckets; throws if a row is in a wrong one, or their number is not the size. */
  checkInvariants(): void {
    let count = 0;
    for (let bucket = 0; bucket < this.#buckets.length; bucket++) {
      for (let row = this.#head(bucket); row !== NONE; row = this.#next(row)) {
        const belongs = this.#bucketOf(this.#rows.u32(row, HASH)) === bucket;
        assertInvariant(belongs, "a row is in the bucket of its hash");
        assertInvariant(++count <= this.#size, "the index has as many rows as it counts");
      }
    }
    assertInvariant(count === this.#size, "the index has as many rows as it counts");
  }
}

/** The largest power of two that is at most `count`, which is above 0. */
function levelOf(count: number): number {
  return 1 << (31 - Math.clz32(count));
}

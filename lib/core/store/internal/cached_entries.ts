/**
 * The cached entries of a store, which make room for others: the oldest first.
 *
 * @module
 */

import { assertInvariant } from "../../invariant.ts";
import type { EntryTable } from "./entry_table.ts";
import { IS_CACHED } from "./row_layout.ts";
import { RowList } from "./row_list.ts";

/** Marks and lists cached entries, and counts their bytes. */
export class CachedEntries {
  readonly #entries: EntryTable;
  readonly #list: RowList;
  #bytes = 0;

  constructor(entries: EntryTable) {
    this.#entries = entries;
    this.#list = new RowList(entries.rows);
  }

  /** Number of cached entries. */
  get size(): number {
    return this.#list.size;
  }

  /** Bytes that they count with. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The row of the oldest one, or `NONE`. */
  get oldest(): number {
    return this.#list.oldest;
  }

  /** The row of the one cached after another, or `NONE`. */
  after(row: number): number {
    return this.#list.after(row);
  }

  has(row: number): boolean {
    return this.#entries.rows.is(row, IS_CACHED);
  }

  /** Makes an entry a cached one. */
  add(row: number): void {
    this.#entries.rows.mark(row, IS_CACHED, true);
    this.#list.add(row);
    this.#bytes += this.#entries.sizeOf(row);
  }

  /** Makes a cached entry an ordinary one. */
  delete(row: number): void {
    this.#entries.rows.mark(row, IS_CACHED, false);
    this.#list.delete(row);
    this.#bytes -= this.#entries.sizeOf(row);
    assertInvariant(this.#bytes >= 0, "cached entries count with no fewer than 0 bytes");
  }

  /** Goes through all entries; throws if others are marked than are listed, or the bytes are wrong. */
  checkInvariants(): void {
    this.#list.checkInvariants();
    let bytes = 0;
    let count = 0;
    for (const row of this.#entries.rows.taken()) {
      if (!this.has(row)) continue;
      bytes += this.#entries.sizeOf(row);
      count++;
    }
    assertInvariant(count === this.size && bytes === this.#bytes, "all cached entries are listed");
  }
}

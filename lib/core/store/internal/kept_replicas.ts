/**
 * Which replicas are kept beyond the process, and the number that each is kept as.
 *
 * @module
 */

import type { Replica } from "../../value.ts";
import type { StoreKeeper } from "../keeper.ts";
import type { CachedEntries } from "./cached_entries.ts";
import type { EntryTable } from "./entry_table.ts";
import { EXPIRES_AT, KEPT_AS, NONE } from "./row_layout.ts";

/** The numbers of one store's replicas. */
export class KeptReplicas {
  readonly #entries: EntryTable;
  readonly #cached: CachedEntries;
  readonly #keeper: StoreKeeper | null;

  constructor(entries: EntryTable, cached: CachedEntries, keeper: StoreKeeper | null) {
    this.#entries = entries;
    this.#cached = cached;
    this.#keeper = keeper;
  }

  /** Has a replica kept, unless it is already, under the number that is given. */
  keep(row: number, replica: Replica, keptAs?: number): void {
    if (!this.#keeper) return;
    this.#entries.rows.setU32(row, KEPT_AS, keptAs ?? this.#keeper.keep(replica));
  }

  /** Has an entry kept no more, if it is. */
  forget(row: number): void {
    const { rows } = this.#entries;
    const number = rows.u32(row, KEPT_AS);
    if (!this.#keeper || number === NONE) return;
    rows.setU32(row, KEPT_AS, NONE);
    this.#keeper.forget(number);
  }

  /** Gives each living replica that has no number the next one; yields its row. Values may come and go meanwhile. */
  *number(now: number, nextNumber: () => number): Generator<number> {
    const { rows } = this.#entries;
    for (const row of rows.taken()) {
      if (this.#cached.has(row) || rows.u32(row, KEPT_AS) !== NONE) continue;
      if (rows.f64(row, EXPIRES_AT) <= now) continue;
      rows.setU32(row, KEPT_AS, nextNumber());
      yield row;
    }
  }

  /** The numbers of all replicas that have one. */
  numbers(): Uint32Array {
    const { rows, size } = this.#entries;
    const numbers = new Uint32Array(size - this.#cached.size);
    let count = 0;
    for (const row of rows.taken()) {
      if (this.#cached.has(row) || rows.u32(row, KEPT_AS) === NONE) continue;
      numbers[count++] = rows.u32(row, KEPT_AS);
    }
    return numbers.slice(0, count);
  }

  /** Takes all numbers, or some, from the replicas that have them. The keeper is not called. */
  clear(numbers?: ReadonlySet<number>): void {
    const { rows } = this.#entries;
    for (const row of rows.taken()) {
      if (!numbers || numbers.has(rows.u32(row, KEPT_AS))) rows.setU32(row, KEPT_AS, NONE);
    }
  }
}

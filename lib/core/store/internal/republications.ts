/**
 * When the replicas of a store are to be republished.
 *
 * @module
 */

import { assertInvariant } from "../../invariant.ts";
import type { EntryTable } from "./entry_table.ts";
import { EXPIRES_AT, IS_CACHED, NONE, REPUBLICATION_POSITION, REPUBLISH_AT } from "./row_layout.ts";
import { TimeQueue } from "./time_queue.ts";

/** What {@linkcode Republications.takeDue} takes. */
export interface DueOptions {
  /** Most replicas to take. */
  readonly countMax: number;
  /** Called for each; returns the milliseconds after which it is due again. */
  readonly intervalMs: () => number;
}

/** The queue of replicas by the time when they are due; those that expire before are not in it. */
export class Republications {
  readonly #entries: EntryTable;
  readonly #queue: TimeQueue;

  constructor(entries: EntryTable) {
    this.#entries = entries;
    this.#queue = new TimeQueue(entries.rows, REPUBLICATION_POSITION);
  }

  /** When the first is due; infinite if none is. */
  get nextTime(): number {
    return this.#queue.firstTime;
  }

  /** Memory taken, in bytes. */
  get memoryBytes(): number {
    return this.#queue.memoryBytes;
  }

  /** Queues a replica for the time that its row says. */
  add(row: number): void {
    const { rows } = this.#entries;
    assertInvariant(!rows.is(row, IS_CACHED), "cached values are not republished");
    const time = rows.f64(row, REPUBLISH_AT);
    if (time < rows.f64(row, EXPIRES_AT)) this.#queue.set(row, time);
    else this.#queue.delete(row);
  }

  /** Takes an entry out, if it is queued. */
  delete(row: number): void {
    this.#queue.delete(row);
  }

  /** Sets when a replica is due. */
  schedule(row: number, time: number): void {
    this.#entries.rows.setF64(row, REPUBLISH_AT, time);
    this.add(row);
  }

  /** Makes an entry due at a time; no effect if it is due before, or cached. */
  scheduleEarlier(row: number, time: number): void {
    const { rows } = this.#entries;
    if (!rows.is(row, IS_CACHED) && time < rows.f64(row, REPUBLISH_AT)) this.schedule(row, time);
  }

  /** Makes a replica due at a time; no effect if it is due later. */
  scheduleLater(row: number, time: number): void {
    this.schedule(row, Math.max(time, this.#entries.rows.f64(row, REPUBLISH_AT)));
  }

  /** The rows of replicas that are due and have not expired; each is due again after an interval. */
  takeDue(now: number, { countMax, intervalMs }: DueOptions): number[] {
    const due: number[] = [];
    while (due.length < countMax && this.#queue.size > 0 && this.nextTime <= now) {
      const row = this.#queue.first;
      if (this.#entries.rows.f64(row, EXPIRES_AT) > now) due.push(row);
      this.schedule(row, now + intervalMs());
    }
    return due;
  }

  /** Goes through all entries; throws if one that is to be republished is not queued, or another is. */
  checkInvariants(): void {
    this.#queue.checkInvariants();
    const { rows } = this.#entries;
    let count = 0;
    for (const row of rows.taken()) {
      const isWanted = !rows.is(row, IS_CACHED) &&
        rows.f64(row, REPUBLISH_AT) < rows.f64(row, EXPIRES_AT);
      const isQueued = rows.u32(row, REPUBLICATION_POSITION) !== NONE;
      assertInvariant(isWanted === isQueued, "replicas that live until they are due are queued");
      if (isQueued) count++;
    }
    assertInvariant(count === this.#queue.size, "no other rows are queued");
  }
}

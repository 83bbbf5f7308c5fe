/**
 * Shares the event loop among the connections of a process.
 *
 * The runtime hands over bytes that are there without a turn of its event loop: one connection that sends as fast as
 * it can would be all that a node reads, and timers, clients and other peers would wait until it is done. So what is
 * read in one turn is limited, and connections that have more go on one after the other in the turns that follow.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { TURN_LIMIT_MS, TURN_STEP } from "./limits.ts";

/** What has been read in this turn of the event loop. */
export class Turns {
  /** Those who wait for a turn of their own, in the order in which they came. */
  readonly #waiting: (() => void)[] = [];
  #isWatching = false;
  #isOver = false;
  #endsAt = 0;
  #steps = 0;

  /** Whether reading has to wait for another turn. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /**
   * Counts work: about one for each frame. The clock is looked at now and then: it costs as much as a frame, and on a
   * busy machine time passes without work, which must not make each frame wait for a turn of its own.
   */
  count(steps: number): void {
    this.#steps += steps;
    if (this.#steps < TURN_STEP) return;
    this.#steps = 0;
    const now = performance.now();
    if (!this.#isWatching) this.#begin(now);
    else if (now >= this.#endsAt) this.#isOver = true;
  }

  /** Resolves in a turn in which the caller may read. */
  next(): Promise<void> {
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }

  #begin(now: number): void {
    this.#isWatching = true;
    this.#isOver = false;
    this.#steps = 0;
    this.#endsAt = now + TURN_LIMIT_MS;
    setImmediate(() => this.#end());
  }

  #end(): void {
    this.#isWatching = this.#isOver = false;
    if (this.#waiting.length === 0) return;
    this.#begin(performance.now());
    this.#resumeNext();
  }

  /** One after the other, as long as there is time: whoever is resumed reads before the next one is. */
  #resumeNext(): void {
    this.#waiting.shift()?.();
    if (this.#waiting.length === 0) return;
    queueMicrotask(() => this.#isOver || this.#resumeNext());
  }
}

/** Those of this process, whose event loop all its nodes share. */
export const TURNS = new Turns();

/**
 * Time and randomness of the machine.
 *
 * @module
 */

import { getRandomValues, randomFillSync } from "node:crypto";
import { BinaryHeap } from "@std/data-structures/binary-heap";
import type { Clock, Random } from "../node/ports.ts";

/** Longest delay that the runtime's timers take. */
const DELAY_MAX_MS = 2 ** 31 - 1;

interface Timer {
  readonly time: number;
  /** Null once it is called off. */
  callback: (() => void) | null;
}

/**
 * The machine's clock. All timers of a node share one timer of the runtime: most belong to requests that
 * are answered long before their limit, and calling those off must cost next to nothing.
 */
export class SystemClock implements Clock {
  readonly #timers = new BinaryHeap<Timer>((a: Timer, b: Timer) => a.time - b.time);
  #living = 0;
  #handle: ReturnType<typeof setTimeout> | null = null;
  #wakeAt = Infinity;

  now(): number {
    return performance.now();
  }

  unixNow(): number {
    return Date.now();
  }

  runAt(time: number, callback: () => void): () => void {
    const timer: Timer = { time, callback };
    this.#timers.push(timer);
    this.#living++;
    if (time < this.#wakeAt) this.#arm(time);
    return () => {
      if (!timer.callback) return;
      timer.callback = null;
      if (--this.#living === 0) this.#disarm();
    };
  }

  #arm(time: number): void {
    if (this.#handle !== null) clearTimeout(this.#handle);
    this.#wakeAt = time;
    const delayMs = Math.min(DELAY_MAX_MS, Math.max(0, time - performance.now()));
    this.#handle = setTimeout(() => this.#fire(), delayMs);
  }

  /** With nothing to wait for, no timer of the runtime is left behind. */
  #disarm(): void {
    if (this.#handle !== null) clearTimeout(this.#handle);
    this.#handle = null;
    this.#wakeAt = Infinity;
    this.#timers.clear();
  }

  #fire(): void {
    this.#handle = null;
    this.#wakeAt = Infinity;
    const now = performance.now();
    for (let first = this.#timers.peek(); first; first = this.#timers.peek()) {
      if (first.callback && first.time > now) break;
      this.#timers.pop();
      if (!first.callback) continue;
      const { callback } = first;
      first.callback = null;
      this.#living--;
      callback();
    }
    const next = this.#timers.peek();
    if (next && next.time < this.#wakeAt) this.#arm(next.time);
  }
}

/** Randomness that nobody can predict. */
export const systemRandom: Random = {
  next: () => getRandomValues(new Uint32Array(1))[0]! / 2 ** 32,
  fill: (bytes) => void randomFillSync(bytes),
};

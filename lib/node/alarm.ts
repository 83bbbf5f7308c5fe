/**
 * One callback that is wanted at the earliest of many times.
 *
 * @module
 */

import type { Clock } from "./ports.ts";

/** Rings once at the earliest time it was set to, and can then be set again, until it is closed. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #time = Infinity;
  #cancel: (() => void) | null = null;
  #closed = false;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Whether it is going to ring. */
  get isSet(): boolean {
    return this.#time !== Infinity;
  }

  /** Rings at `time`, unless it is set to ring before. An infinite time changes nothing. */
  setFor(time: number): void {
    if (time >= this.#time || this.#closed) return;
    this.#cancel?.();
    this.#time = time;
    this.#cancel = this.#clock.runAt(time, () => {
      this.#time = Infinity;
      this.#cancel = null;
      this.#ring();
    });
  }

  /** Calls it off; it can be set again. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#time = Infinity;
  }

  /** Calls it off for good. */
  close(): void {
    this.stop();
    this.#closed = true;
  }
}

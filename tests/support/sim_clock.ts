/**
 * The clock of one simulated machine, which may be wrong, be set, and sleep.
 *
 * @module
 */

import { ElapsedTime } from "../../lib/core/time/elapsed_time.ts";
import type { Clock } from "../../lib/node/ports.ts";
import type { EventQueue } from "../../lib/sim/event_queue.ts";

/** Clocks as a system has them: one stands still in sleep, the other may be set, and the uptime tells. */
export class SimClock implements Clock {
  readonly #queue: EventQueue;
  readonly #elapsed: ElapsedTime;
  #offsetMs: number;
  #sleptMs = 0;
  /** When sleep began, by the virtual time. */
  #asleepSince: number | null = null;
  #due: (() => void)[] = [];

  /** @param offsetMs how far ahead the wall clock is at the beginning. */
  constructor(queue: EventQueue, offsetMs = 0) {
    this.#queue = queue;
    this.#offsetMs = offsetMs;
    const readings = { monotonic: queue.now(), wall: this.unixNow() };
    this.#elapsed = new ElapsedTime(readings, () => 1_000 * Math.floor(queue.now() / 1_000));
  }

  now(): number {
    const now = this.#asleepSince ?? this.#queue.now();
    return this.#elapsed.now(now - this.#sleptMs, this.unixNow());
  }

  unixNow(): number {
    return this.#queue.unixNow() + this.#offsetMs;
  }

  runAt(time: number, callback: () => void): () => void {
    let isOff = false;
    this.#queue.runAt(time, () => {
      const run = () => isOff || callback();
      if (this.#asleepSince === null) run();
      else this.#due.push(run);
    });
    return () => {
      isOff = true;
    };
  }

  /** Sets the wall clock by so much. */
  set(ms: number): void {
    this.#offsetMs += ms;
  }

  /** Stops, until {@linkcode wake}; nothing that is due runs. The transport has to be frozen meanwhile. */
  sleep(): void {
    this.#asleepSince = this.#queue.now();
  }

  /** Goes on, with what has come due. */
  wake(): void {
    this.#sleptMs += this.#queue.now() - this.#asleepSince!;
    this.#asleepSince = null;
    const due = this.#due;
    this.#due = [];
    for (const run of due) run();
  }
}

/**
 * The clock of one simulated machine, and whether the process on it runs.
 *
 * A wall clock may be wrong, run too fast, or jump. A process that is stopped runs none of its timers, and
 * finds them overdue when it goes on. A machine that sleeps does not count the time in `now` at all, while
 * its wall clock goes on, as on Linux.
 *
 * @module
 */

import type { Clock } from "../node/ports.ts";
import type { EventQueue } from "./event_queue.ts";

/** How a clock is wrong. */
export interface ClockFaults {
  /** How far the wall clock is ahead, in milliseconds; behind if negative. */
  readonly offsetMs?: number;
  /** Millionths by which the clock runs too fast; too slow if negative. */
  readonly driftPpm?: number;
}

/** Times closer than this are the same: what is left of a time after it was converted twice. */
const PRECISION_MS = 1e-3;

/** One machine's time, made from the time of the whole simulation. */
export class SimClock implements Clock {
  readonly #queue: EventQueue;
  /** Millionths by which it runs too fast. */
  readonly driftPpm: number;
  /** Own milliseconds in one of the simulation's. */
  readonly #rate: number;
  /** A moment by this clock and by the simulation's, from which the clock goes on at its rate. */
  #ownAt: number;
  #trueAt: number;
  /** The time has reached this, whatever rounding says. */
  #reached = -Infinity;
  /** How far the wall clock is ahead of `now`: as it was set, and the time slept. */
  #wallAheadMs: number;
  #state: "running" | "stopped" | "asleep" = "running";
  /** What is to happen as soon as the process runs again. */
  #waiting: (() => void)[] = [];

  constructor(queue: EventQueue, { offsetMs = 0, driftPpm = 0 }: ClockFaults = {}) {
    this.#queue = queue;
    this.driftPpm = driftPpm;
    this.#rate = 1 + driftPpm / 1e6;
    this.#ownAt = this.#trueAt = queue.now();
    this.#wallAheadMs = offsetMs;
  }

  /** Whether the process runs: it is neither stopped nor asleep. */
  get isRunning(): boolean {
    return this.#state === "running";
  }

  /** How far the wall clock is ahead of the true time, in milliseconds. */
  get offsetMs(): number {
    return this.unixNow() - this.#queue.unixNow();
  }

  now(): number {
    if (this.#state === "asleep") return this.#ownAt;
    return Math.max(this.#reached, this.#ownAt + this.#sinceMs());
  }

  unixNow(): number {
    const own = this.#state === "asleep" ? this.#ownAt + this.#sinceMs() : this.now();
    return this.#queue.epochMs + Math.floor(own + this.#wallAheadMs);
  }

  runAt(time: number, callback: () => void): () => void {
    let isOff = false;
    const ring = (): void => {
      if (isOff) return;
      if (this.#state !== "running") this.#waiting.push(ring);
      else if (time - this.now() > PRECISION_MS) stop = this.#ringAt(time, ring); // it has slept
      else {
        this.#reached = Math.max(this.#reached, time);
        callback();
      }
    };
    let stop = this.#ringAt(time, ring);
    return () => {
      isOff = true;
      stop();
    };
  }

  /** Sets the wall clock forward; back if negative. */
  jump(ms: number): void {
    this.#wallAheadMs += ms;
  }

  /** Stops the process, as SIGSTOP does. */
  stop(): void {
    if (this.#state === "running") this.#state = "stopped";
  }

  /** Puts the machine to sleep. */
  sleep(): void {
    this.#ownAt = this.now();
    this.#trueAt = this.#queue.now();
    this.#state = "asleep";
  }

  /** Lets a stopped process go on, or wakes the machine. */
  resume(): void {
    if (this.#state === "asleep") {
      this.#wallAheadMs += this.#sinceMs();
      this.#trueAt = this.#queue.now();
    }
    this.#state = "running";
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const callback of waiting) this.whenRunning(callback);
  }

  /** Does something as soon as the process runs: at once, if it does. */
  whenRunning(callback: () => void): void {
    if (this.#state === "running") callback();
    else this.#waiting.push(callback);
  }

  /** Time since the moment that is noted, by this clock. */
  #sinceMs(): number {
    return (this.#queue.now() - this.#trueAt) * this.#rate;
  }

  #ringAt(time: number, ring: () => void): () => void {
    const leftMs = (time - this.#ownAt) / this.#rate;
    return this.#queue.runAt(this.#trueAt + leftMs, ring);
  }
}

/**
 * The clock of one simulated machine, and whether the process on it runs.
 *
 * A wall clock may be wrong, run too fast, or be set. A process that is stopped runs none of its timers, and
 * finds them overdue when it goes on. A machine that sleeps does not count the time on its monotonic clock,
 * while its wall clock goes on; what a node makes of both is the shipping code.
 *
 * @module
 */

import { ElapsedTime } from "../core/time/elapsed_time.ts";
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
/** The uptime is known in whole seconds. */
const UPTIME_STEP_MS = 1_000;

/** One machine's time, made from the time of the whole simulation. */
export class SimClock implements Clock {
  /** Millionths by which it runs too fast. */
  readonly driftPpm: number;
  readonly #queue: EventQueue;
  readonly #drift: number;
  /** When it began to drift, by the simulation's time. */
  readonly #startedAt: number;
  readonly #elapsed: ElapsedTime;
  /** The time has reached this, whatever rounding says. */
  #reached = -Infinity;
  #wallAheadMs: number;
  #sleptMs = 0;
  /** When the machine went to sleep, by its own time. */
  #asleepSince: number | null = null;
  #resumedAt: number;
  #isStopped = false;
  /** What is to happen as soon as the process runs again. */
  #waiting: (() => void)[] = [];

  constructor(queue: EventQueue, { offsetMs = 0, driftPpm = 0 }: ClockFaults = {}) {
    this.#queue = queue;
    this.driftPpm = driftPpm;
    this.#drift = driftPpm / 1e6;
    this.#startedAt = queue.now();
    this.#resumedAt = this.#startedAt;
    this.#wallAheadMs = offsetMs;
    const readings = { monotonic: this.#monotonic(), wall: this.unixNow() };
    this.#elapsed = new ElapsedTime(
      readings,
      () => UPTIME_STEP_MS * Math.floor(this.#own() / UPTIME_STEP_MS),
    );
  }

  /** Since when the process runs without a break, by the simulation's time. */
  get runningSince(): number {
    return this.#resumedAt;
  }

  /** Whether the process runs: it is not stopped, and the machine does not sleep. */
  get isRunning(): boolean {
    return !this.#isStopped && this.#asleepSince === null;
  }

  /** How far the wall clock is ahead of the true time, in milliseconds. */
  get offsetMs(): number {
    return this.unixNow() - this.#queue.unixNow();
  }

  now(): number {
    return Math.max(this.#reached, this.#elapsed.now(this.#monotonic(), this.unixNow()));
  }

  unixNow(): number {
    return this.#queue.epochMs + Math.floor(this.#own() + this.#wallAheadMs);
  }

  runAt(time: number, callback: () => void): () => void {
    let isOff = false;
    const ring = (): void => {
      if (isOff) return;
      // A machine that sleeps reads no clock: it would take the sleep in by parts that are too short to be noticed.
      if (!this.isRunning) return void this.#waiting.push(ring);
      const now = this.now();
      if (time - now > PRECISION_MS) stop = this.#queue.runAt(this.#trueTime(time), ring);
      else {
        this.#reached = Math.max(now, time);
        callback();
      }
    };
    let stop = this.#queue.runAt(this.#trueTime(time), ring);
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
    this.#isStopped = true;
  }

  /** Puts the machine to sleep. */
  sleep(): void {
    this.#asleepSince ??= this.#own();
  }

  /** Lets a stopped process go on, and wakes the machine. */
  resume(): void {
    if (this.#asleepSince !== null) this.#sleptMs += this.#own() - this.#asleepSince;
    this.#asleepSince = null;
    this.#isStopped = false;
    this.#resumedAt = this.#queue.now();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const callback of waiting) this.whenRunning(callback);
  }

  /** Does something as soon as the process runs: at once, if it does. */
  whenRunning(callback: () => void): void {
    if (this.isRunning) callback();
    else this.#waiting.push(callback);
  }

  /** The time that has passed by this clock, that asleep included. */
  #own(): number {
    const now = this.#queue.now();
    return now + this.#drift * (now - this.#startedAt);
  }

  #monotonic(): number {
    return (this.#asleepSince ?? this.#own()) - this.#sleptMs;
  }

  /** When this clock will show a time, by the simulation's time. */
  #trueTime(time: number): number {
    const missedMs = this.#own() - this.now(); // sleep too short to be noticed
    if (this.#drift === 0) return time + missedMs;
    return this.#startedAt + (time + missedMs - this.#startedAt) / (1 + this.#drift);
  }
}

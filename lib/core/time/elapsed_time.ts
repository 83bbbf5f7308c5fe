/**
 * The time that has passed, sleep included, however the wall clock is set.
 *
 * The monotonic clock of most systems stands still while the machine sleeps; the wall clock goes on, but may be
 * set. Where the two part, the system's uptime tells which it was: it goes on in sleep, and nobody sets it. Where
 * the uptime may not be read, a leap forward counts as sleep: to drop a value too early costs a replica, and to
 * serve one after its end would break a promise.
 *
 * @module
 */

/** What the clocks of a machine show at one moment, in milliseconds. */
export interface ClockReadings {
  /** A clock that only goes forward, and may stand still in sleep. */
  readonly monotonic: number;
  /** The time since 1970. */
  readonly wall: number;
}

/** Clocks that part by less are in step: they are read one after the other, and the uptime in whole seconds. */
const STEP_MIN_MS = 3_000;
const UPTIME_ERROR_MS = 2_000;

/** A clock that goes on in sleep, made of two that do not suffice each. */
export class ElapsedTime {
  readonly #uptimeMs: () => number | null;
  /** What all clocks showed when they were last in step. */
  #last: ClockReadings & { readonly uptimeMs: number | null };
  #asleepMs = 0;

  /** @param uptimeMs the time since the machine was started, that asleep included; null if it is not known. */
  constructor(readings: ClockReadings, uptimeMs: () => number | null) {
    this.#uptimeMs = uptimeMs;
    this.#last = { ...readings, uptimeMs: uptimeMs() };
  }

  /** The monotonic time with all that has been slept; only goes forward. */
  now(monotonic: number, wall: number): number {
    const stepMs = wall - this.#last.wall - (monotonic - this.#last.monotonic);
    if (Math.abs(stepMs) >= STEP_MIN_MS) {
      const uptimeMs = this.#uptimeMs();
      this.#asleepMs += this.#sleptMs(stepMs, monotonic, uptimeMs);
      this.#last = { monotonic, wall, uptimeMs };
    }
    return monotonic + this.#asleepMs;
  }

  /** How much of a step of the wall clock was sleep. */
  #sleptMs(stepMs: number, monotonic: number, uptimeMs: number | null): number {
    const { uptimeMs: lastMs, monotonic: last } = this.#last;
    if (uptimeMs === null || lastMs === null) return Math.max(0, stepMs);
    const sleptMs = uptimeMs - lastMs - (monotonic - last);
    if (sleptMs < UPTIME_ERROR_MS) return 0;
    return Math.abs(sleptMs - stepMs) < UPTIME_ERROR_MS ? stepMs : sleptMs;
  }
}

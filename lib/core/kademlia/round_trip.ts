/**
 * How long an answer usually takes, and what time limits follow from that.
 *
 * A smoothed mean and a smoothed deviation (RFC 6298). A request that takes longer than nearly all do is
 * *slow*: the lookup stops counting on it but still takes its answer. At its *limit* it is given up.
 *
 * @module
 */

import {
  HEDGE_MIN_MS,
  REQUEST_LIMIT_MAX_MS,
  REQUEST_LIMIT_MIN_MS,
  REQUEST_LIMIT_START_MS,
  SLOW_MIN_MS,
  SLOW_START_MS,
} from "../limits.ts";

/** What TCP sends before it has heard of the other side (RFC 6928). */
const FIRST_WINDOW_BYTES = 14_600;

/** An estimate from the round trips measured so far. Times in milliseconds. */
export class RoundTrip {
  meanMs = -1;
  deviationMs = 0;
  #isGuess = false;

  /** Whether anything has been measured. */
  get known(): boolean {
    return this.meanMs >= 0;
  }

  /** Takes in what it may be, as long as none has been measured. */
  guess(ms: number): void {
    if (this.known && !this.#isGuess) return;
    this.#begin(ms);
    this.#isGuess = true;
  }

  /** Takes a measured round trip in. */
  add(sampleMs: number): void {
    if (this.known && !this.#isGuess) {
      this.deviationMs += (Math.abs(sampleMs - this.meanMs) - this.deviationMs) / 4;
      this.meanMs += (sampleMs - this.meanMs) / 8;
    } else this.#begin(sampleMs);
  }

  #begin(ms: number): void {
    this.meanMs = ms;
    this.deviationMs = ms / 2;
    this.#isGuess = false;
  }

  /** When a request counts as slow. */
  get slowMs(): number {
    return this.#usualMs(SLOW_MIN_MS);
  }

  /** When a second request for the same is worth its price. */
  get hedgeMs(): number {
    return this.#usualMs(HEDGE_MIN_MS);
  }

  /** What nearly all requests take, but no less than a minimum. */
  #usualMs(minMs: number): number {
    if (!this.known) return SLOW_START_MS;
    return clamp(this.meanMs + 4 * this.deviationMs, minMs, REQUEST_LIMIT_MAX_MS);
  }

  /**
   * When a request is given up, after so many failures in a row. What is larger than TCP sends at first takes more round
   * trips: each doubles what may be under way.
   */
  limitMs(failures: number, bytes = 0): number {
    const limit = this.known ? 2 * (this.meanMs + 4 * this.deviationMs) : REQUEST_LIMIT_START_MS;
    const usual = clamp(limit * 2 ** failures, REQUEST_LIMIT_MIN_MS, REQUEST_LIMIT_MAX_MS);
    const rounds = Math.log2(1 + bytes / FIRST_WINDOW_BYTES);
    return usual + 2 * rounds * (this.known ? this.meanMs : REQUEST_LIMIT_MIN_MS);
  }
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}

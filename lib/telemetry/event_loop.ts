/**
 * Measures the delay of the event loop: how late it runs a timer that is due.
 *
 * @module
 */

const INTERVAL_MS = 100;
/** Measurements over which the delay is smoothed: a second. */
const SMOOTHED = 10;

/** Watches the event loop until closed. */
export class EventLoopWatch {
  readonly #timer: ReturnType<typeof setInterval>;
  #expected = performance.now() + INTERVAL_MS;
  #delayMs = 0;

  /** Begins to watch; `onDelay` gets each measurement in milliseconds. */
  constructor(onDelay: (ms: number) => void) {
    this.#timer = setInterval(() => {
      const now = performance.now();
      const delayMs = Math.max(0, now - this.#expected);
      this.#expected = now + INTERVAL_MS;
      this.#delayMs += (delayMs - this.#delayMs) / SMOOTHED;
      onDelay(delayMs);
    }, INTERVAL_MS);
  }

  /** The delay of the last second or so, in milliseconds. */
  get delayMs(): number {
    return this.#delayMs;
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

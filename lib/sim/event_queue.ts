/**
 * Virtual time: events happen in the order of (time, sequence), as fast as the machine can run them.
 *
 * @module
 */

import { Heap } from "../core/heap.ts";
import type { Clock } from "../node/ports.ts";

interface Event {
  readonly time: number;
  readonly sequence: number;
  /** Null once it is called off. */
  callback: (() => void) | null;
}

/** All that is going to happen in a simulation, and its clock. */
export class EventQueue implements Clock {
  readonly #events = new Heap<Event>((a, b) =>
    a.time < b.time || (a.time === b.time && a.sequence < b.sequence)
  );
  readonly #epochMs: number;
  #now = 0;
  #sequence = 0;
  #count = 0;

  /** @param epochMs what `unixNow` says at the beginning; by default the start of 2026. */
  constructor(epochMs = 1_767_225_600_000) {
    this.#epochMs = epochMs;
  }

  /** Events that have happened. */
  get count(): number {
    return this.#count;
  }

  now(): number {
    return this.#now;
  }

  unixNow(): number {
    return this.#epochMs + Math.floor(this.#now);
  }

  runAt(time: number, callback: () => void): () => void {
    const event: Event = { time: Math.max(time, this.#now), sequence: this.#sequence++, callback };
    this.#events.push(event);
    return () => {
      event.callback = null;
    };
  }

  /** Lets the next event happen, if it is due by `until`; tells whether there was one. */
  step(until = Infinity): boolean {
    for (let event = this.#events.peek(); event; event = this.#events.peek()) {
      if (event.time > until) break;
      this.#events.pop();
      const { callback } = event;
      if (!callback) continue;
      event.callback = null;
      this.#now = event.time;
      this.#count++;
      callback();
      return true;
    }
    return false;
  }

  /** Lets everything happen up to a time, which then is the time. */
  runUntil(time: number): void {
    while (this.step(time));
    this.#now = Math.max(this.#now, time);
  }

  /** Lets things happen until `done` says so, or until a time. Tells whether it is done. */
  runWhile(done: () => boolean, until: number): boolean {
    while (!done()) if (!this.step(until)) return done();
    return true;
  }
}

/**
 * Virtual time: events happen in the order of (time, sequence), as fast as the machine can run them.
 *
 * @module
 */

import type { Clock } from "../node/ports.ts";

interface Event {
  readonly time: number;
  readonly sequence: number;
  /** Null once it has happened or is called off. */
  callback: (() => void) | null;
}

/**
 * All that is going to happen in a simulation, and its clock. A binary heap of its own: most of the time
 * of a large simulation would go into the callbacks of a general one.
 */
export class EventQueue implements Clock {
  readonly #events: Event[] = [];
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
    this.#push(event);
    return () => {
      event.callback = null;
    };
  }

  /** Lets the next event happen, if it is due by `until`; tells whether there was one. */
  step(until = Infinity): boolean {
    for (let event = this.#events[0]; event; event = this.#events[0]) {
      if (event.time > until) break;
      this.#pop();
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

  #push(event: Event): void {
    const events = this.#events;
    let at = events.length;
    events.push(event);
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (!isBefore(event, events[parent]!)) break;
      events[at] = events[parent]!;
      at = parent;
    }
    events[at] = event;
  }

  #pop(): void {
    const events = this.#events;
    const last = events.pop()!;
    const { length } = events;
    if (length === 0) return;
    let at = 0;
    for (let child = 1; child < length; child = 2 * at + 1) {
      if (child + 1 < length && isBefore(events[child + 1]!, events[child]!)) child++;
      if (!isBefore(events[child]!, last)) break;
      events[at] = events[child]!;
      at = child;
    }
    events[at] = last;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.time < b.time || (a.time === b.time && a.sequence < b.sequence);
}

/**
 * Virtual time: events happen in the order of (time, sequence), as fast as the machine can run them.
 *
 * @module
 */

import type { Clock } from "../node/ports.ts";

interface Event {
  /** Null once it has happened or is called off. */
  callback: (() => void) | null;
}

/** Children of an index in the heap: four times and four numbers lie close together in memory. */
const ARITY = 4;
const CAPACITY_MIN = 1_024;

/**
 * All that is going to happen in a simulation, and its clock. A heap of its own, since a large simulation
 * spends a good part of its time here: times and sequence numbers stand in arrays of plain numbers, and
 * events that were called off, as most time limits are, are swept out when they are more than the others.
 */
export class EventQueue implements Clock {
  /** The heap: what stands at one index of each belongs together. */
  #times = new Float64Array(CAPACITY_MIN);
  #sequences = new Float64Array(CAPACITY_MIN);
  readonly #events: Event[] = [];
  #calledOff = 0;
  /** What `unixNow` says at the beginning. */
  readonly epochMs: number;
  #now = 0;
  #sequence = 0;
  #count = 0;

  /** @param epochMs what `unixNow` says at the beginning; by default the start of 2026. */
  constructor(epochMs = 1_767_225_600_000) {
    this.epochMs = epochMs;
  }

  /** Events that have happened. */
  get count(): number {
    return this.#count;
  }

  now(): number {
    return this.#now;
  }

  unixNow(): number {
    return this.epochMs + Math.floor(this.#now);
  }

  runAt(time: number, callback: () => void): () => void {
    const event: Event = { callback };
    this.#push(Math.max(time, this.#now), this.#sequence++, event);
    return () => {
      if (!event.callback) return;
      event.callback = null;
      if (++this.#calledOff > this.#events.length / 2) this.#sweep();
    };
  }

  /** Lets the next event happen, if it is due by `until`; tells whether there was one. */
  step(until = Infinity): boolean {
    while (this.#events.length > 0) {
      const time = this.#times[0]!;
      if (time > until) break;
      const event = this.#events[0]!;
      this.#pop();
      const { callback } = event;
      if (!callback) {
        this.#calledOff--;
        continue;
      }
      event.callback = null;
      this.#now = time;
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

  #push(time: number, sequence: number, event: Event): void {
    const { length } = this.#events;
    if (length === this.#times.length) this.#grow();
    this.#events.push(event);
    this.#rise(length, time, sequence, event);
  }

  /** Puts an event in at an index, or above it where it belongs. */
  #rise(at: number, time: number, sequence: number, event: Event): void {
    while (at > 0) {
      const parent = (at - 1) >>> 2;
      if (!this.#isAfter(parent, time, sequence)) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#set(at, time, sequence, event);
  }

  /** Takes the first event out. */
  #pop(): void {
    const last = this.#events.length - 1;
    const [time, sequence] = [this.#times[last]!, this.#sequences[last]!];
    const event = this.#events.pop()!;
    if (last > 0) this.#sink(0, time, sequence, event);
  }

  /** Puts an event in at an index, or below it where it belongs. */
  #sink(at: number, time: number, sequence: number, event: Event): void {
    const { length } = this.#events;
    for (let child = ARITY * at + 1; child < length; child = ARITY * at + 1) {
      const end = Math.min(child + ARITY, length);
      let first = child;
      for (let other = child + 1; other < end; other++) {
        if (this.#isAfter(first, this.#times[other]!, this.#sequences[other]!)) first = other;
      }
      if (this.#isAfter(first, time, sequence)) break;
      this.#move(first, at);
      at = first;
    }
    this.#set(at, time, sequence, event);
  }

  /** Throws out what was called off, and puts the rest in order again. */
  #sweep(): void {
    let kept = 0;
    for (let i = 0; i < this.#events.length; i++) {
      if (this.#events[i]!.callback) this.#move(i, kept++);
    }
    this.#events.length = kept;
    this.#calledOff = 0;
    for (let at = (kept - 2) >> 2; at >= 0; at--) {
      this.#sink(at, this.#times[at]!, this.#sequences[at]!, this.#events[at]!);
    }
  }

  /** Whether the event at an index comes after another. */
  #isAfter(at: number, time: number, sequence: number): boolean {
    const difference = this.#times[at]! - time;
    return difference > 0 || (difference === 0 && this.#sequences[at]! > sequence);
  }

  #move(from: number, to: number): void {
    this.#set(to, this.#times[from]!, this.#sequences[from]!, this.#events[from]!);
  }

  #set(at: number, time: number, sequence: number, event: Event): void {
    this.#times[at] = time;
    this.#sequences[at] = sequence;
    this.#events[at] = event;
  }

  #grow(): void {
    const capacity = 2 * this.#times.length;
    const [times, sequences] = [new Float64Array(capacity), new Float64Array(capacity)];
    times.set(this.#times);
    sequences.set(this.#sequences);
    this.#times = times;
    this.#sequences = sequences;
  }
}

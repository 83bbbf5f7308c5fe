/**
 * Time and randomness of the machine.
 *
 * @module
 */

import { getRandomValues, randomFillSync } from "node:crypto";
import { BinaryHeap } from "@std/data-structures/binary-heap";
import { ElapsedTime } from "../core/time/elapsed_time.ts";
import type { Clock, Random } from "../node/ports.ts";

/** The runtime's timers stand still in sleep: none is set for longer, so that what is due then is soon seen. */
const WAKE_MAX_MS = 10_000;

interface Timer {
  readonly time: number;
  /** Null once it is called off. */
  callback: (() => void) | null;
}

/** What a machine's clocks show, each in milliseconds. */
export interface MachineClocks {
  /** A clock that only goes forward; it may stand still while the machine sleeps. */
  monotonic(): number;
  /** The time since 1970; whole. */
  wall(): number;
  /** The time since the machine was started, that asleep included; null if it is not known. */
  uptime(): number | null;
}

const MACHINE_CLOCKS: MachineClocks = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  uptime: () => {
    // Asked first, since a program that embeds a node is not to be stopped by a question to its user.
    const { state } = Deno.permissions.querySync({ name: "sys", kind: "osUptime" });
    return state === "granted" ? 1_000 * Deno.osUptime() : null;
  },
};

/**
 * The machine's clock. All timers of a node share one timer of the runtime: most belong to requests that
 * are answered long before their limit, and calling those off must cost next to nothing.
 */
export class SystemClock implements Clock {
  readonly #timers = new BinaryHeap<Timer>((a: Timer, b: Timer) => a.time - b.time);
  readonly #machine: MachineClocks;
  readonly #elapsed: ElapsedTime;
  #living = 0;
  #handle: ReturnType<typeof setTimeout> | null = null;
  #wakeAt = Infinity;

  constructor(machine: MachineClocks = MACHINE_CLOCKS) {
    this.#machine = machine;
    const readings = { monotonic: machine.monotonic(), wall: machine.wall() };
    this.#elapsed = new ElapsedTime(readings, machine.uptime);
  }

  now(): number {
    return this.#elapsed.now(this.#machine.monotonic(), this.#machine.wall());
  }

  unixNow(): number {
    return this.#machine.wall();
  }

  runAt(time: number, callback: () => void): () => void {
    const timer: Timer = { time, callback };
    this.#timers.push(timer);
    this.#living++;
    if (time < this.#wakeAt) this.#arm(time);
    return () => {
      if (!timer.callback) return;
      timer.callback = null;
      if (--this.#living === 0) this.#disarm();
    };
  }

  #arm(time: number): void {
    if (this.#handle !== null) clearTimeout(this.#handle);
    this.#wakeAt = time;
    const delayMs = Math.min(WAKE_MAX_MS, Math.max(0, time - this.now()));
    this.#handle = setTimeout(() => this.#fire(), delayMs);
  }

  /** With nothing to wait for, no timer of the runtime is left behind. */
  #disarm(): void {
    if (this.#handle !== null) clearTimeout(this.#handle);
    this.#handle = null;
    this.#wakeAt = Infinity;
    this.#timers.clear();
  }

  #fire(): void {
    this.#handle = null;
    this.#wakeAt = Infinity;
    const now = this.now();
    for (let first = this.#timers.peek(); first; first = this.#timers.peek()) {
      if (first.callback && first.time > now) break;
      this.#timers.pop();
      if (!first.callback) continue;
      const { callback } = first;
      first.callback = null;
      this.#living--;
      callback();
    }
    const next = this.#timers.peek();
    if (next && next.time < this.#wakeAt) this.#arm(next.time);
  }
}

/** Randomness that nobody can predict. */
export const systemRandom: Random = {
  next: () => getRandomValues(new Uint32Array(1))[0]! / 2 ** 32,
  fill: (bytes) => void randomFillSync(bytes),
};

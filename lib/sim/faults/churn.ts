/**
 * Churn: sessions end, and for each that ends a new node joins.
 *
 * Lengths follow a Weibull distribution. Of shape 1 it is the exponential one: how long a node has been
 * there says nothing about how long it will stay. Below 1 most sessions are short and a few are very long,
 * as measured in file-sharing networks. The sessions under way when churn begins have been going on for a
 * while: what is left of them follows from the distribution too, so that the rate is the same all the time.
 *
 * @module
 */

import type { Random } from "../../node/ports.ts";
import { sampleExponential, sampleGamma } from "../random/distributions.ts";
import type { SimNode, World } from "../world.ts";

/** How nodes come and go. */
export interface ChurnOptions {
  /** Half of all sessions are shorter, in milliseconds. */
  readonly medianMs: number;
  /** Shape of the Weibull distribution; 1, the exponential one, if nothing is said. */
  readonly shape?: number;
  /** Share of sessions that end without a word, as by a crash; half if nothing is said. */
  readonly killedShare?: number;
}

/** How long sessions last. Times in milliseconds. */
export class SessionLengths {
  readonly #random: Random;
  readonly #shape: number;
  readonly #scaleMs: number;

  constructor(medianMs: number, shape: number, random: Random) {
    this.#random = random;
    this.#shape = shape;
    this.#scaleMs = medianMs / Math.LN2 ** (1 / shape);
  }

  /** Length of a session that begins. */
  whole(): number {
    return this.#scaleMs * sampleExponential(this.#random) ** (1 / this.#shape);
  }

  /** What is left of a session that is under way at a random moment. */
  rest(): number {
    return this.#scaleMs * sampleGamma(this.#random, 1 / this.#shape) ** (1 / this.#shape);
  }
}

/** Lets the nodes of a network come and go. */
export class Churn {
  /** Sessions that have ended, each followed by a new one. */
  readonly counts = { left: 0, killed: 0 };
  readonly #world: World;
  readonly #lengths: SessionLengths;
  readonly #killedShare: number;
  #running = false;

  constructor(world: World, options: ChurnOptions) {
    this.#world = world;
    this.#lengths = new SessionLengths(options.medianMs, options.shape ?? 1, world.random);
    this.#killedShare = options.killedShare ?? 0.5;
  }

  /** Begins with the nodes that live now. */
  start(): void {
    this.#running = true;
    for (const sim of this.#world.living) this.#endAfter(sim, this.#lengths.rest());
  }

  /** Lets all nodes stay from now on. */
  stop(): void {
    this.#running = false;
  }

  #endAfter(sim: SimNode, lengthMs: number): void {
    const { queue } = this.#world;
    queue.runAt(queue.now() + lengthMs, () => this.#replace(sim));
  }

  /** A frozen node neither leaves nor crashes. */
  #replace(sim: SimNode): void {
    if (!this.#running || !sim.alive || !sim.clock.isRunning) return;
    if (this.#world.random.next() < this.#killedShare) {
      this.counts.killed++;
      this.#world.kill(sim);
    } else {
      this.counts.left++;
      this.#world.leave(sim);
    }
    this.#endAfter(this.#world.add(), this.#lengths.whole());
  }
}

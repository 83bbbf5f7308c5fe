/**
 * How many dial-backs are under way at once, in all and to one address. The others wait for their turn: a stranger who
 * has silent ports dialled gets in the way of those at his own address only.
 *
 * @module
 */

import {
  DIAL_BACKS_MAX,
  DIAL_BACKS_PER_ADDRESS_MAX,
  DIAL_BACKS_WAITING_MAX,
  DIAL_BACKS_WAITING_PER_ADDRESS_MAX,
} from "../limits.ts";

/** Dials back, and calls `onEnd` once, when that has ended. */
export type DialBack = (onEnd: () => void) => void;

/** The dial-backs to one IP. */
interface Lane {
  underWay: number;
  readonly waiting: DialBack[];
}

/** The dial-backs of one node. */
export class DialBackSlots {
  /** By IP; the next one to have its turn first. */
  readonly #lanes = new Map<string, Lane>();
  #underWay = 0;
  #waiting = 0;

  /** Begins a dial-back to an IP, at once or later; returns false if too many wait. */
  run(hostname: string, dialBack: DialBack): boolean {
    const lane = this.#lanes.get(hostname) ?? { underWay: 0, waiting: [] };
    const isFull = this.#waiting >= DIAL_BACKS_WAITING_MAX ||
      lane.waiting.length >= DIAL_BACKS_WAITING_PER_ADDRESS_MAX;
    if (isFull) return false;
    lane.waiting.push(dialBack);
    this.#waiting++;
    this.#lanes.set(hostname, lane);
    this.#startNext();
    return true;
  }

  #startNext(): void {
    for (const [hostname, lane] of this.#lanes) {
      if (this.#underWay >= DIAL_BACKS_MAX) return;
      if (lane.underWay >= DIAL_BACKS_PER_ADDRESS_MAX) continue;
      const dialBack = lane.waiting.shift();
      if (!dialBack) continue;
      // The other addresses have their turns first.
      this.#lanes.delete(hostname);
      this.#lanes.set(hostname, lane);
      this.#waiting--;
      this.#underWay++;
      lane.underWay++;
      dialBack(() => this.#end(hostname, lane));
    }
  }

  #end(hostname: string, lane: Lane): void {
    this.#underWay--;
    if (--lane.underWay === 0 && lane.waiting.length === 0) this.#lanes.delete(hostname);
    this.#startNext();
  }
}

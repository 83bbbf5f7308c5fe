/**
 * The stamps that a node has given before it knew the network's time: by its own clock, or by what too few contacts
 * showed.
 *
 * @module
 */

/** What the time is taken for may move by so much, and is the same. */
const SAME_MS = 500;

/** Stamps that were given one after the other by the same idea of the time. */
interface Phase {
  readonly first: number;
  last: number;
  readonly aheadMs: number;
}

/** The early stamps of one node. */
export class EarlyStamps {
  readonly #phases: Phase[] = [];

  /** @param aheadMs how far the time that it was made from is ahead of the clock that only goes forward. */
  note(stamp: number, aheadMs: number): void {
    const phase = this.#phases.at(-1);
    if (phase && Math.abs(aheadMs - phase.aheadMs) < SAME_MS) phase.last = stamp;
    else this.#phases.push({ first: stamp, last: stamp, aheadMs });
  }

  /** What a stamp lacks if the right time is so far ahead; 0 if it is none of these. */
  lacks(stamp: number, aheadMs: number): number {
    const phase = this.#phases.findLast(({ first, last }) => first <= stamp && stamp <= last);
    return phase ? Math.round(aheadMs - phase.aheadMs) : 0;
  }
}

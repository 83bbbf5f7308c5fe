/**
 * Stamps that only go forward: a hybrid logical clock (Kulkarni et al., 2014) of one number.
 *
 * A stamp is the network's time in milliseconds, but always above every stamp that this node has given, and above
 * those that it has seen on values. So a PUT wins over all that its node knew when it came, also after the clock
 * was set back.
 *
 * @module
 */

import { STAMP_AHEAD_MAX_MS } from "../limits.ts";

/** Gives the stamps of one node. */
export class StampClock {
  #last = 0;

  /** Notes a stamp on a value of another node. One too far ahead is not followed. */
  observe(stamp: number, networkNow: number): void {
    if (stamp > this.#last && stamp <= networkNow + STAMP_AHEAD_MAX_MS) this.#last = stamp;
  }

  /** A stamp above all others known; whole. */
  next(networkNow: number): number {
    // After the clock has been set back by more than others accept, following the old time would shut this node
    // out: the network's time counts then.
    const isFarAhead = this.#last > networkNow + STAMP_AHEAD_MAX_MS;
    this.#last = isFarAhead
      ? Math.floor(networkNow)
      : Math.max(Math.floor(networkNow), this.#last + 1);
    return this.#last;
  }
}

/**
 * Stamps that only go forward: a hybrid logical clock (Kulkarni et al., 2014) of one number.
 *
 * A stamp is the network's time in milliseconds, but above every stamp that this node has given, and above those
 * that it has seen on values. So a PUT wins over all that its node knew when it came, also after the clock was
 * set back.
 *
 * @module
 */

import { STAMP_AHEAD_MAX_MS } from "../limits.ts";

/**
 * How far ahead of the network's time stamps may run: half of what others accept. Else a few values with stamps
 * from the future would carry a node to where all its PUTs are refused.
 */
const LEAD_MAX_MS = STAMP_AHEAD_MAX_MS / 2;

/** Gives the stamps of one node. */
export class StampClock {
  #last = 0;

  /** Notes a stamp on a value of another node. One too far ahead is not followed. */
  observe(stamp: number, networkNow: number): void {
    if (stamp > this.#last && stamp <= networkNow + LEAD_MAX_MS) this.#last = stamp;
  }

  /**
   * A stamp above all others known; whole.
   *
   * @param above the stamp of the version that it is to replace, if one is known. It is exceeded if others
   * accept such a stamp.
   */
  next(networkNow: number, above = 0): number {
    // After the network's time has gone back by much, following the old stamps would shut this node out.
    const isFarAhead = this.#last > networkNow + LEAD_MAX_MS;
    const now = Math.floor(networkNow);
    this.#last = isFarAhead ? now : Math.max(now, this.#last + 1);
    return above < networkNow + STAMP_AHEAD_MAX_MS ? Math.max(this.#last, above + 1) : this.#last;
  }
}

/**
 * Stamps that only go forward: a hybrid logical clock (Kulkarni et al., 2014) of one number.
 *
 * A stamp is the network's time in milliseconds, but above every stamp that this node has given, and above those
 * that it has seen on values. So a PUT wins over all that its node knew when it came, also after the clock was
 * set back.
 *
 * @module
 */

/**
 * How far ahead of the network's time stamps may run, as a share of what is accepted. Else a few values with stamps
 * from the future would carry a node to where all its PUTs are refused.
 */
const LEAD_SHARE = 1 / 2;

/** What time it is for a node. */
export interface StampTime {
  /** The network's time, in milliseconds since 1970. */
  readonly networkNow: number;
  /** How far ahead of it a stamp is accepted, in milliseconds. */
  readonly aheadMaxMs: number;
}

/** Gives the stamps of one node. */
export class StampClock {
  #last = 0;

  /** Notes a stamp on a value of another node. One too far ahead is not followed. */
  observe(stamp: number, { networkNow, aheadMaxMs }: StampTime): void {
    if (stamp > this.#last && stamp <= networkNow + LEAD_SHARE * aheadMaxMs) this.#last = stamp;
  }

  /**
   * A stamp above all others known; whole.
   *
   * @param above the stamp of the version that it is to replace, if one is known. It is exceeded if others
   * accept such a stamp.
   */
  next({ networkNow, aheadMaxMs }: StampTime, above = 0): number {
    // After the network's time has gone back by much, following the old stamps would shut this node out.
    const isFarAhead = this.#last > networkNow + LEAD_SHARE * aheadMaxMs;
    const now = Math.floor(networkNow);
    this.#last = isFarAhead ? now : Math.max(now, this.#last + 1);
    return above < networkNow + aheadMaxMs ? Math.max(this.#last, above + 1) : this.#last;
  }
}

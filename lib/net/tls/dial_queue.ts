/**
 * Which connections are dialled now: so many at once, the others in the order in which they were wanted.
 *
 * @module
 */

import { DIALS_MAX, DIALS_WAITING_MAX } from "../limits.ts";
import type { PeerConnection } from "./peer_connection.ts";

/** The dials of one node. */
export class DialQueue {
  readonly #dial: (connection: PeerConnection) => Promise<void>;
  readonly #waiting: PeerConnection[] = [];
  #underWay = 0;

  /** @param dial dials a connection; settles when that has succeeded or failed, and never rejects. */
  constructor(dial: (connection: PeerConnection) => Promise<void>) {
    this.#dial = dial;
  }

  /** Dials a connection as soon as it may. One for which there is no place is closed. */
  add(connection: PeerConnection): void {
    if (this.#underWay < DIALS_MAX) void this.#start(connection);
    else if (this.#waiting.length < DIALS_WAITING_MAX) this.#waiting.push(connection);
    else queueMicrotask(() => connection.close("busy"));
  }

  async #start(connection: PeerConnection): Promise<void> {
    this.#underWay++;
    await this.#dial(connection);
    this.#underWay--;
    let next = this.#waiting.shift();
    while (next && (next.closed || next.idle)) {
      next.close("busy"); // nobody waits for it any more
      next = this.#waiting.shift();
    }
    if (next) void this.#start(next);
  }
}

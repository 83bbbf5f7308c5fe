/**
 * Gets answers out of a peer whose system holds them back.
 *
 * The runtime's TLS listener leaves Nagle's algorithm on: a second small write waits until the first has
 * been acknowledged, and the system here acknowledges late, after 40 ms, unless it has something to send.
 * So where one answer has come, another is waited for, and nothing is sent for a short time, a frame that
 * asks for nothing carries the acknowledgement.
 *
 * @module
 */

import { NUDGE_MS } from "../limits.ts";
import type { Clock } from "../../node/ports.ts";
import type { PeerConnection } from "./peer_connection.ts";

/** Nudges the peers of one node. */
export class Nudger {
  readonly #clock: Clock;
  /** Connections on which answers are waited for. */
  #waiting: PeerConnection[] = [];
  #stopTimer: () => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Notes that a connection has brought something and has more to bring. */
  readonly note = (connection: PeerConnection): void => {
    if (this.#waiting.length === 0) {
      this.#stopTimer = this.#clock.runAt(this.#clock.now() + NUDGE_MS, () => this.#nudge());
    }
    if (this.#waiting.at(-1) !== connection) this.#waiting.push(connection);
  };

  /** Nudges nobody any more. */
  close(): void {
    this.#stopTimer();
  }

  #nudge(): void {
    const waiting = new Set(this.#waiting);
    this.#waiting = [];
    const time = this.#clock.now() - NUDGE_MS;
    for (const connection of waiting) {
      if (connection.nudgeIfSilentSince(time)) this.note(connection);
    }
  }
}

/**
 * The connections that others have dialled: so many at most, and none without use for long.
 *
 * A connection that has to end is not simply closed, which would look to its dialler as if this node had
 * crashed: the dialler is asked to close it, and connects again when it has something to ask.
 *
 * @module
 */

import { DRAINING_MAX } from "../limits.ts";
import type { PeerConnection } from "./peer_connection.ts";
import { toEvict } from "./eviction.ts";

/** The inbound connections of one node. */
export class InboundPool {
  readonly #sizeMax: number;
  readonly #open = new Set<PeerConnection>();
  /** Connections whose diallers have been asked to close them, in the order in which they were. */
  readonly #draining = new Set<PeerConnection>();

  constructor(sizeMax: number) {
    this.#sizeMax = sizeMax;
  }

  /** Connections that are to stay open. */
  get size(): number {
    return this.#open.size;
  }

  /** Makes room for another connection: one has to go, see `eviction.ts`. */
  makeRoom(): void {
    if (this.#open.size < this.#sizeMax) return;
    const other = toEvict(this.#open);
    if (other) this.drain(other);
  }

  /** Keeps a connection until it has ended. */
  async keep(connection: PeerConnection, ended: Promise<void>): Promise<void> {
    this.#open.add(connection);
    await ended;
    this.#open.delete(connection);
    this.#draining.delete(connection);
  }

  /** Ends connections that were last used before a time. */
  endIdle(since: number): void {
    for (const connection of this.#open) if (connection.usedAt < since) this.drain(connection);
  }

  /** Closes all. */
  close(): void {
    for (const connection of [...this.#open, ...this.#draining]) connection.close("closed");
  }

  /** Those that are to stay open. */
  [Symbol.iterator](): Iterator<PeerConnection> {
    return this.#open.values();
  }

  /** Ends one. A dialler that does not care must not make the number of connections grow. */
  drain(connection: PeerConnection): void {
    this.#open.delete(connection);
    this.#draining.add(connection);
    connection.drain();
    if (this.#draining.size <= DRAINING_MAX) return;
    const [first] = this.#draining;
    first!.close("unreachable");
    this.#draining.delete(first!);
  }
}

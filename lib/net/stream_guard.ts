/**
 * What the connections of one node share: those that stand still are ended, and all together hold so many bytes at most
 * for others that do not read.
 *
 * A request counts from its arrival with the largest answer that it may get. When all is taken, a connection goes on
 * with its even share of it, so that those who read are served beside any number of those who do not.
 *
 * @module
 */

import type { Clock } from "../node/ports.ts";
import { HELD_BYTES_MAX, LINGERING_MAX, STALL_CHECK_MS } from "./limits.ts";

/** What is watched of a connection. */
export interface Watched {
  /** Called every {@linkcode STALL_CHECK_MS}: closes it if it has stood still for too long. */
  checkProgress(): void;
}

/** Watches the connections of one node, to peers and to clients. */
export class StreamGuard {
  readonly #watched = new Set<Watched>();
  readonly #clock: Clock;
  readonly #heldMax: number;
  #held = 0;
  #lingering = 0;
  #stopTimer: (() => void) | null = null;
  #closed = false;

  constructor(clock: Clock, heldMax = HELD_BYTES_MAX) {
    this.#clock = clock;
    this.#heldMax = heldMax;
  }

  /** Bytes that are held for others, by all connections together. */
  get heldBytes(): number {
    return this.#held;
  }

  /** Watches a connection until it is forgotten. */
  watch(connection: Watched): void {
    this.#watched.add(connection);
    if (!this.#stopTimer && !this.#closed) this.#scheduleCheck();
  }

  /** Watches a connection no more, which held so much. */
  forget(connection: Watched, heldBytes: number): void {
    if (!this.#watched.delete(connection)) return;
    this.#held -= heldBytes;
  }

  /**
   * Counts a connection that was closed until `released` settles: the runtime keeps some, and their descriptors, until
   * the other side goes.
   */
  linger(released: Promise<unknown>): void {
    this.#lingering++;
    void released.then(() => this.#lingering--);
  }

  /** Whether so many of these are left that no further connection may be taken. */
  get isClogged(): boolean {
    return this.#lingering >= LINGERING_MAX;
  }

  /** Counts bytes that a connection holds from now on; negative if it holds them no more. */
  count(bytes: number): void {
    this.#held += bytes;
  }

  /** Whether a connection that holds so much may take another request. */
  mayHold(heldBytes: number): boolean {
    return this.#held <= this.#heldMax || heldBytes <= this.#heldMax / this.#watched.size;
  }

  /** Watches nothing any more. */
  close(): void {
    this.#closed = true;
    this.#stopTimer?.();
  }

  #scheduleCheck(): void {
    this.#stopTimer = this.#clock.runAt(this.#clock.now() + STALL_CHECK_MS, () => {
      this.#stopTimer = null;
      for (const connection of [...this.#watched]) connection.checkProgress();
      if (this.#watched.size > 0 && !this.#closed) this.#scheduleCheck();
    });
  }
}

/**
 * Makes sure that a listener of `node:net` or `node:http` goes on accepting.
 *
 * Such a listener (Deno 2.8.3) accepts nothing any more once accepting has failed, as it does when the process is out
 * of file descriptors, and says nothing of it. So one that has had no connection for a while is connected to, and
 * listens anew if that does not arrive.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { type Address, formatAddress } from "../core/kademlia/address.ts";
import type { Log } from "../node/ports.ts";
import { LISTENER_CHECK_LIMIT_MS, LISTENER_CHECK_MS } from "./limits.ts";

/** What is checked, and how. */
export interface ListenerCheckOptions {
  /** Where it listens. */
  readonly address: Address;
  /** Closes the listener and opens it again, at the same address. */
  readonly listenAnew: () => void;
  readonly log: Log;
  /** How often it is checked; {@linkcode LISTENER_CHECK_MS} by default. */
  readonly everyMs?: number;
}

/** Checks one listener until closed. */
export class ListenerCheck {
  readonly #options: ListenerCheckOptions;
  readonly #timer: ReturnType<typeof setInterval>;
  #accepted = 0;
  #acceptedBefore = 0;
  #isChecking = false;
  readonly #closing = new AbortController();

  constructor(options: ListenerCheckOptions) {
    this.#options = options;
    const { everyMs = LISTENER_CHECK_MS } = options;
    this.#timer = setInterval(() => void this.#check(), everyMs);
  }

  /** Notes that a connection was accepted. */
  readonly note = (): void => void this.#accepted++;

  /** Checks no more. */
  close(): void {
    this.#closing.abort();
    clearInterval(this.#timer);
  }

  async #check(): Promise<void> {
    const before = this.#accepted;
    const isQuiet = before === this.#acceptedBefore;
    this.#acceptedBefore = before;
    // A runtime that shows no connections shows those of a check neither.
    if (!isQuiet || this.#isChecking || before === 0) return;
    this.#isChecking = true;
    const { address, listenAnew, log } = this.#options;
    // Without a descriptor to connect with, nothing could be accepted either.
    const conn = await Deno.connect(address).catch(() => null);
    if (conn) {
      const { signal } = this.#closing;
      await delay(LISTENER_CHECK_LIMIT_MS, { signal }).catch(() => {});
      conn.close();
      if (this.#accepted === before && !signal.aborted) {
        log("warn", `Nothing was accepted on ${formatAddress(address)} any more: listening anew`);
        listenAnew();
      }
    }
    this.#isChecking = false;
  }
}

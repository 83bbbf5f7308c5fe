/**
 * The write quorum of a value whose STOREs leave while the nodes closest to its key are still being looked for.
 *
 * @module
 */

import type { Contact } from "../../core/kademlia/contact.ts";

/** Counts acknowledgements until the lookup has ended. */
export class EarlyQuorum {
  readonly #count: number;
  readonly #onReached: (holders: readonly Contact[]) => void;
  readonly #holders: Contact[] = [];
  #hasEnded = false;

  /** @param onReached called once, when so many have acknowledged the value. */
  constructor(count: number, onReached: (holders: readonly Contact[]) => void) {
    this.#count = count;
    this.#onReached = onReached;
  }

  /** Notes that a node holds the value. */
  note(holder: Contact): void {
    if (this.#hasEnded || this.#holders.push(holder) < this.#count) return;
    this.#hasEnded = true;
    this.#onReached([...this.#holders]);
  }

  /** Counts no more; says whether enough have been counted. */
  end(): boolean {
    this.#hasEnded = true;
    return this.#holders.length >= this.#count;
  }
}

/**
 * Cuts through a simulated network.
 *
 * @module
 */

import type { Contact } from "../../core/kademlia/contact.ts";

/** Whether nothing passes from one node to another. */
export type Cut = (from: Contact, to: Contact) => boolean;

/** All cuts through one network. */
export class Cuts {
  readonly #rules = new Set<Cut>();
  #groupOf: ((contact: Contact) => number) | null = null;

  /** Lets nothing pass from one node to another where a rule says so; what it returns undoes it. */
  add(rule: Cut): () => void {
    this.#rules.add(rule);
    return () => void this.#rules.delete(rule);
  }

  /** Parts the network into groups that cannot reach each other; null heals it. */
  partition(groupOf: ((contact: Contact) => number) | null): void {
    this.#groupOf = groupOf;
  }

  /** Whether nothing passes from one node to another. */
  isCut(from: Contact, to: Contact): boolean {
    if (this.#groupOf !== null && this.#groupOf(from) !== this.#groupOf(to)) return true;
    for (const rule of this.#rules) if (rule(from, to)) return true;
    return false;
  }
}

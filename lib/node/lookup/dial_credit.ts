/**
 * What contacts may have this node dial that nobody has proven: those that name dead or wrong addresses are followed
 * no more for a while, whoever they send it to.
 *
 * @module
 */

import { forgetOldest } from "../../core/forget_oldest.ts";
import type { Contact } from "../../core/kademlia/contact.ts";
import type { Diversity } from "../../core/kademlia/diversity.ts";
import { DIAL_CREDIT_MAX, DIAL_CREDIT_RETURN_MS, DIAL_CREDIT_SOURCES_MAX } from "../limits.ts";

/** Dials that a source may still cause to fail, as of a time. */
interface Credit {
  left: number;
  countedAt: number;
}

/** The credit of those that name contacts, by network where networks count, else by address. */
export class DialCredit {
  readonly #diversity: Diversity;
  /** Those that do not have all of it, the one noted first first. */
  readonly #credits = new Map<string, Credit>();

  constructor(diversity: Diversity) {
    this.#diversity = diversity;
  }

  /** Whether contacts that a source has named may be dialled. */
  mayFollow(source: Contact, now: number): boolean {
    const credit = this.#credits.get(this.#diversity.sourceOf(source));
    return !credit || this.#leftOf(credit, now) >= 1;
  }

  /** Notes whether a contact that was not proven has answered: it costs its source, or makes up for it. */
  note(source: Contact, { answered, now }: { answered: boolean; now: number }): void {
    const name = this.#diversity.sourceOf(source);
    const credit = this.#credits.get(name);
    const before = credit ? this.#leftOf(credit, now) : DIAL_CREDIT_MAX;
    const left = Math.max(0, before + (answered ? 1 : -1));
    this.#credits.delete(name);
    if (left >= DIAL_CREDIT_MAX) return;
    this.#credits.set(name, { left, countedAt: now });
    forgetOldest(this.#credits, DIAL_CREDIT_SOURCES_MAX);
  }

  #leftOf({ left, countedAt }: Credit, now: number): number {
    return left + (now - countedAt) / DIAL_CREDIT_RETURN_MS;
  }
}

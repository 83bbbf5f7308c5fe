/**
 * How much others may have this node republish: one value that is stored at the wrong place goes to as many nodes as it
 * wants replicas.
 *
 * @module
 */

import { forgetOldest } from "../../core/forget_oldest.ts";
import type { Contact } from "../../core/kademlia/contact.ts";
import type { Diversity } from "../../core/kademlia/diversity.ts";
import {
  REPUBLISHED_BY_PEER,
  REPUBLISHED_BY_STRANGERS,
  REPUBLISHED_COST_MIN_BYTES,
  REPUBLISHED_SOURCES_MAX,
} from "../limits.ts";

/** What a source may still cause, in bytes, as of a time. */
interface Allowance {
  left: number;
  countedAt: number;
}

/** The budgets of those that have introduced themselves, by network where networks count, and one of all strangers. */
export class RepublicationBudget {
  readonly #diversity: Diversity;
  readonly #allowances = new Map<string, Allowance>();

  constructor(diversity: Diversity) {
    this.#diversity = diversity;
  }

  /** Takes what republishing a value of so many bytes costs, and tells whether there was enough. */
  take(bytes: number, source: Contact | null, now: number): boolean {
    const name = source ? this.#diversity.sourceOf(source) : "strangers";
    const { burstBytes, bytesPerSecond } = source ? REPUBLISHED_BY_PEER : REPUBLISHED_BY_STRANGERS;
    const allowance = this.#allowances.get(name);
    const earned = allowance
      ? allowance.left + (now - allowance.countedAt) / 1_000 * bytesPerSecond
      : Infinity;
    const left = Math.min(burstBytes, earned) -
      Math.max(bytes, REPUBLISHED_COST_MIN_BYTES);
    if (left < 0) return false;
    this.#allowances.delete(name);
    this.#allowances.set(name, { left, countedAt: now });
    forgetOldest(this.#allowances, REPUBLISHED_SOURCES_MAX);
    return true;
  }
}

/**
 * One iterative lookup as a state machine: it says whom to ask and is told what came of it.
 *
 * It keeps the contacts seen, sorted by distance to the target, and asks the closest that have not been
 * asked, a few at a time, until the closest `amount` that still answer have all answered. A contact that
 * is slow gives its slot to the next and is not waited for, though its answer still counts when it comes.
 * Two departures from the paper: no rounds (a free slot is used at once), and a lookup for a value that
 * has found none does wait for slow contacts until they fail, because "not found" is a claim about them too.
 *
 * @module
 */

import { type Contact, sameContact } from "./contact.ts";
import {
  LOOKUP_CANDIDATES_MAX,
  LOOKUP_RECORDS_PER_ADDRESS_MAX,
  LOOKUP_REQUESTS_MAX,
} from "./limits.ts";
import { compareDistance, equalIds, type NodeId } from "./node_id.ts";

/** Where a contact stands in a lookup. */
export type CandidateState = "new" | "asked" | "slow" | "answered" | "failed";

/** A contact that a lookup has seen. */
export interface Candidate {
  readonly contact: Contact;
  state: CandidateState;
  /** Requests in a row that led here: 1 for a contact of the own table. */
  readonly hops: number;
  /** Time from which it counts as slow. */
  slowAt: number;
  /** Whose answer named it first; null for a contact to start with. */
  readonly source: Candidate | null;
}

/** What a lookup is for and how wide it goes. */
export interface LookupOptions {
  readonly target: NodeId;
  /** The asking node's id: never asked. */
  readonly ownId: NodeId;
  /** Number of closest contacts whose answers end the lookup (k). */
  readonly amount: number;
  /** Requests in flight (alpha). */
  readonly parallelism: number;
  /** Whether it ends at the first value. */
  readonly forValue: boolean;
}

/** One search for the nodes closest to an id, or for a value. */
export class Lookup {
  readonly options: LookupOptions;
  /** Sorted by distance to the target, closest first. */
  readonly #candidates: Candidate[] = [];
  #asked = 0;
  #ended = false;

  constructor(options: LookupOptions, seeds: readonly Contact[]) {
    this.options = options;
    for (const contact of seeds) this.#add(contact, 1, null);
  }

  /** Requests sent so far. */
  get requests(): number {
    return this.#asked;
  }

  /** The contacts seen, closest first. */
  get candidates(): readonly Candidate[] {
    return this.#candidates;
  }

  /** Whether there is nothing left to wait for. */
  get done(): boolean {
    return this.#ended || this.#settled();
  }

  /**
   * The contacts to ask now; they count as asked from here on.
   *
   * @param slowAfterMs how long an answer of this contact may take before it counts as slow.
   */
  next(now: number, slowAfterMs: (contact: Contact) => number): Contact[] {
    const ask: Contact[] = [];
    if (this.#ended) return ask;
    this.#markSlow(now);
    let free = this.options.parallelism - this.#inFlight();
    let within = 0;
    for (const candidate of this.#candidates) {
      if (free <= 0 || within >= this.options.amount || this.#asked >= LOOKUP_REQUESTS_MAX) break;
      if (candidate.state === "failed" || candidate.state === "slow") continue;
      within++;
      if (candidate.state !== "new") continue;
      candidate.state = "asked";
      candidate.slowAt = now + slowAfterMs(candidate.contact);
      ask.push(candidate.contact);
      this.#asked++;
      free--;
    }
    return ask;
  }

  /** When to call `next` again though nothing has been heard: the next request becomes slow then. */
  get wakeAt(): number {
    let earliest = Infinity;
    for (const { state, slowAt } of this.#candidates) {
      if (state === "asked" && slowAt < earliest) earliest = slowAt;
    }
    return earliest;
  }

  /**
   * A contact answered, with contacts that it knows; more than were asked for are ignored, and so is all
   * but the first record of one address: a liar has one lie for each, and hides nobody behind many.
   */
  onAnswer(contact: Contact, contacts: readonly Contact[]): void {
    const candidate = this.#find(contact);
    if (!candidate || candidate.state === "answered") return;
    candidate.state = "answered";
    const count = Math.min(contacts.length, this.options.amount);
    for (let i = 0; i < count; i++) this.#add(contacts[i]!, candidate.hops + 1, candidate);
  }

  /** A contact did not answer, or nonsense. */
  onFailure(contact: Contact): void {
    const candidate = this.#find(contact);
    if (candidate && candidate.state !== "answered") candidate.state = "failed";
  }

  /** A contact answered with the value; returns how many hops away it is. The lookup is over. */
  onValue(contact: Contact): number {
    const candidate = this.#find(contact);
    if (candidate) candidate.state = "answered";
    this.#ended = true;
    return candidate?.hops ?? 0;
  }

  /** The closest contacts that answered, closest first. */
  closest(): Contact[] {
    const found: Contact[] = [];
    for (const { state, contact } of this.#candidates) {
      if (state !== "answered") continue;
      found.push(contact);
      if (found.length === this.options.amount) break;
    }
    return found;
  }

  #inFlight(): number {
    let count = 0;
    for (const { state } of this.#candidates) if (state === "asked") count++;
    return count;
  }

  #markSlow(now: number): void {
    for (const candidate of this.#candidates) {
      if (candidate.state === "asked" && candidate.slowAt <= now) candidate.state = "slow";
    }
  }

  /** Whether the closest `amount` that are not written off have all answered. */
  #settled(): boolean {
    const exhausted = this.#asked >= LOOKUP_REQUESTS_MAX;
    let answered = 0;
    let slow = 0;
    for (const { state } of this.#candidates) {
      if (state === "asked" || (state === "new" && !exhausted)) return false;
      if (state === "slow") slow++;
      if (state === "answered" && ++answered >= this.options.amount) break;
    }
    return slow === 0 || (answered > 0 && !this.options.forValue);
  }

  #find(contact: Contact): Candidate | null {
    for (let i = this.#position(contact.id); i < this.#candidates.length; i++) {
      const candidate = this.#candidates[i]!;
      if (!equalIds(candidate.contact.id, contact.id)) return null;
      if (sameContact(candidate.contact, contact)) return candidate;
    }
    return null;
  }

  /**
   * Adds a contact unless it is known. Several records of one address under different certificates are all
   * tried: at most one of them is true, and which one only dialling tells.
   */
  #add(contact: Contact, hops: number, source: Candidate | null): void {
    if (equalIds(contact.id, this.options.ownId)) return;
    const position = this.#position(contact.id);
    let at = position;
    while (at < this.#candidates.length && equalIds(this.#candidates[at]!.contact.id, contact.id)) {
      const known = this.#candidates[at++]!;
      if (sameContact(known.contact, contact) || (source && known.source === source)) return;
    }
    if (at - position >= LOOKUP_RECORDS_PER_ADDRESS_MAX) return;
    this.#candidates.splice(at, 0, { contact, state: "new", hops, slowAt: 0, source });
    if (this.#candidates.length > LOOKUP_CANDIDATES_MAX) this.#dropFarthest();
  }

  #dropFarthest(): void {
    for (let i = this.#candidates.length - 1; i >= 0; i--) {
      const { state } = this.#candidates[i]!;
      if (state !== "new" && state !== "failed") continue;
      this.#candidates.splice(i, 1);
      return;
    }
  }

  /** Index of the first candidate that is not closer than `id`. */
  #position(id: NodeId): number {
    let low = 0;
    let high = this.#candidates.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareDistance(this.options.target, this.#candidates[middle]!.contact.id, id) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}

/**
 * One iterative lookup as a state machine: it says whom to ask and is told what came of it.
 *
 * It keeps the contacts seen, sorted by distance to the target, and asks the closest that have not been
 * asked, a few at a time, until the closest `amount` that still answer have all answered. A contact that
 * is slow gives its slot to the next and is not waited for, though its answer still counts when it comes.
 * Three departures from the paper. There are no rounds: a free slot is used at once. A lookup for a value
 * that has found none does wait for slow contacts until they fail, because "not found" is a claim about
 * them too. And it follows several paths (S/Kademlia): each contact to start with opens one, what it names
 * belongs to it, and the closest few of every path must answer too. So those who know nobody but each
 * other, however close they are to the target, do not crowd out what the rest would have led to.
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
  /** Number of the path that it belongs to. */
  readonly path: number;
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
  /** Paths that are followed to their end, 1 by default. */
  readonly paths?: number;
}

/** One search for the nodes closest to an id, or for a value. */
export class Lookup {
  readonly options: LookupOptions;
  /** Sorted by distance to the target, closest first. */
  readonly #candidates: Candidate[] = [];
  /** Per path, how many of its candidates were come across; scratch space. */
  readonly #pathCounts: Uint16Array;
  /** How many of each path must answer. */
  readonly #pathWidth: number;
  #asked = 0;
  #ended = false;

  constructor(options: LookupOptions, seeds: readonly Contact[]) {
    const { paths = 1, amount } = options;
    this.options = options;
    this.#pathCounts = new Uint16Array(paths);
    this.#pathWidth = Math.ceil(amount / paths);
    seeds.forEach((contact, i) => this.#add(contact, 1, null, i % paths));
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
    this.#visitWanted((candidate) => {
      if (free <= 0 || this.#asked >= LOOKUP_REQUESTS_MAX) return false;
      if (candidate.state !== "new") return true;
      candidate.state = "asked";
      candidate.slowAt = now + slowAfterMs(candidate.contact);
      ask.push(candidate.contact);
      this.#asked++;
      free--;
      return true;
    });
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
    for (let i = 0; i < count; i++) {
      this.#add(contacts[i]!, candidate.hops + 1, candidate, candidate.path);
    }
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

  /** Whether all that must answer, and are not written off, have. */
  #settled(): boolean {
    const exhausted = this.#asked >= LOOKUP_REQUESTS_MAX;
    let answered = 0;
    let settled = true;
    const slow = this.#visitWanted(({ state }) => {
      if (state === "answered") answered++;
      else settled = state === "new" && exhausted;
      return settled;
    });
    return settled && (slow === 0 || (answered > 0 && !this.options.forValue));
  }

  /**
   * Goes through those who must answer, closest first: the closest `amount` and the closest few of each
   * path, the failed and the slow not counted, until `visit` says to stop.
   *
   * @returns how many slow ones stand among the closest `amount`.
   */
  #visitWanted(visit: (candidate: Candidate) => boolean): number {
    const counts = this.#pathCounts.fill(0);
    let visited = 0;
    let openPaths = counts.length;
    let slow = 0;
    for (const candidate of this.#candidates) {
      const { state, path } = candidate;
      const near = visited < this.options.amount;
      if (!near && openPaths === 0) break;
      if (near && state === "slow") slow++;
      if (state === "slow" || state === "failed") continue;
      const count = ++counts[path]!;
      if (count === this.#pathWidth) openPaths--;
      if (!near && count > this.#pathWidth) continue;
      visited++;
      if (!visit(candidate)) break;
    }
    return slow;
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
  #add(contact: Contact, hops: number, source: Candidate | null, path: number): void {
    if (equalIds(contact.id, this.options.ownId)) return;
    const position = this.#position(contact.id);
    let at = position;
    while (at < this.#candidates.length && equalIds(this.#candidates[at]!.contact.id, contact.id)) {
      const known = this.#candidates[at++]!;
      if (sameContact(known.contact, contact) || (source && known.source === source)) return;
    }
    if (at - position >= LOOKUP_RECORDS_PER_ADDRESS_MAX) return;
    this.#candidates.splice(at, 0, { contact, state: "new", hops, slowAt: 0, source, path });
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

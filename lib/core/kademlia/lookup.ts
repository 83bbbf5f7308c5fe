/**
 * One iterative lookup as a state machine: it says whom to ask and is told what came of it.
 *
 * It keeps the contacts seen, sorted by distance to the target, and asks the closest that have not been
 * asked, a few at a time, until the closest `amount` that still answer have all answered. A contact that
 * is slow gives its slot to the next and is not waited for, though its answer still counts when it comes.
 * Five departures from the paper. There are no rounds: a free slot is used at once. When a few answers in
 * a row have named nobody closer, the neighbourhood is known, and all of it that must answer is asked at
 * once. A contact that has to be connected to first keeps no slot from one that is connected already, and
 * of a few that are about as close the connected ones come first. A lookup for a value that has found none
 * does wait for slow contacts until they fail, because "not found" is a claim about them too. And it
 * follows several paths (S/Kademlia): each contact to start with opens one, what it names belongs to it,
 * and the closest few of every path must answer too. So those who know nobody but each other, however
 * close they are to the target, do not crowd out what the rest would have led to.
 *
 * @module
 */

import { type Contact, sameContact } from "./contact.ts";
import {
  LOOKUP_CANDIDATES_MAX,
  LOOKUP_RECORDS_PER_ADDRESS_MAX,
  LOOKUP_REQUESTS_MAX,
} from "../limits.ts";
import { compareDistance, equalIds, headDistance, headOf, type NodeId } from "./node_id.ts";

/** Where a contact stands in a lookup. */
export type CandidateState = "new" | "asked" | "slow" | "answered" | "failed";

/** A contact that a lookup has seen. */
export interface Candidate {
  readonly contact: Contact;
  /** The first 32 bits of its distance to the target. */
  readonly headDistance: number;
  state: CandidateState;
  /** Requests in a row that led here: 1 for a contact of the own table. */
  readonly hops: number;
  /** Time from which it counts as slow. */
  slowAt: number;
  /** Whether it was connected when it was asked. */
  warm: boolean;
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
  /** Requests in flight (alpha) until the neighbourhood is known. */
  readonly parallelism: number;
  /** Whether it ends at the first value. */
  readonly forValue: boolean;
  /** Paths that are followed to their end, 1 by default. */
  readonly paths?: number;
}

/** What a lookup has to know of those whom it may ask. */
export interface Askable {
  /** How long an answer may take before the contact counts as slow, in milliseconds. */
  slowAfterMs(contact: Contact): number;
  /** The same for a value, which any of several may have: a little patience, then another is asked too. */
  hedgeAfterMs(contact: Contact): number;
  /** Whether it is connected, so that a request costs one round trip and no more. */
  isConnected(contact: Contact): boolean;
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
  readonly #targetHead: number;
  /** Those asked who have neither answered nor failed nor become slow. */
  #inFlight: Candidate[] = [];
  /** Answers in a row that named nobody new among the closest `amount`. */
  #withoutProgress = 0;
  #asked = 0;
  #ended = false;

  constructor(options: LookupOptions, seeds: readonly Contact[]) {
    const { paths = 1, amount } = options;
    this.options = options;
    this.#pathCounts = new Uint16Array(paths);
    this.#pathWidth = Math.ceil(amount / paths);
    this.#targetHead = headOf(options.target);
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

  /** Requests that may be in flight now, those that have to connect first aside. */
  get width(): number {
    const { parallelism, amount } = this.options;
    return this.#withoutProgress < parallelism ? parallelism : Math.max(parallelism, amount);
  }

  /** The contacts to ask now; they count as asked from here on. */
  next(now: number, peers: Askable): Contact[] {
    if (this.#ended) return [];
    this.#markSlow(now);
    const { width } = this;
    const warmInFlight = this.#inFlight.filter(({ warm }) => warm).length;
    let warmPlaces = Math.min(width - warmInFlight, 2 * width - this.#inFlight.length);
    const near = warmPlaces > 0 ? this.#nextWanted(2 * width) : [];
    const ask: Contact[] = [];
    const start = (candidate: Candidate) => {
      this.#start(candidate, now, peers);
      ask.push(candidate.contact);
    };
    for (const candidate of near) {
      candidate.warm = peers.isConnected(candidate.contact);
      if (!candidate.warm || warmPlaces-- <= 0) continue;
      start(candidate);
    }
    for (const candidate of near) {
      if (candidate.warm || this.#inFlight.length >= width) continue;
      start(candidate);
    }
    return ask;
  }

  /** When to call `next` again though nothing has been heard: the next request becomes slow then. */
  get wakeAt(): number {
    let earliest = Infinity;
    for (const { slowAt } of this.#inFlight) if (slowAt < earliest) earliest = slowAt;
    return earliest;
  }

  /**
   * A contact answered, with contacts that it knows; more than were asked for are ignored, and so is all
   * but the first record of one address: a liar has one lie for each, and hides nobody behind many.
   */
  onAnswer(contact: Contact, contacts: readonly Contact[]): void {
    const candidate = this.#find(contact);
    if (!candidate || candidate.state === "answered") return;
    this.#settle(candidate, "answered");
    const { amount } = this.options;
    const count = Math.min(contacts.length, amount);
    let progress = false;
    for (let i = 0; i < count; i++) {
      const place = this.#add(contacts[i]!, candidate.hops + 1, candidate, candidate.path);
      if (place >= 0 && place < amount) progress = true;
    }
    this.#withoutProgress = progress ? 0 : this.#withoutProgress + 1;
  }

  /** A contact did not answer, or nonsense. */
  onFailure(contact: Contact): void {
    const candidate = this.#find(contact);
    if (candidate && candidate.state !== "answered") this.#settle(candidate, "failed");
  }

  /** A contact answered with the value; returns how many hops away it is. The lookup is over. */
  onValue(contact: Contact): number {
    const candidate = this.#find(contact);
    if (candidate) this.#settle(candidate, "answered");
    this.#ended = true;
    return candidate?.hops ?? 0;
  }

  /** The closest contacts that answered, closest first; `amount` of them if not told otherwise. */
  closest(count = this.options.amount): Contact[] {
    const found: Contact[] = [];
    for (const { state, contact } of this.#candidates) {
      if (state !== "answered") continue;
      found.push(contact);
      if (found.length === count) break;
    }
    return found;
  }

  /** The contacts that were asked and were too slow to be waited for, closest first. */
  slow(): Contact[] {
    return this.#candidates.filter(({ state }) => state === "slow").map(({ contact }) => contact);
  }

  /** The closest of those who must answer and have not been asked, as far as requests may still be sent. */
  #nextWanted(count: number): Candidate[] {
    const found: Candidate[] = [];
    const countMax = Math.min(count, LOOKUP_REQUESTS_MAX - this.#asked);
    if (countMax <= 0) return found;
    this.#visitWanted((candidate) => {
      if (candidate.state === "new") found.push(candidate);
      return found.length < countMax;
    });
    return found;
  }

  #start(candidate: Candidate, now: number, peers: Askable): void {
    candidate.state = "asked";
    const { contact } = candidate;
    const { forValue } = this.options;
    candidate.slowAt = now + (forValue ? peers.hedgeAfterMs(contact) : peers.slowAfterMs(contact));
    this.#inFlight.push(candidate);
    this.#asked++;
  }

  #settle(candidate: Candidate, state: CandidateState): void {
    candidate.state = state;
    const at = this.#inFlight.indexOf(candidate);
    if (at >= 0) this.#inFlight.splice(at, 1);
  }

  #markSlow(now: number): void {
    let late = false;
    for (const candidate of this.#inFlight) {
      if (candidate.slowAt > now) continue;
      candidate.state = "slow";
      late = true;
    }
    if (late) this.#inFlight = this.#inFlight.filter(({ state }) => state === "asked");
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
    for (let i = this.#position(contact); i < this.#candidates.length; i++) {
      const candidate = this.#candidates[i]!;
      if (candidate.contact === contact) return candidate;
      if (!equalIds(candidate.contact.id, contact.id)) return null;
      if (sameContact(candidate.contact, contact)) return candidate;
    }
    return null;
  }

  /**
   * Adds a contact and returns its place, or -1 if it is known. Several records of one address under
   * different certificates are all tried: at most one of them is true, and which one only dialling tells.
   */
  #add(contact: Contact, hops: number, source: Candidate | null, path: number): number {
    const candidates = this.#candidates;
    const position = this.#position(contact);
    let at = position;
    for (let known = candidates[at]; known; known = candidates[++at]) {
      if (known.contact === contact) return -1;
      if (!equalIds(known.contact.id, contact.id)) break;
      if (sameContact(known.contact, contact) || (source && known.source === source)) return -1;
    }
    if (at - position >= LOOKUP_RECORDS_PER_ADDRESS_MAX) return -1;
    if (equalIds(contact.id, this.options.ownId)) return -1;
    candidates.splice(at, 0, {
      contact,
      headDistance: headDistance(contact.head, this.#targetHead),
      state: "new",
      hops,
      slowAt: 0,
      warm: false,
      source,
      path,
    });
    if (candidates.length > LOOKUP_CANDIDATES_MAX) this.#dropFarthest();
    return at;
  }

  #dropFarthest(): void {
    for (let i = this.#candidates.length - 1; i >= 0; i--) {
      const { state } = this.#candidates[i]!;
      if (state !== "new" && state !== "failed") continue;
      this.#candidates.splice(i, 1);
      return;
    }
  }

  /** Index of the first candidate that is not closer than a contact. */
  #position({ id, head }: Contact): number {
    const { target } = this.options;
    const wanted = headDistance(head, this.#targetHead);
    let low = 0;
    let high = this.#candidates.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const candidate = this.#candidates[middle]!;
      const difference = candidate.headDistance - wanted ||
        compareDistance(target, candidate.contact.id, id);
      if (difference < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

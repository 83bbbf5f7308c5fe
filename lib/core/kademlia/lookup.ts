/**
 * One iterative lookup as a state machine: {@linkcode Lookup.next} says what to do, and the callbacks
 * (`onAnswer`, `onFailure`, `onValue`) take what came of it. It does no I/O.
 *
 * It keeps the contacts seen, sorted by distance to the target, and asks the closest that have not been
 * asked, a few at a time, until the closest `count` that still answer have all answered. A contact that is
 * slow frees its request for the next and is not waited for, though its answer still counts when it comes.
 *
 * It departs from the paper in six ways:
 *
 * 1. There are no rounds: a free request is used at once.
 * 2. When a few answers in a row have named no closer contact, the neighbourhood is known, and all of it
 *    that must answer is asked at once.
 * 3. A contact that has to be connected to first takes no request from one that is connected already, and
 *    of a few that are about as close the connected ones come first.
 * 4. A lookup for a value that has found none waits for slow contacts until they fail, because "not found"
 *    is a claim about them too.
 * 5. It has several paths (S/Kademlia): each contact to start with opens one, and the contacts that it names
 *    belong to it. Where something is wrong with what it has found, the closest few of every path must answer too. So
 *    nodes that name only each other, however close they are to the target, do not crowd out what the other paths
 *    lead to. Each path has a share of the requests.
 * 6. If it is told how densely nodes stand, it knows when it has come among the closest: then it asks all of these at
 *    once. And what it has found is right if that many are to be expected there, and no path alone has led to most of
 *    them; if not, or if nothing is known of the density, it follows all paths to their end.
 *
 * Whoever is asked may name any address. So only few contacts of one network are asked, and a few on each path whose
 * address nobody has proven; and the owner says of each whether its source is to be followed.
 *
 * @module
 */

import { LOOKUP_REQUESTS_MAX, LOOKUP_REQUESTS_PER_PATH_MAX } from "../limits.ts";
import { type Candidate, Candidates, type CandidateState } from "./candidates.ts";
import type { Contact } from "./contact.ts";
import type { UsualDensity } from "./density.ts";
import { Diversity, NetworkTally } from "./diversity.ts";
import { compareDistance, type NodeId } from "./node_id.ts";
import { WantedCandidates } from "./wanted_candidates.ts";

export type { Candidate, CandidateState } from "./candidates.ts";

/** What a lookup is for and how wide it goes. */
export interface LookupOptions {
  readonly target: NodeId;
  /** The asking node's id: never asked. */
  readonly ownId: NodeId;
  /** Number of closest contacts whose answers end the lookup (k). */
  readonly count: number;
  /** Requests in flight (alpha) until the neighbourhood is known. */
  readonly parallelism: number;
  /** Whether it ends at the first value. */
  readonly forValue: boolean;
  /** Paths that are followed to their end, 1 by default. */
  readonly paths?: number;
  /** How many contacts of one network are asked; any number by default. */
  readonly diversity?: Diversity;
  /** How densely nodes stand anywhere, if that is known. */
  readonly usualDensity?: UsualDensity | null;
}

/** The closest contacts seen are all there are, or nearly, if no more than so many times their number are expected. */
const KNOWN_FACTOR = 1.5;
/** The closest that have answered do not stand there by chance if more, or fewer, are expected. */
const SPARSE_FACTOR = 1.5;
const CROWDED_FACTOR = 0.35;
/** How much faster than the closest another must be to be asked beside it, in milliseconds: it costs a request. */
const FASTER_BY_MS = 25;
/** Of those closest so many that are expected up to a contact: it is one of them, as a rule. */
const LIKELY_SHARE = 0.6;

/** What a lookup has to know of the contacts that it may ask. */
export interface Askable {
  /**
   * How long an answer may take before the contact counts as slow, in milliseconds, if it was connected or not when it
   * was asked. It may be longer once more is known of the contact.
   */
  slowAfterMs(contact: Contact, isWarm: boolean): number;
  /** The same for a value, which any of several may have: a little patience, then another is asked too. */
  hedgeAfterMs(contact: Contact, isWarm: boolean): number;
  /** Whether it is connected, so that a request costs one round trip and no more. */
  isConnected(contact: Contact): boolean;
  /** What a round trip to it takes in milliseconds, if it is known. */
  roundTripMs(contact: Contact): number | null;
  /** Whether it has ever answered at its address. */
  isProven(contact: Contact): boolean;
  /** Whether it could not be connected to a short time ago, so that it is not worth another try. */
  isAbsent(contact: Contact): boolean;
  /** Whether one that is not proven may be dialled because another contact has named it. */
  mayFollow(source: Contact): boolean;
}

/**
 * What to do next: ask contacts, wait for what was asked, or nothing, since the lookup is at its end.
 * `wakeAt` is when to call {@linkcode Lookup.next} again if nothing has been heard until then; it may be
 * infinite.
 */
export type LookupStep =
  | { readonly type: "ask"; readonly contacts: readonly Contact[]; readonly wakeAt: number }
  | { readonly type: "wait"; readonly wakeAt: number }
  | { readonly type: "done" };

const DONE: LookupStep = { type: "done" };

/** One search for the nodes closest to an id, or for a value. */
export class Lookup {
  readonly options: LookupOptions;
  readonly #candidates: Candidates;
  readonly #wanted: WantedCandidates;
  /** Candidates that were asked and have neither answered nor failed nor become slow. */
  #inFlight: Candidate[] = [];
  /** Answers in a row that named no new contact among the closest `count`. */
  #withoutProgress = 0;
  #asked = 0;
  #answered = 0;
  readonly #askedByPath: Uint16Array;
  /** Of each path the networks of contacts that were asked and are not proven. */
  readonly #unproven: NetworkTally[];
  #hasValue = false;
  #hasAskedFastest = false;
  /** Whether all paths are followed to their end. */
  #isWide: boolean;

  /** @param seeds contacts to start with; each belongs to the next path in turn. */
  constructor(options: LookupOptions, seeds: readonly Contact[]) {
    const { target, ownId, count, paths = 1, diversity = Diversity.OFF, usualDensity } = options;
    this.options = options;
    this.#isWide = !usualDensity;
    this.#candidates = new Candidates({ target, ownId, paths, diversity });
    this.#wanted = new WantedCandidates({ count, paths, diversity });
    this.#askedByPath = new Uint16Array(paths);
    this.#unproven = Array.from({ length: paths }, () => new NetworkTally(diversity));
    seeds.forEach((contact, i) => {
      this.#candidates.add(contact, { hops: 1, source: null, path: i % paths });
    });
  }

  /** Requests sent so far. */
  get requests(): number {
    return this.#asked;
  }

  /** The contacts seen, closest first. */
  get candidates(): readonly Candidate[] {
    return this.#candidates.sorted;
  }

  /** Requests that may be in flight now, those that have to connect first aside. */
  get width(): number {
    const { parallelism, count, forValue } = this.options;
    const isNear = this.#withoutProgress >= parallelism || (!forValue && this.#knowsNear());
    return isNear ? Math.max(parallelism, count) : parallelism;
  }

  /**
   * What to do now. Contacts that it says to ask count as asked from here on, so act on the result.
   * Call it at the beginning, after each callback, and at the time that the last result named.
   */
  next(now: number, peers: Askable): LookupStep {
    if (this.#hasValue) return DONE;
    this.#markSlow(now, peers);
    if (!this.#isWide && 2 * this.#answered >= this.options.count && this.#knowsNear()) {
      this.#isWide = this.#hangsOnOnePath(this.#near());
    }
    const contacts = this.#startNext(now, peers);
    if (contacts.length > 0) return { type: "ask", contacts, wakeAt: this.#wakeAt() };
    if (!this.#isSettled(peers)) return { type: "wait", wakeAt: this.#wakeAt() };
    if (this.#isWide || !this.#isDoubtful()) return DONE;
    this.#isWide = true;
    return this.next(now, peers);
  }

  /**
   * Takes the answer of a contact that was asked, with the contacts that it knows: they become candidates,
   * unless they are known. More contacts than were asked for are ignored. A late answer, after the contact
   * was slow or has failed, counts as well. No effect if the contact is no candidate or has answered before.
   */
  onAnswer(contact: Contact, contacts: readonly Contact[]): void {
    const candidate = this.#candidates.find(contact);
    if (!candidate || candidate.state === "answered") return;
    this.#settle(candidate, "answered");
    this.#answered++;
    const { count } = this.options;
    const origin = { hops: candidate.hops + 1, source: candidate, path: candidate.path };
    const taken = Math.min(contacts.length, count);
    let isProgress = false;
    for (let i = 0; i < taken; i++) {
      const index = this.#candidates.add(contacts[i]!, origin);
      if (index >= 0 && index < count) isProgress = true;
    }
    this.#withoutProgress = isProgress ? 0 : this.#withoutProgress + 1;
  }

  /**
   * Notes that a contact did not answer in time, or gave an answer that does not fit the request: another
   * contact replaces it. No effect if the contact is no candidate or has answered.
   */
  onFailure(contact: Contact): void {
    const candidate = this.#candidates.find(contact);
    if (candidate && candidate.state !== "answered") this.#settle(candidate, "failed");
  }

  /**
   * Notes that a contact answered with the value, which ends the lookup: `next` says so from here on.
   *
   * @returns the number of requests in a row that led to the value; 0 if the contact is no candidate.
   */
  onValue(contact: Contact): number {
    const candidate = this.#candidates.find(contact);
    if (candidate) this.#settle(candidate, "answered");
    this.#hasValue = true;
    return candidate?.hops ?? 0;
  }

  /** The candidate whose answer named a contact first; null for a contact to start with. */
  sourceOf(contact: Contact): Contact | null {
    return this.#candidates.find(contact)?.source?.contact ?? null;
  }

  /** Whether a contact was known from the start, or named on several paths. */
  isConfirmed(contact: Contact): boolean {
    return this.sourceOf(contact) === null || this.onlyPathTo(contact) === null;
  }

  /** The number of the path that alone has led to a contact; null if others have too, or it is no candidate. */
  onlyPathTo(contact: Contact): number | null {
    const candidate = this.#candidates.find(contact);
    return candidate && candidate.paths === 1 << candidate.path ? candidate.path : null;
  }

  /**
   * The closest contacts that answered, closest first, up to a number of them, no more of one network than may
   * stand together.
   */
  closest(count: number = this.options.count): Contact[] {
    const found: Contact[] = [];
    const networks = new NetworkTally(this.options.diversity ?? Diversity.OFF);
    for (const { state, contact, network } of this.candidates) {
      if (state !== "answered" || !networks.admits(network)) continue;
      found.push(contact);
      if (found.length === count) break;
    }
    return found;
  }

  /** The contacts that were asked and were too slow to be waited for, closest first. */
  slow(): Contact[] {
    return this.candidates.filter(({ state }) => state === "slow").map(({ contact }) => contact);
  }

  /**
   * Contacts that are among the closest so many, for all that is known before the end: closest first, and only those
   * that have been asked. As long as answers still name closer ones, those are left out before which others may stand.
   */
  likelyClosest(count: number): Contact[] {
    const { usualDensity, diversity = Diversity.OFF, parallelism, target, ownId } = this.options;
    const isKnown = this.#withoutProgress >= parallelism;
    if (!isKnown && !this.#knowsNear()) return [];
    const networks = new NetworkTally(diversity);
    const found: Contact[] = [];
    let rank = 0;
    for (const { state, contact, network, headDistance } of this.candidates) {
      if (state === "failed" || state === "slow" || !networks.admits(network)) continue;
      const isBehindOwn = compareDistance(target, ownId, contact.id) < 0;
      if (++rank + (isBehindOwn ? 1 : 0) > count) break;
      if (!isKnown && usualDensity!.within(headDistance) > LIKELY_SHARE * count) break;
      if (state !== "new") found.push(contact);
    }
    return found;
  }

  /** Whether the closest contacts seen stand about as densely as nodes usually do: few closer ones are to be expected. */
  #knowsNear(): boolean {
    const { count, usualDensity } = this.options;
    const last = usualDensity && this.#near()[count - 1];
    return !!last && usualDensity.within(last.headDistance) <= KNOWN_FACTOR * count;
  }

  /** Whether the closest that have answered are too many or too few for the place, or most are on one path's word. */
  #isDoubtful(): boolean {
    const { count, usualDensity } = this.options;
    const closest = this.closest();
    if (closest.length < count || !usualDensity) return true;
    const last = this.#candidates.find(closest.at(-1)!)!;
    const expected = usualDensity.within(last.headDistance);
    if (expected > SPARSE_FACTOR * count || expected < CROWDED_FACTOR * count) return true;
    return this.#hangsOnOnePath(closest.map((contact) => this.#candidates.find(contact)!));
  }

  /** Whether one path alone has led to more than half of the closest. */
  #hangsOnOnePath(closest: readonly Candidate[]): boolean {
    const { count, paths = 1 } = this.options;
    const counts = new Uint16Array(paths);
    return closest.some(({ path, paths }) => paths === 1 << path && ++counts[path]! > count / 2);
  }

  /** The closest that have been seen, but for those that have failed or are slow. */
  #near(): Candidate[] {
    const found: Candidate[] = [];
    for (const candidate of this.candidates) {
      if (candidate.state === "failed" || candidate.state === "slow") continue;
      found.push(candidate);
      if (found.length === this.options.count) break;
    }
    return found;
  }

  /** Starts as many requests as there is room for: to connected contacts first, then to others. */
  #startNext(now: number, peers: Askable): Contact[] {
    const contacts: Contact[] = [];
    const start = (candidate: Candidate) => {
      this.#start(candidate, now, peers);
      contacts.push(candidate.contact);
    };
    const fastest = this.#fastestHolder(peers);
    if (fastest) start(fastest);
    const width = Math.max(this.width, fastest ? 2 : 0);
    const warmInFlight = this.#inFlight.filter(({ warm }) => warm).length;
    let warmRoom = Math.min(width - warmInFlight, 2 * width - this.#inFlight.length);
    const near = warmRoom > 0 ? this.#nextWanted(2 * width, peers) : [];
    for (const candidate of near) {
      candidate.warm = peers.isConnected(candidate.contact);
      if (!candidate.warm || this.#isBarred(candidate, peers) || warmRoom-- <= 0) continue;
      start(candidate);
    }
    for (const candidate of near) {
      if (candidate.warm || this.#inFlight.length >= width) continue;
      if (this.#isBarred(candidate, peers)) continue;
      start(candidate);
    }
    return contacts;
  }

  /**
   * Of those that may have the value the one that would give it first, if that is not the closest: one in each lookup is
   * asked, beside the closest.
   */
  #fastestHolder(peers: Askable): Candidate | null {
    const { forValue, count } = this.options;
    if (!forValue || this.#hasAskedFastest) return null;
    if (this.candidates.length >= count && !this.#knowsNear()) return null;
    const ms = ({ contact }: Candidate) =>
      peers.isConnected(contact) ? peers.roundTripMs(contact) ?? Infinity : Infinity;
    const near = this.#near().filter(({ state }) => state === "new");
    const [closest] = near;
    if (!closest) return null;
    this.#hasAskedFastest = true;
    const fastest = near.reduce((best, other) => ms(other) < ms(best) ? other : best);
    if (ms(fastest) === Infinity || ms(closest) < ms(fastest) + FASTER_BY_MS) return null;
    fastest.warm = true;
    return fastest;
  }

  #start(candidate: Candidate, now: number, peers: Askable): void {
    candidate.state = "asked";
    candidate.askedAt = now;
    const { contact } = candidate;
    this.#setSlowAt(candidate, peers);
    this.#inFlight.push(candidate);
    this.#asked++;
    this.#askedByPath[candidate.path]!++;
    if (!peers.isProven(contact)) this.#unproven[candidate.path]!.count(candidate.network);
  }

  #settle(candidate: Candidate, state: CandidateState): void {
    candidate.state = state;
    const at = this.#inFlight.indexOf(candidate);
    if (at >= 0) this.#inFlight.splice(at, 1);
  }

  #setSlowAt(candidate: Candidate, peers: Askable): void {
    const { contact, warm, askedAt } = candidate;
    const { forValue } = this.options;
    candidate.slowAt = askedAt +
      (forValue ? peers.hedgeAfterMs(contact, warm) : peers.slowAfterMs(contact, warm));
  }

  /** One that has turned out to be far away meanwhile has more time. */
  #markSlow(now: number, peers: Askable): void {
    let isAnySlow = false;
    for (const candidate of this.#inFlight) {
      if (candidate.slowAt > now) continue;
      this.#setSlowAt(candidate, peers);
      if (candidate.slowAt > now) continue;
      candidate.state = "slow";
      isAnySlow = true;
    }
    if (isAnySlow) this.#inFlight = this.#inFlight.filter(({ state }) => state === "asked");
  }

  /** When the next request in flight becomes slow. */
  #wakeAt(): number {
    let earliest = Infinity;
    for (const { slowAt } of this.#inFlight) if (slowAt < earliest) earliest = slowAt;
    return earliest;
  }

  /** The closest that must answer and have not been asked, as far as requests may still be sent. */
  #nextWanted(count: number, peers: Askable): Candidate[] {
    const found: Candidate[] = [];
    const countMax = Math.min(count, LOOKUP_REQUESTS_MAX - this.#asked);
    if (countMax <= 0) return found;
    this.#wanted.visit(this.candidates, {
      isWide: this.#isWide,
      isBarred: (candidate) => this.#isBarred(candidate, peers),
      visit: (candidate) => {
        if (candidate.state === "new") found.push(candidate);
        return found.length < countMax;
      },
    });
    return found;
  }

  /** Whether its path has had its share of the requests, or it is not proven and enough such have been asked. */
  #isBarred({ contact, source, path, network }: Candidate, peers: Askable): boolean {
    const isSpent = this.#askedByPath.length > 1 &&
      this.#askedByPath[path]! >= LOOKUP_REQUESTS_PER_PATH_MAX;
    if (isSpent) return true;
    // The only one that has a value may be back: others that name it may know that already.
    if (source && !this.options.forValue && peers.isAbsent(contact)) return true;
    if (!source || peers.isProven(contact)) return false;
    return !this.#unproven[path]!.hasRoomFor(network) || !peers.mayFollow(source.contact);
  }

  /** Whether all that must answer have, slow and failed ones aside. */
  #isSettled(peers: Askable): boolean {
    const isExhausted = this.#asked >= LOOKUP_REQUESTS_MAX;
    let answered = 0;
    let isSettled = true;
    const slow = this.#wanted.visit(this.candidates, {
      isWide: this.#isWide,
      isBarred: (candidate) => this.#isBarred(candidate, peers),
      visit: ({ state }) => {
        if (state === "answered") answered++;
        else isSettled = state === "new" && isExhausted;
        return isSettled;
      },
    });
    return isSettled && (slow === 0 || (answered > 0 && !this.options.forValue));
  }
}

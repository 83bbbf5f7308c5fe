/**
 * One bucket of the routing table: up to k contacts, and a replacement cache for when one of them fails.
 *
 * A bucket does no I/O. When it is full, an insertion names the contact to ping before it may be replaced;
 * the owner of the table pings it and reports the result.
 *
 * @module
 */

import {
  BUCKET_SIZE_MAX,
  CONTACT_FAILURES_MAX,
  CONTACT_FRESH_MS,
  REPLACEMENTS_PER_BUCKET_MAX,
} from "../limits.ts";
import { type Contact, sameContact } from "./contact.ts";
import { CONTACTS_PER_NETWORK_MAX, type Diversity } from "./diversity.ts";
import { compareDistance, equalIds, headDistance, headOf, type NodeId } from "./node_id.ts";
import type { RoundTrip } from "./round_trip.ts";

/** A contact in the table and what is known of it. Times are of the owner's clock, in milliseconds. */
export class TableEntry {
  /** Null until something has been measured: most entries of a large network never are. */
  roundTrip: RoundTrip | null = null;
  /** Requests in a row that failed; those that failed while no contact answered count as one. */
  failures = 0;
  /** When the last of these failed, and the first; the latter is infinite if none has. */
  failedAt = 0;
  failingSince = Infinity;
  /** When it was last asked why a connection to it has ended, and how long it is not asked again. */
  checkedAt = -Infinity;
  checkAgainMs = 0;

  /** When it entered the table. */
  readonly addedAt: number;

  constructor(public contact: Contact, public lastSeenAt: number) {
    this.addedAt = lastSeenAt;
  }
}

/** What an insertion did, and what is to be done. */
export interface Insertion {
  /** `crowded` if enough contacts of its network are there. */
  readonly outcome: "added" | "known" | "returned" | "full" | "crowded" | "own";
  /** The stalest contact of a full bucket: ping it, then `insert` it again or call `failed`. */
  readonly ping: Contact | null;
}

const ADDED: Insertion = { outcome: "added", ping: null };
const KNOWN: Insertion = { outcome: "known", ping: null };
const RETURNED: Insertion = { outcome: "returned", ping: null };
const FULL: Insertion = { outcome: "full", ping: null };
/** Enough contacts of the same network are there. */
export const CROWDED: Insertion = { outcome: "crowded", ping: null };

/** Which contacts a search collects. */
export interface ClosestQuery {
  readonly target: NodeId;
  /** Most contacts to collect. */
  readonly count: number;
  /** Whether to collect contacts whose last request failed. */
  readonly includeFailing: boolean;
}

/** What a bucket is made for. */
export interface BucketOptions {
  readonly level: number;
  readonly digit: number;
  /** Contacts that it holds (k). */
  readonly sizeMax: number;
  /** See {@linkcode Bucket.lookedUpAt}. */
  readonly lookedUpAt: number;
  readonly diversity: Diversity;
  /** Called with each entry that is taken out because it fails. */
  readonly onDropped: (entry: TableEntry) => void;
}

/** Scratch space of {@linkcode Bucket.collectClosest}: the first 32 bits of distances. */
const HEADS = new Uint32Array(BUCKET_SIZE_MAX);

/** The contacts whose ids share a prefix; `RoutingTable` says which. */
export class Bucket {
  readonly level: number;
  readonly digit: number;
  /** When a lookup last went through here. */
  lookedUpAt: number;
  readonly #entries: TableEntry[] = [];
  /** Of each entry the first 32 bits of its id: these are compared for every message. */
  readonly #heads: number[] = [];
  /** The replacement cache, newest last. */
  readonly #replacements: Contact[] = [];
  readonly #sizeMax: number;
  readonly #diversity: Diversity;
  readonly #onDropped: (entry: TableEntry) => void;
  /** The contact that is being pinged to make room, and since when. */
  #pinged: Contact | null = null;
  #pingedAt = 0;

  constructor({ level, digit, sizeMax, lookedUpAt, diversity, onDropped }: BucketOptions) {
    this.level = level;
    this.digit = digit;
    this.#sizeMax = sizeMax;
    this.lookedUpAt = lookedUpAt;
    this.#diversity = diversity;
    this.#onDropped = onDropped;
  }

  /** The contacts in the bucket, in no particular order. */
  get entries(): readonly TableEntry[] {
    return this.#entries;
  }

  /** Contacts that may replace one that fails, newest last. */
  get replacements(): readonly Contact[] {
    return this.#replacements;
  }

  /** Whether there is no room for another contact. */
  get isFull(): boolean {
    return this.#entries.length >= this.#sizeMax;
  }

  /** The entry with this id, or null. */
  find(id: NodeId): TableEntry | null {
    const head = headOf(id);
    for (let i = 0; i < this.#heads.length; i++) {
      const entry = this.#entries[i]!;
      if (this.#heads[i] === head && equalIds(entry.contact.id, id)) return entry;
    }
    return null;
  }

  /**
   * Takes in a contact that has just proven itself: adds it, or notes that it was seen. In a full bucket it
   * replaces a failing contact, if there is one, or else goes to the replacement cache.
   */
  insert(contact: Contact, now: number): Insertion {
    const known = this.find(contact.id);
    if (known) return this.#renew(known, contact, now);
    if (!this.#hasPlaceBeside(contact)) return this.#replaceInCrowd(contact, now);
    if (this.isFull) return this.#insertIntoFull(contact, now);
    this.#heads.push(contact.head);
    this.#entries.push(new TableEntry(contact, now));
    return ADDED;
  }

  /**
   * Notes that a request to a contact failed. It is dropped if the replacement cache has another, or if it
   * has failed too often.
   *
   * @param lastSeenAt when any contact was last heard of.
   * @returns whether the contact was dropped.
   */
  failed(contact: Contact, { now, lastSeenAt }: { now: number; lastSeenAt: number }): boolean {
    this.#endPing(contact);
    const cached = this.#replacements.findIndex((other) => sameContact(other, contact));
    if (cached >= 0) this.#replacements.splice(cached, 1);
    const at = this.#entries.findIndex((entry) => sameContact(entry.contact, contact));
    const entry = this.#entries[at];
    if (!entry) return false;
    if (entry.failures === 0) entry.failingSince = now;
    if (entry.failures === 0 || lastSeenAt > entry.failedAt) entry.failures++;
    entry.failedAt = now;
    const next = this.#replacements.findLastIndex((one) => this.#hasPlaceBeside(one, entry));
    if (next >= 0) {
      this.#replace(at, this.#replacements.splice(next, 1)[0]!, now);
      return true;
    }
    if (entry.failures < CONTACT_FAILURES_MAX) return false;
    this.#onDropped(entry);
    this.#takeOut(at);
    return true;
  }

  /** Takes out the entry with this id. Returns whether it was there. */
  remove(id: NodeId): boolean {
    const at = this.#entries.findIndex(({ contact }) => equalIds(contact.id, id));
    const cached = this.#replacements.findIndex((contact) => equalIds(contact.id, id));
    if (cached >= 0) this.#replacements.splice(cached, 1);
    if (at >= 0) this.#takeOut(at);
    return at >= 0;
  }

  /** Whether a contact is new, and the bucket has enough of its network that do not fail. */
  isCrowdedFor(contact: Contact): boolean {
    return !this.#hasPlaceBeside(contact) && this.find(contact.id) === null &&
      this.#failingNeighbourOf(contact) < 0;
  }

  /** Whether a new contact would be of use: there is room, none to replace, or no replacement for it. */
  hasUseFor(contact: Contact): boolean {
    if (this.isCrowdedFor(contact)) return false;
    return !this.isFull || this.#replacements.length === 0 || this.find(contact.id) !== null ||
      this.#entries.some(({ failures }) => failures > 0);
  }

  /**
   * Adds this bucket's closest contacts to those found in closer buckets, closest first, up to the count.
   * Sorts by insertion: buckets are small, and answering a peer spends most of its time here.
   */
  collectClosest({ target, count, includeFailing }: ClosestQuery, found: Contact[]): void {
    const start = found.length;
    const targetHead = headOf(target);
    const heads = this.#heads;
    for (let i = 0; i < heads.length; i++) {
      const distanceHead = headDistance(heads[i]!, targetHead);
      const isFull = found.length === count;
      if (isFull && distanceHead > HEADS[count - 1 - start]!) continue;
      const { contact, failures } = this.#entries[i]!;
      if (failures > 0 && !includeFailing) continue;
      if (isFull && compareDistance(target, found[count - 1]!.id, contact.id) < 0) continue;
      let at = isFull ? count - 1 : found.push(contact) - 1;
      for (; at > start; at--) {
        const before = HEADS[at - 1 - start]!;
        const other = found[at - 1]!;
        if (before < distanceHead) break;
        if (before === distanceHead && compareDistance(target, other.id, contact.id) <= 0) break;
        found[at] = other;
        HEADS[at - start] = before;
      }
      found[at] = contact;
      HEADS[at - start] = distanceHead;
    }
  }

  #renew(entry: TableEntry, contact: Contact, now: number): Insertion {
    const hasFailed = entry.failures > 0;
    entry.contact = contact; // the certificate may have been renewed
    entry.lastSeenAt = now;
    entry.failures = 0;
    entry.failingSince = Infinity;
    this.#endPing(contact);
    return hasFailed ? RETURNED : KNOWN;
  }

  /** Whether few enough contacts of its network are here, one that is to go aside. */
  #hasPlaceBeside(contact: Contact, leaving?: TableEntry): boolean {
    if (!this.#diversity.isOn) return true;
    const others = this.#entries.filter((entry) => entry !== leaving);
    const contacts = others.map((entry) => entry.contact);
    return this.#diversity.allows(contact, contacts, CONTACTS_PER_NETWORK_MAX);
  }

  /** Index of a contact of the same network that fails, or -1. */
  #failingNeighbourOf(contact: Contact): number {
    const network = this.#diversity.networkOf(contact);
    return this.#entries.findIndex((entry) =>
      entry.failures > 0 && this.#diversity.networkOf(entry.contact) === network
    );
  }

  /** Of a network that has its share a contact can only replace one of the same that fails. */
  #replaceInCrowd(contact: Contact, now: number): Insertion {
    const failing = this.#failingNeighbourOf(contact);
    if (failing < 0) return CROWDED;
    this.#replace(failing, contact, now);
    return ADDED;
  }

  #insertIntoFull(contact: Contact, now: number): Insertion {
    const failing = this.#entries.findIndex(({ failures }) => failures > 0);
    if (failing >= 0) {
      this.#replace(failing, contact, now);
      return ADDED;
    }
    this.#cacheReplacement(contact);
    const stalest = this.#stalest();
    const isPinging = this.#pinged !== null && now - this.#pingedAt < CONTACT_FRESH_MS;
    if (isPinging || now - stalest.lastSeenAt < CONTACT_FRESH_MS) return FULL;
    this.#pinged = stalest.contact;
    this.#pingedAt = now;
    return { outcome: "full", ping: stalest.contact };
  }

  #cacheReplacement(contact: Contact): void {
    const cached = this.#replacements.findIndex(({ id }) => equalIds(id, contact.id));
    if (cached >= 0) this.#replacements.splice(cached, 1);
    this.#replacements.push(contact);
    if (this.#replacements.length > REPLACEMENTS_PER_BUCKET_MAX) this.#replacements.shift();
  }

  #takeOut(at: number): void {
    this.#heads.splice(at, 1);
    this.#entries.splice(at, 1);
  }

  #replace(at: number, contact: Contact, now: number): void {
    this.#onDropped(this.#entries[at]!);
    this.#heads[at] = contact.head;
    this.#entries[at] = new TableEntry(contact, now);
  }

  #endPing(contact: Contact): void {
    if (this.#pinged && sameContact(this.#pinged, contact)) this.#pinged = null;
  }

  /** The entry that was heard of longest ago. */
  #stalest(): TableEntry {
    return this.#entries.reduce((stalest, entry) =>
      entry.lastSeenAt < stalest.lastSeenAt ? entry : stalest
    );
  }
}

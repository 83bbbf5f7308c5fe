/**
 * The contacts a node knows, many of its own neighbourhood and few of the rest.
 *
 * Ids are read as digits of `prefixLength` bits. A contact whose first digit that differs from the own
 * id's stands at place `level` goes into the bucket of that level and that digit: one bucket a level when a
 * digit has one bit (classic Kademlia), 2^b - 1 of them with b bits, which makes lookups shorter and
 * tables larger. Buckets are made as they fill.
 *
 * The table does no I/O. A full bucket answers an insertion with the contact to ping before it is
 * dropped; whoever owns the table pings and reports what came of it. Departing from the paper, a contact
 * that fails is marked and no longer recommended, but dropped only when another can replace it, or when
 * it fails again and again while others answer: an outage of the own network does not empty the table.
 *
 * @module
 */

import { type Contact, sameContact } from "./contact.ts";
import {
  BUCKET_SIZE_MAX,
  CONTACT_FAILURES_MAX,
  CONTACT_FRESH_MS,
  ID_BITS,
  REPLACEMENTS_PER_BUCKET_MAX,
} from "../limits.ts";
import {
  bitsAt,
  commonPrefixLength,
  compareDistance,
  equalIds,
  headDistance,
  headOf,
  type NodeId,
} from "./node_id.ts";
import type { RoundTrip } from "./round_trip.ts";

/** A contact in the table and what is known of it. Times are of the owner's clock, in milliseconds. */
export class TableEntry {
  /** Null until something has been measured: most entries of a large network never are. */
  roundTrip: RoundTrip | null = null;
  /** Requests in a row that failed; those that failed while everybody was silent count as one. */
  failures = 0;
  /** When the last of these failed. */
  failedAt = 0;

  constructor(public contact: Contact, public lastSeenAt: number) {}
}

/** Place of the entry with this id in a bucket, -1 if there is none. */
function indexOf({ heads, entries }: Bucket, id: NodeId): number {
  const head = headOf(id);
  for (let i = 0; i < heads.length; i++) {
    if (heads[i] === head && equalIds(entries[i]!.contact.id, id)) return i;
  }
  return -1;
}

function append({ heads, entries }: Bucket, contact: Contact, now: number): void {
  heads.push(contact.head);
  entries.push(new TableEntry(contact, now));
}

function replaceAt({ heads, entries }: Bucket, at: number, contact: Contact, now: number): void {
  heads[at] = contact.head;
  entries[at] = new TableEntry(contact, now);
}

function removeAt({ heads, entries }: Bucket, at: number): void {
  heads.splice(at, 1);
  entries.splice(at, 1);
}

/** The entry that was heard of longest ago. */
function stalestOf({ entries }: Bucket): TableEntry {
  return entries.reduce((stalest, entry) =>
    entry.lastSeenAt < stalest.lastSeenAt ? entry : stalest
  );
}

/** Scratch space of {@linkcode RoutingTable.closest}: first 32 bits of distances. */
const HEADS = new Uint32Array(BUCKET_SIZE_MAX);

/** What an insertion did, and what is to be done. */
export interface Insertion {
  readonly outcome: "added" | "known" | "full" | "own";
  /** Stalest contact of a full bucket: ping it, then `insert` it again or call `failed`. */
  readonly ping: Contact | null;
}

const ADDED: Insertion = { outcome: "added", ping: null };
const KNOWN: Insertion = { outcome: "known", ping: null };
const FULL: Insertion = { outcome: "full", ping: null };
const OWN: Insertion = { outcome: "own", ping: null };

interface Bucket {
  readonly level: number;
  readonly digit: number;
  readonly entries: TableEntry[];
  /** Of each entry the first 32 bits of its id: they are gone through for every message. */
  readonly heads: number[];
  /** Contacts that may take the place of one that fails; newest last. */
  readonly replacements: Contact[];
  /** The contact being pinged to make room, and since when. */
  pinged: Contact | null;
  pingedAt: number;
  /** When a lookup last went through here. */
  lookedUpAt: number;
}

/** What the table is made for. */
export interface RoutingTableOptions {
  readonly prefixLength: number;
  readonly bucketSize: number;
}

/** Which contacts may be named. */
export interface ClosestOptions {
  /** Whether those whose last request failed may be; not by default. */
  readonly includeFailing?: boolean;
}

/** The routing table of one node. */
export class RoutingTable {
  readonly #ownId: NodeId;
  readonly #prefixLength: number;
  readonly #bucketSize: number;
  readonly #buckets = new Map<number, Bucket>();
  /** When a lookup last went to its end, by the bucket that its target belongs to, made or not. */
  readonly #exploredAt = new Map<number, number>();
  #anyExploredAt = -Infinity;
  /** Level of the deepest bucket; buckets stay once they are made. */
  #deepestLevel = -1;
  #size = 0;
  #lastSeenAt = -Infinity;

  constructor(ownId: NodeId, options: RoutingTableOptions) {
    this.#ownId = ownId;
    this.#prefixLength = options.prefixLength;
    this.#bucketSize = options.bucketSize;
  }

  /** Number of contacts. */
  get size(): number {
    return this.#size;
  }

  /** All contacts, those of the most distant buckets not necessarily first. */
  *entries(): Generator<TableEntry> {
    for (const bucket of this.#buckets.values()) yield* bucket.entries;
  }

  /** What each bucket holds, in no order. */
  buckets(): Iterable<
    {
      readonly level: number;
      readonly entries: readonly TableEntry[];
      readonly replacements: readonly Contact[];
    }
  > {
    return this.#buckets.values();
  }

  /** The entry of a contact, if it is in the table with this very certificate. */
  entry(contact: Contact): TableEntry | null {
    const found = this.find(contact.id);
    return found && sameContact(found.contact, contact) ? found : null;
  }

  /** The entry with this id. */
  find(id: NodeId): TableEntry | null {
    const bucket = this.#buckets.get(this.#slotOf(id));
    return bucket?.entries[indexOf(bucket, id)] ?? null;
  }

  /**
   * Takes in a contact that has just proven itself: it answered on a connection to its address and
   * under its certificate. Use the result: a full bucket may ask for a ping.
   */
  insert(contact: Contact, now: number): Insertion {
    this.#lastSeenAt = now;
    const slot = this.#slotOf(contact.id);
    if (slot < 0) return OWN;
    const bucket = this.#buckets.get(slot) ?? this.#makeBucket(slot, now);
    const at = indexOf(bucket, contact.id);
    if (at >= 0) return this.#renew(bucket, at, contact, now);
    if (bucket.entries.length < this.#bucketSize) {
      append(bucket, contact, now);
      this.#size++;
      return ADDED;
    }
    return this.#insertIntoFull(bucket, contact, now);
  }

  /** Notes that a request to a contact failed. Returns whether the contact was dropped for it. */
  failed(contact: Contact, now: number): boolean {
    const bucket = this.#buckets.get(this.#slotOf(contact.id));
    if (!bucket) return false;
    if (bucket.pinged && sameContact(bucket.pinged, contact)) bucket.pinged = null;
    const failed = bucket.replacements.findIndex((other) => sameContact(other, contact));
    if (failed >= 0) bucket.replacements.splice(failed, 1);
    const at = bucket.entries.findIndex((entry) => sameContact(entry.contact, contact));
    const entry = bucket.entries[at];
    if (!entry) return false;
    if (entry.failures === 0 || this.#lastSeenAt > entry.failedAt) entry.failures++;
    entry.failedAt = now;
    const replacement = bucket.replacements.pop();
    if (!replacement && entry.failures < CONTACT_FAILURES_MAX) return false;
    if (replacement) {
      replaceAt(bucket, at, replacement, now);
    } else {
      removeAt(bucket, at);
      this.#size--;
    }
    return true;
  }

  /**
   * Up to `amount` contacts closest to an id, the closest first, of those whose last request did not
   * fail; with `includeFailing` also of the others.
   */
  closest(
    target: NodeId,
    amount: number,
    { includeFailing = false }: ClosestOptions = {},
  ): Contact[] {
    const found: Contact[] = [];
    if (amount <= 0) return found;
    this.#visitBuckets(0, target, (bucket) => {
      this.#collect(bucket, target, amount, includeFailing, found);
      return found.length < amount;
    });
    return found;
  }

  /**
   * Whether the table can be taken to know all of the `amount` nodes closest to an id: no bucket that they
   * belong to is full, so none has turned anybody away, and all were heard of since a time. With digits of
   * several bits joining does not look through every bucket, so that only a table as a whole can be known
   * to lack nobody.
   */
  knowsAllNear(target: NodeId, amount: number, since: number): boolean {
    if (this.#prefixLength > 1 && this.#size >= this.#bucketSize) return false;
    let count = 0;
    let known = true;
    this.#visitBuckets(0, target, ({ entries }) => {
      known = entries.length < this.#bucketSize &&
        entries.every(({ lastSeenAt }) => lastSeenAt >= since);
      count += entries.length;
      return known && count < amount;
    });
    return known;
  }

  /** Notes that a lookup for `target` has passed, so that its bucket needs no refresh. */
  markLookedUp(target: NodeId, now: number): void {
    const bucket = this.#buckets.get(this.#slotOf(target));
    if (bucket) bucket.lookedUpAt = now;
  }

  /** Notes that a lookup for `target` has gone to its end: it has asked all who are close to there. */
  noteExplored(target: NodeId, now: number): void {
    this.#exploredAt.set(this.#slotOf(target), now);
    this.#anyExploredAt = now;
  }

  /**
   * When a lookup last went to its end for an id of the same bucket. Where fewer are known than make a
   * bucketful, any lookup asks all of them.
   */
  exploredAt(target: NodeId): number {
    if (this.#size < this.#bucketSize) return this.#anyExploredAt;
    return this.#exploredAt.get(this.#slotOf(target)) ?? -Infinity;
  }

  /** For each bucket that no lookup touched since `time`: an id within it, random but for its place. */
  idsToRefresh(time: number, fillRandom: (bytes: Uint8Array) => void): NodeId[] {
    const ids: NodeId[] = [];
    for (const bucket of this.#buckets.values()) {
      if (bucket.lookedUpAt > time || bucket.entries.length === 0) continue;
      const id = new Uint8Array(this.#ownId.length);
      fillRandom(id);
      ids.push(this.#moveInto(bucket, id));
    }
    return ids;
  }

  /** Number of contacts that share at least `bits` leading bits with the own id. */
  countWithPrefix(bits: number): number {
    let count = 0;
    for (const { contact } of this.entries()) {
      if (commonPrefixLength(contact.id, this.#ownId) >= bits) count++;
    }
    return count;
  }

  /** Number of contacts whose last request did not fail. */
  countAnswering(): number {
    let count = 0;
    for (const { failures } of this.entries()) if (failures === 0) count++;
    return count;
  }

  /** Whether the bucket that an id belongs to has no room for another contact. */
  isFullAt(id: NodeId): boolean {
    return (this.#buckets.get(this.#slotOf(id))?.entries.length ?? 0) >= this.#bucketSize;
  }

  /** Whether a new contact would be of use: its bucket has room, or no replacement at hand. */
  hasUseFor(contact: Contact): boolean {
    const bucket = this.#buckets.get(this.#slotOf(contact.id));
    return !bucket || bucket.entries.length < this.#bucketSize ||
      bucket.replacements.length === 0 || indexOf(bucket, contact.id) >= 0 ||
      bucket.entries.some((entry) => entry.failures > 0);
  }

  /** Level and digit of an id's bucket as one number; negative for the own id. */
  #slotOf(id: NodeId): number {
    const shared = commonPrefixLength(id, this.#ownId);
    if (shared === ID_BITS) return -1;
    const level = Math.floor(shared / this.#prefixLength);
    return level << 8 | this.#digitAt(id, level);
  }

  /** The digit of an id at a level, relative to the own id's: 0 where they agree. */
  #digitAt(id: NodeId, level: number): number {
    const bit = level * this.#prefixLength;
    return bitsAt(id, bit, this.#prefixLength) ^ bitsAt(this.#ownId, bit, this.#prefixLength);
  }

  #makeBucket(slot: number, now: number): Bucket {
    const bucket: Bucket = {
      level: slot >>> 8,
      digit: slot & 0xff,
      entries: [],
      heads: [],
      replacements: [],
      pinged: null,
      pingedAt: 0,
      lookedUpAt: now,
    };
    this.#buckets.set(slot, bucket);
    this.#deepestLevel = Math.max(this.#deepestLevel, bucket.level);
    return bucket;
  }

  #renew(bucket: Bucket, at: number, contact: Contact, now: number): Insertion {
    const entry = bucket.entries[at]!;
    entry.contact = contact; // the certificate may have been renewed
    entry.lastSeenAt = now;
    entry.failures = 0;
    if (bucket.pinged && sameContact(bucket.pinged, contact)) bucket.pinged = null;
    return KNOWN;
  }

  #insertIntoFull(bucket: Bucket, contact: Contact, now: number): Insertion {
    const failing = bucket.entries.findIndex((entry) => entry.failures > 0);
    if (failing >= 0) {
      replaceAt(bucket, failing, contact, now);
      return ADDED;
    }
    const known = bucket.replacements.findIndex((other) => equalIds(other.id, contact.id));
    if (known >= 0) bucket.replacements.splice(known, 1);
    bucket.replacements.push(contact);
    if (bucket.replacements.length > REPLACEMENTS_PER_BUCKET_MAX) bucket.replacements.shift();
    const stalest = stalestOf(bucket);
    const pinging = bucket.pinged !== null && now - bucket.pingedAt < CONTACT_FRESH_MS;
    if (pinging || now - stalest.lastSeenAt < CONTACT_FRESH_MS) return FULL;
    bucket.pinged = stalest.contact;
    bucket.pingedAt = now;
    return { outcome: "full", ping: stalest.contact };
  }

  /**
   * Goes through the buckets in order of their distance until `visit` says no; tells whether it never did.
   * Of the subtrees of a level, the one whose digit equals the target's is closest, then the others by XOR
   * with it; digit 0 stands for all deeper levels.
   */
  #visitBuckets(level: number, target: NodeId, visit: (bucket: Bucket) => boolean): boolean {
    if (level > this.#deepestLevel) return true;
    const targetDigit = this.#digitAt(target, level);
    for (let i = 0; i < 1 << this.#prefixLength; i++) {
      const digit = i ^ targetDigit;
      if (digit === 0) {
        if (!this.#visitBuckets(level + 1, target, visit)) return false;
      } else {
        const bucket = this.#buckets.get(level << 8 | digit);
        if (bucket && !visit(bucket)) return false;
      }
    }
    return true;
  }

  #collect(
    bucket: Bucket,
    target: NodeId,
    amount: number,
    includeFailing: boolean,
    found: Contact[],
  ): void {
    const start = found.length;
    const targetHead = headOf(target);
    const { heads, entries } = bucket;
    // Sorted by insertion: buckets are small, and this is where answering a peer takes its time.
    for (let i = 0; i < heads.length; i++) {
      const distanceHead = headDistance(heads[i]!, targetHead);
      const isFull = found.length === amount;
      if (isFull && distanceHead > HEADS[amount - 1 - start]!) continue;
      const { contact, failures } = entries[i]!;
      if (failures > 0 && !includeFailing) continue;
      if (isFull && compareDistance(target, found[amount - 1]!.id, contact.id) < 0) continue;
      let at = isFull ? amount - 1 : found.push(contact) - 1;
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

  /** Changes the leading bits of an id so that it belongs to a bucket. */
  #moveInto(bucket: Bucket, id: NodeId): NodeId {
    const start = bucket.level * this.#prefixLength;
    const end = Math.min(start + this.#prefixLength, ID_BITS);
    for (let bit = 0; bit < end; bit++) {
      const flipped = bit >= start && (bucket.digit >>> (start + this.#prefixLength - 1 - bit) & 1);
      const wanted = bitsAt(this.#ownId, bit, 1) ^ Number(flipped);
      if (bitsAt(id, bit, 1) !== wanted) id[bit >>> 3]! ^= 0x80 >>> (bit & 7);
    }
    return id;
  }
}

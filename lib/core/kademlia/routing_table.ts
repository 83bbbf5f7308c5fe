/**
 * The contacts a node knows, many of its own neighbourhood and few of the rest.
 *
 * Ids are read as digits of `prefixLength` bits. A contact whose first digit that differs from the own
 * id's is the one with number `level` goes into the bucket of that level and that digit: one bucket a level
 * when a digit has one bit (classic Kademlia), 2^b - 1 of them with b bits, which makes lookups shorter and
 * tables larger. Buckets are made as they fill.
 *
 * The table does no I/O. A full bucket answers an insertion with the contact to ping before it is dropped;
 * the owner of the table pings and reports the result. Departing from the paper, a contact that fails is
 * marked and no longer recommended, but dropped only when another can replace it, or when it fails again
 * and again while others answer: an outage of the own network does not empty the table.
 *
 * @module
 */

import { Bucket, CROWDED, type Insertion, type TableEntry } from "./bucket.ts";
import { type Contact, sameContact } from "./contact.ts";
import { Diversity, TABLE_CONTACTS_PER_NETWORK_MAX } from "./diversity.ts";
import { bucketNumber, IdDigits, levelAndDigit } from "./id_digits.ts";
import { commonPrefixLength, type NodeId } from "./node_id.ts";

const OWN: Insertion = { outcome: "own", ping: null };

/** What the table is made for. */
export interface RoutingTableOptions {
  readonly prefixLength: number;
  /** Contacts that a bucket holds (k). */
  readonly bucketSize: number;
  /** How many contacts of one network it takes; any number by default. */
  readonly diversity?: Diversity;
  /** Called with each entry that is taken out because it fails. */
  readonly onDropped?: (entry: TableEntry) => void;
}

/** Which contacts may be named. */
export interface ClosestOptions {
  /** Whether contacts whose last request failed may be; not by default. */
  readonly includeFailing?: boolean;
}

/** What one bucket holds. */
export interface BucketView {
  /** Number of digits that the ids share with the own id. */
  readonly level: number;
  readonly entries: readonly TableEntry[];
  /** The replacement cache, newest last. */
  readonly replacements: readonly Contact[];
}

/** The routing table of one node. */
export class RoutingTable {
  readonly #ownId: NodeId;
  readonly #digits: IdDigits;
  readonly #prefixLength: number;
  readonly #bucketSize: number;
  readonly #diversity: Diversity;
  readonly #onDropped: (entry: TableEntry) => void;
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
    this.#digits = new IdDigits(ownId, options.prefixLength);
    this.#prefixLength = options.prefixLength;
    this.#bucketSize = options.bucketSize;
    this.#diversity = options.diversity ?? Diversity.OFF;
    this.#onDropped = options.onDropped ?? (() => {});
  }

  /** Number of contacts. */
  get size(): number {
    return this.#size;
  }

  /** All contacts, in no particular order. */
  *entries(): Generator<TableEntry> {
    for (const bucket of this.#buckets.values()) yield* bucket.entries;
  }

  /** What each bucket holds, in no particular order. */
  buckets(): Iterable<BucketView> {
    return this.#buckets.values();
  }

  /** The entry of a contact, if it is in the table with this very certificate. */
  entry(contact: Contact): TableEntry | null {
    const found = this.find(contact.id);
    return found && sameContact(found.contact, contact) ? found : null;
  }

  /** The entry with this id. */
  find(id: NodeId): TableEntry | null {
    return this.#bucketOf(id)?.find(id) ?? null;
  }

  /**
   * Takes in a contact that has just proven itself: it answered on a connection to its address and
   * under its certificate. Use the result: a full bucket may ask for a ping.
   */
  insert(contact: Contact, now: number): Insertion {
    this.#lastSeenAt = now;
    const number = this.#digits.bucketNumberOf(contact.id);
    if (number < 0) return OWN;
    if (this.#hasEnoughLike(contact)) return CROWDED;
    const bucket = this.#buckets.get(number) ?? this.#makeBucket(number, now);
    const { length } = bucket.entries;
    const insertion = bucket.insert(contact, now);
    this.#size += bucket.entries.length - length;
    return insertion;
  }

  /** Notes that a request to a contact failed. Returns whether the contact was dropped for it. */
  failed(contact: Contact, now: number): boolean {
    const bucket = this.#bucketOf(contact.id);
    if (!bucket) return false;
    const { length } = bucket.entries;
    const isDropped = bucket.failed(contact, { now, lastSeenAt: this.#lastSeenAt });
    this.#size += bucket.entries.length - length;
    return isDropped;
  }

  /** Forgets the contact with this id. Returns whether it was there. */
  remove(id: NodeId): boolean {
    const isGone = this.#bucketOf(id)?.remove(id) ?? false;
    if (isGone) this.#size--;
    return isGone;
  }

  /**
   * Up to `count` contacts closest to an id, the closest first, of those whose last request did not
   * fail; with `includeFailing` also of the others. No more of one network than may stand together.
   */
  closest(target: NodeId, count: number, options: ClosestOptions = {}): Contact[] {
    if (!this.#diversity.isOn) return this.#collectClosest(target, count, options);
    for (let amount = 2 * count;; amount *= 2) {
      const found = this.#collectClosest(target, amount, options);
      const spread = this.#diversity.spread(found);
      if (spread.length >= count || found.length < amount) return spread.slice(0, count);
    }
  }

  #collectClosest(
    target: NodeId,
    count: number,
    { includeFailing = false }: ClosestOptions,
  ): Contact[] {
    const found: Contact[] = [];
    if (count <= 0) return found;
    const query = { target, count, includeFailing };
    this.#visitBuckets(target, (bucket) => {
      bucket.collectClosest(query, found);
      return found.length < count;
    });
    return found;
  }

  /**
   * Whether the table can be taken to know all of the `count` nodes closest to an id: no bucket that they
   * belong to is full, so none has turned a contact away, none fails, and all were heard of since a time. With
   * digits of several bits joining does not look through every bucket, so that only a table as a whole can be
   * known to lack no node.
   */
  knowsAllNear(
    target: NodeId,
    { count, since }: { readonly count: number; readonly since: number },
  ): boolean {
    if (this.#prefixLength > 1 && this.#size >= this.#bucketSize) return false;
    let visited = 0;
    let isKnown = true;
    this.#visitBuckets(target, ({ entries, isFull }) => {
      isKnown = !isFull &&
        entries.every(({ failures, lastSeenAt }) => failures === 0 && lastSeenAt >= since);
      visited += entries.length;
      return isKnown && visited < count;
    });
    return isKnown;
  }

  /** Notes that a lookup for `target` has begun, so that its bucket needs no refresh. */
  markLookedUp(target: NodeId, now: number): void {
    const bucket = this.#bucketOf(target);
    if (bucket) bucket.lookedUpAt = now;
  }

  /** Notes that a lookup for `target` has gone to its end: it has asked all nodes close to there. */
  markExplored(target: NodeId, now: number): void {
    this.#exploredAt.set(this.#digits.bucketNumberOf(target), now);
    this.#anyExploredAt = now;
  }

  /**
   * When a lookup last went to its end for an id of the same bucket. Where fewer contacts are known than
   * make a bucketful, any lookup asks all of them.
   */
  exploredAt(target: NodeId): number {
    if (this.#size < this.#bucketSize) return this.#anyExploredAt;
    return this.#exploredAt.get(this.#digits.bucketNumberOf(target)) ?? -Infinity;
  }

  /** For each bucket that no lookup touched since `time`: an id within it, random but for its prefix. */
  idsToRefresh(time: number, fillRandom: (bytes: Uint8Array) => void): NodeId[] {
    const ids: NodeId[] = [];
    for (const bucket of this.#buckets.values()) {
      if (bucket.lookedUpAt > time || bucket.entries.length === 0) continue;
      const id = new Uint8Array(this.#ownId.length);
      fillRandom(id);
      ids.push(this.#digits.moveInto(bucket, id));
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
    return this.#bucketOf(id)?.isFull ?? false;
  }

  /** Whether a contact would be turned away because there are enough of its network. */
  isCrowdedFor(contact: Contact): boolean {
    return this.#hasEnoughLike(contact) ||
      (this.#bucketOf(contact.id)?.isCrowdedFor(contact) ?? false);
  }

  /** Whether a new contact would be of use: its bucket has room, or no replacement at hand. */
  hasUseFor(contact: Contact): boolean {
    if (this.#hasEnoughLike(contact)) return false;
    return this.#bucketOf(contact.id)?.hasUseFor(contact) ?? true;
  }

  /** Whether a contact is new and the table has enough of its network. */
  #hasEnoughLike(contact: Contact): boolean {
    if (!this.#diversity.isOn || this.find(contact.id)) return false;
    const contacts = Array.from(this.entries(), (entry) => entry.contact);
    return !this.#diversity.allows(contact, contacts, TABLE_CONTACTS_PER_NETWORK_MAX);
  }

  #bucketOf(id: NodeId): Bucket | undefined {
    return this.#buckets.get(this.#digits.bucketNumberOf(id));
  }

  #makeBucket(number: number, lookedUpAt: number): Bucket {
    const { level, digit } = levelAndDigit(number);
    const bucket = new Bucket({
      level,
      digit,
      sizeMax: this.#bucketSize,
      lookedUpAt,
      diversity: this.#diversity,
      onDropped: this.#onDropped,
    });
    this.#buckets.set(number, bucket);
    this.#deepestLevel = Math.max(this.#deepestLevel, level);
    return bucket;
  }

  /**
   * Goes through the buckets in order of their distance until `visit` returns false; returns whether it
   * never did. Of the subtrees of a level, the one whose digit equals the target's is closest, then the
   * others by XOR with it; digit 0 stands for all deeper levels.
   */
  #visitBuckets(target: NodeId, visit: (bucket: Bucket) => boolean, level = 0): boolean {
    if (level > this.#deepestLevel) return true;
    const targetDigit = this.#digits.at(target, level);
    for (let i = 0; i < 1 << this.#prefixLength; i++) {
      const digit = i ^ targetDigit;
      if (digit === 0) {
        if (!this.#visitBuckets(target, visit, level + 1)) return false;
      } else {
        const bucket = this.#buckets.get(bucketNumber(level, digit));
        if (bucket && !visit(bucket)) return false;
      }
    }
    return true;
  }
}

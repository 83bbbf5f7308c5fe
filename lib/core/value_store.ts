/**
 * The values a node keeps: in memory, capped, each for its own limited time.
 *
 * Two kinds of entries share the room. *Replicas* are kept because this node is among the closest to the
 * key; they are republished. *Copies* were left here by path caching; they are not republished and make
 * room for replicas when the store is full. Of two values under one key the newer stamp wins, on equal
 * stamps the larger SHA-256. Storing a value again that is held already never moves its expiry: neither a
 * republication nor a stranger can prolong or shorten a life.
 *
 * @module
 */

import { equalBytes } from "./contact.ts";
import { Heap } from "./heap.ts";
import { STORE_BYTES_MAX, STORE_ENTRIES_MAX, VALUE_BYTES_MAX } from "./limits.ts";
import type { StoreStatus, TimedValue } from "./messages.ts";
import { type Hash, idKey, type NodeId } from "./node_id.ts";

/** A value and what the store knows of it. Times are of the owner's clock, in milliseconds. */
export interface StoredValue {
  readonly key: NodeId;
  readonly value: Uint8Array;
  readonly stamp: number;
  readonly nonce: Uint8Array;
  /** Copies that its PUT asked for. */
  replication: number;
  expiresAt: number;
  /** Whether it is a copy left by path caching. */
  isCopy: boolean;
  /** Whether no other node is known to hold it. */
  isAlone: boolean;
  /** Whether an older or a newer version was held here: others may hold it still. */
  isDisputed: boolean;
  /** When it is to be republished by this node, unless another does before. */
  republishAt: number;
  /** Whether its life is what is left of the value's own, not one cut short for a copy. */
  hasFullLife: boolean;
  /** The store's own: its places in the queues, -1 where it does not stand. */
  expiryPlace: number;
  republicationPlace: number;
}

/** Caps of a store, and how it hashes. */
export interface ValueStoreOptions {
  readonly sha256: Hash;
  /** Keys and values together. */
  readonly bytesMax?: number;
  readonly entriesMax?: number;
}

/** Bytes an entry counts with: key, nonce, value. */
const ENTRY_BYTES = 64;

/** All values of one node. */
export class ValueStore {
  readonly #entries = new Map<string, StoredValue>();
  /** Copies in the order in which they came. */
  readonly #copies = new Set<StoredValue>();
  readonly #expiries = new Heap<StoredValue>(
    (a, b) => a.expiresAt < b.expiresAt,
    (entry, place) => entry.expiryPlace = place,
  );
  /** The replicas that are to be republished before they expire. */
  readonly #republications = new Heap<StoredValue>(
    (a, b) => a.republishAt < b.republishAt,
    (entry, place) => entry.republicationPlace = place,
  );
  readonly #sha256: Hash;
  readonly #bytesMax: number;
  readonly #entriesMax: number;
  #bytes = 0;
  #copyBytes = 0;

  constructor(options: ValueStoreOptions) {
    this.#sha256 = options.sha256;
    this.#bytesMax = options.bytesMax ?? STORE_BYTES_MAX;
    this.#entriesMax = options.entriesMax ?? STORE_ENTRIES_MAX;
  }

  /** Number of values. */
  get size(): number {
    return this.#entries.size;
  }

  /** Bytes of keys, nonces and values. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Number of copies among them. */
  get copies(): number {
    return this.#copies.size;
  }

  /** Most bytes that it takes. */
  get bytesMax(): number {
    return this.#bytesMax;
  }

  /** How full it is, 0 to 1, by bytes or by number of values. */
  get fill(): number {
    return Math.max(this.#bytes / this.#bytesMax, this.size / this.#entriesMax);
  }

  /** The living value under a key. */
  get(key: NodeId, now: number): StoredValue | null {
    const entry = this.#entries.get(idKey(key));
    return entry && entry.expiresAt > now ? entry : null;
  }

  /** All living values. */
  *entries(now: number): Generator<StoredValue> {
    for (const entry of this.#entries.values()) if (entry.expiresAt > now) yield entry;
  }

  /**
   * Takes a value in.
   *
   * @param republishAt when this node is to republish it; of a held value it only moves later.
   * @param isCopy whether it comes from path caching.
   */
  put(value: TimedValue, now: number, republishAt: number, isCopy: boolean): StoreStatus {
    if (value.value.length > VALUE_BYTES_MAX) return "tooLarge";
    if (value.ttlMs <= 0) return "expired";
    const name = idKey(value.key);
    let held = this.#entries.get(name);
    if (held && held.expiresAt <= now) {
      this.#remove(name, held);
      held = undefined;
    }
    if (held) {
      const order = this.#compareVersions(value, held);
      if (order < 0) return "newerHeld";
      if (order === 0) return this.#again(held, value, now, republishAt, isCopy);
    }
    const freedBytes = held ? sizeOf(held) : 0;
    if (!this.#makeRoom(sizeOf(value) - freedBytes, held ? 0 : 1, held, now)) return "full";
    if (held) this.#remove(name, held);
    this.#add(name, {
      key: value.key,
      value: value.value,
      stamp: value.stamp,
      nonce: value.nonce,
      replication: value.replication,
      expiresAt: now + value.ttlMs,
      isCopy,
      isAlone: value.replication === 1,
      isDisputed: false,
      republishAt,
      hasFullLife: !isCopy,
      expiryPlace: -1,
      republicationPlace: -1,
    });
    return "stored";
  }

  /** Removes what has expired, up to `amountMax` values; returns how many it removed. */
  expire(now: number, amountMax = Infinity): number {
    let count = 0;
    for (let first = this.#expiries.peek(); first; first = this.#expiries.peek()) {
      if (first.expiresAt > now || count >= amountMax) break;
      this.#remove(idKey(first.key), first);
      count++;
    }
    return count;
  }

  /** When `expire` has something to do next; infinite if never. */
  get nextExpiry(): number {
    return this.#expiries.peek()?.expiresAt ?? Infinity;
  }

  /** Takes up to `amount` replicas that are due for republishing; each is due again after `intervalMs`. */
  takeDue(now: number, amount: number, intervalMs: () => number): StoredValue[] {
    const due: StoredValue[] = [];
    for (let first = this.#republications.peek(); first; first = this.#republications.peek()) {
      if (first.republishAt > now || due.length >= amount) break;
      if (first.expiresAt > now) due.push(first);
      first.republishAt = now + intervalMs();
      this.#queueRepublication(first);
    }
    return due;
  }

  /** Makes all replicas due at times of the given choice, unless they are due before. */
  hasten(dueAt: () => number): void {
    for (const entry of this.#entries.values()) this.hastenOne(entry, dueAt());
  }

  /** Makes one replica due at a time, unless it is due before. */
  hastenOne(entry: StoredValue, time: number): void {
    if (entry.isCopy || entry.republishAt <= time) return;
    entry.republishAt = time;
    this.#queueRepublication(entry);
  }

  /** When `takeDue` may have something next; infinite if never. */
  get nextRepublication(): number {
    return this.#republications.peek()?.republishAt ?? Infinity;
  }

  /** Makes a replica a copy: others are closer to its key now and hold it. */
  demote(entry: StoredValue): void {
    if (entry.expiryPlace < 0 || entry.isCopy) return; // gone, or a copy already
    entry.isCopy = true;
    this.#copies.add(entry);
    this.#copyBytes += sizeOf(entry);
    this.#queueRepublication(entry);
  }

  /** Positive if `value` is newer than what is held, 0 if it is the same version. */
  #compareVersions(value: TimedValue, held: StoredValue): number {
    if (value.stamp !== held.stamp) return value.stamp - held.stamp;
    if (equalBytes(value.value, held.value)) return 0;
    const [a, b] = [this.#sha256(value.value), this.#sha256(held.value)];
    const at = a.findIndex((byte, i) => byte !== b[i]);
    return a[at]! - b[at]!;
  }

  /** The same value again: someone else has republished it, or a copy becomes a replica. */
  #again(
    held: StoredValue,
    value: TimedValue,
    now: number,
    republishAt: number,
    isCopy: boolean,
  ): StoreStatus {
    if (isCopy) return "stored";
    if (held.isCopy) {
      this.#promote(held, now + value.ttlMs);
      held.replication = value.replication;
      held.republishAt = republishAt;
    } else {
      held.republishAt = Math.max(held.republishAt, republishAt);
    }
    this.#queueRepublication(held);
    return "stored";
  }

  /** Makes a copy a replica, with the life that the value has if the copy's was cut short. */
  #promote(entry: StoredValue, expiresAt: number): void {
    entry.isCopy = false;
    this.#copies.delete(entry);
    this.#copyBytes -= sizeOf(entry);
    if (!entry.hasFullLife && expiresAt > entry.expiresAt) {
      entry.expiresAt = expiresAt;
      this.#expiries.update(entry.expiryPlace);
    }
    entry.hasFullLife = true;
  }

  /** Drops what is expired, then copies, oldest first, until there is room; none if it would not do. */
  #makeRoom(bytes: number, entries: number, keep: StoredValue | undefined, now: number): boolean {
    const fits = (freeBytes: number, freeEntries: number) =>
      this.#bytes + bytes - freeBytes <= this.#bytesMax &&
      this.size + entries - freeEntries <= this.#entriesMax;
    if (fits(0, 0)) return true;
    this.expire(now);
    const kept = keep?.isCopy ? keep : null;
    const copyBytes = this.#copyBytes - (kept ? sizeOf(kept) : 0);
    if (!fits(copyBytes, this.#copies.size - (kept ? 1 : 0))) return false;
    for (const copy of this.#copies) {
      if (fits(0, 0)) break;
      if (copy !== kept) this.#remove(idKey(copy.key), copy);
    }
    return true;
  }

  #add(name: string, entry: StoredValue): void {
    this.#entries.set(name, entry);
    this.#bytes += sizeOf(entry);
    this.#expiries.push(entry);
    if (entry.isCopy) {
      this.#copies.add(entry);
      this.#copyBytes += sizeOf(entry);
    }
    this.#queueRepublication(entry);
  }

  #remove(name: string, entry: StoredValue): void {
    this.#entries.delete(name);
    this.#bytes -= sizeOf(entry);
    if (this.#copies.delete(entry)) this.#copyBytes -= sizeOf(entry);
    this.#expiries.remove(entry.expiryPlace);
    if (entry.republicationPlace >= 0) this.#republications.remove(entry.republicationPlace);
  }

  /** Puts an entry where it belongs in the queue; one that dies before its time comes is not in it. */
  #queueRepublication(entry: StoredValue): void {
    const place = entry.republicationPlace;
    if (!entry.isCopy && entry.republishAt < entry.expiresAt) {
      if (place < 0) this.#republications.push(entry);
      else this.#republications.update(place);
    } else if (place >= 0) {
      this.#republications.remove(place);
    }
  }
}

function sizeOf(entry: { readonly value: Uint8Array }): number {
  return ENTRY_BYTES + entry.value.length;
}

/**
 * The values a node keeps: in memory, capped, each for its own limited time.
 *
 * Two kinds of entries share the room. *Replicas* are kept because this node is among the closest to the
 * key; they are republished. *Copies* were left here by path caching; they are not republished and make
 * room for replicas when the store is full. Of two values under one key the newer stamp wins, on equal
 * stamps the larger SHA-256. Storing a value again that is held already never moves its expiry: neither a
 * republication nor a stranger can prolong or shorten a life.
 *
 * An entry is a slot: a record of numbers, a cell of bytes, and places in the index, the queues and the
 * list of copies, all in pages of plain memory. There is no object, no string and no buffer of its own.
 *
 * @module
 */

import { equalBytes } from "../equal_bytes.ts";
import { EntryTable, sizeOf } from "./internal/entry_table.ts";
import { ID_BYTES, STORE_BYTES_MAX, STORE_ENTRIES_MAX, VALUE_BYTES_MAX } from "../limits.ts";
import type { StoreStatus, TimedValue } from "../wire/messages.ts";
import type { Hash, NodeId } from "../kademlia/node_id.ts";
import { TimeQueue } from "./internal/time_queue.ts";
import { RowList } from "./internal/row_list.ts";
import {
  EXPIRES_AT,
  EXPIRY_PLACE,
  HAS_FULL_TTL,
  IS_CACHED,
  NONE,
  REPLICATION,
  REPUBLICATION_PLACE,
  REPUBLISH_AT,
  STAMP,
} from "./internal/row_layout.ts";
import { StoredValue } from "./stored_value.ts";

/** Caps of a store, and how it hashes. */
export interface ValueStoreOptions {
  readonly sha256: Hash;
  /** 8 random bytes, of this store only, so that nobody can choose keys that are slow to find. */
  readonly seed: Uint8Array;
  /** Keys, nonces and values together. */
  readonly bytesMax?: number;
  readonly entriesMax?: number;
}

/** All values of one node. */
export class ValueStore {
  readonly #entries: EntryTable;
  readonly #expiries: TimeQueue;
  /** The replicas that are to be republished before they expire. */
  readonly #republications: TimeQueue;
  /** Copies in the order in which they came. */
  readonly #copies: RowList;
  readonly #sha256: Hash;
  readonly #bytesMax: number;
  readonly #entriesMax: number;
  #cachedBytes = 0;

  constructor(options: ValueStoreOptions) {
    this.#entries = new EntryTable(options.seed);
    const { slots } = this.#entries;
    this.#expiries = new TimeQueue(slots, EXPIRY_PLACE);
    this.#republications = new TimeQueue(slots, REPUBLICATION_PLACE);
    this.#copies = new RowList(slots);
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
    return this.#entries.bytes;
  }

  /** Memory that is taken for them and for what is known of them, in bytes. */
  get memoryBytes(): number {
    return this.#entries.memoryBytes + this.#expiries.memoryBytes +
      this.#republications.memoryBytes;
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
    return Math.max(this.bytes / this.#bytesMax, this.size / this.#entriesMax);
  }

  /** The living value under a key. */
  get(key: NodeId, now: number): StoredValue | null {
    const slot = this.#entries.find(key, this.#entries.hashOf(key));
    return slot !== NONE && this.#expiresAt(slot) > now ? this.#handle(slot) : null;
  }

  /** All living values. */
  *entries(now: number): Generator<StoredValue> {
    for (const slot of this.#entries.all()) {
      if (this.#expiresAt(slot) > now) yield this.#handle(slot);
    }
  }

  /**
   * Takes a value in; its bytes are copied.
   *
   * @param republishAt when this node is to republish it; of a held value it only moves later.
   * @param isCached whether it comes from path caching.
   * @throws {RangeError} if key or nonce are not 32 bytes.
   */
  put(value: TimedValue, now: number, republishAt: number, isCached: boolean): StoreStatus {
    const { key, nonce } = value;
    if (key.length !== ID_BYTES || nonce.length !== ID_BYTES) {
      const lengths = `${key.length} and ${nonce.length}`;
      throw new RangeError(`Cannot store a value: key and nonce are ${lengths} bytes, not 32`);
    }
    if (value.value.length > VALUE_BYTES_MAX) return "tooLarge";
    if (value.ttlMs <= 0) return "expired";
    const hash = this.#entries.hashOf(key);
    let held = this.#entries.find(key, hash);
    if (held !== NONE && this.#expiresAt(held) <= now) {
      this.#remove(held);
      held = NONE;
    }
    if (held !== NONE) {
      const order = this.#compareVersions(value, held);
      if (order < 0) return "newerHeld";
      if (order === 0) return this.#again(held, value, now, republishAt, isCached);
    }
    if (!this.#makeRoom(sizeOf(value.value.length), held, now)) return "full";
    if (held !== NONE) this.#remove(held);
    const expiresAt = now + value.ttlMs;
    const slot = this.#entries.add(value, hash, { expiresAt, republishAt, isCached });
    this.#expiries.set(slot, expiresAt);
    if (isCached) this.#listCached(slot);
    else this.#queueRepublication(slot);
    return "stored";
  }

  /** Removes what has expired, up to `amountMax` values; returns how many it removed. */
  expire(now: number, amountMax = Infinity): number {
    let count = 0;
    for (let slot = this.#expiries.first; slot !== NONE; slot = this.#expiries.first) {
      if (this.#expiresAt(slot) > now || count >= amountMax) break;
      this.#remove(slot);
      count++;
    }
    return count;
  }

  /** When `expire` has something to do next; infinite if never. */
  get nextExpiry(): number {
    return this.#expiries.firstTime;
  }

  /** Takes up to `amount` replicas that are due for republishing; each is due again after `intervalMs`. */
  takeDue(now: number, amount: number, intervalMs: () => number): StoredValue[] {
    const due: StoredValue[] = [];
    for (let slot = this.#republications.first; slot !== NONE; slot = this.#republications.first) {
      if (this.#republications.firstTime > now || due.length >= amount) break;
      if (this.#expiresAt(slot) > now) due.push(this.#handle(slot));
      this.#republishAt(slot, now + intervalMs());
    }
    return due;
  }

  /** Makes all replicas due at times of the given choice, unless they are due before. */
  scheduleAllEarlier(dueAt: () => number): void {
    for (const slot of this.#entries.all()) this.#scheduleEarlier(slot, dueAt());
  }

  /** Makes one replica due at a time, unless it is due before. */
  scheduleEarlier(entry: StoredValue, time: number): void {
    this.#scheduleEarlier(entry.slot, time);
  }

  /** When `takeDue` may have something next; infinite if never. */
  get nextRepublication(): number {
    return this.#republications.firstTime;
  }

  /** Makes a replica a copy: others are closer to its key now and hold it. */
  demote(entry: StoredValue): void {
    if (!entry.isHeld || entry.isCached) return;
    this.#entries.slots.mark(entry.slot, IS_CACHED, true);
    this.#republications.delete(entry.slot);
    this.#listCached(entry.slot);
  }

  #handle(slot: number): StoredValue {
    return new StoredValue(this.#entries, slot);
  }

  #expiresAt(slot: number): number {
    return this.#entries.slots.f64(slot, EXPIRES_AT);
  }

  #isCached(slot: number): boolean {
    return this.#entries.slots.is(slot, IS_CACHED);
  }

  /** Positive if `value` is newer than what is held, 0 if it is the same version. */
  #compareVersions(value: TimedValue, held: number): number {
    const stamp = this.#entries.slots.f64(held, STAMP);
    if (value.stamp !== stamp) return value.stamp - stamp;
    const heldValue = this.#entries.viewValue(held);
    if (equalBytes(value.value, heldValue)) return 0;
    const [a, b] = [this.#sha256(value.value), this.#sha256(heldValue)];
    const at = a.findIndex((byte, i) => byte !== b[i]);
    return a[at]! - b[at]!;
  }

  /** The same value again: someone else has republished it, or a copy becomes a replica. */
  #again(
    held: number,
    value: TimedValue,
    now: number,
    republishAt: number,
    isCached: boolean,
  ): StoreStatus {
    if (isCached) return "stored";
    const { slots } = this.#entries;
    if (this.#isCached(held)) {
      this.#promote(held, now + value.ttlMs);
      slots.setU32(held, REPLICATION, value.replication);
      this.#republishAt(held, republishAt);
    } else {
      this.#republishAt(held, Math.max(slots.f64(held, REPUBLISH_AT), republishAt));
    }
    return "stored";
  }

  /** Makes a copy a replica, with the life that the value has if the copy's was cut short. */
  #promote(slot: number, expiresAt: number): void {
    const { slots } = this.#entries;
    this.#unlistCached(slot);
    slots.mark(slot, IS_CACHED, false);
    if (!slots.is(slot, HAS_FULL_TTL) && expiresAt > this.#expiresAt(slot)) {
      slots.setF64(slot, EXPIRES_AT, expiresAt);
      this.#expiries.set(slot, expiresAt);
    }
    slots.mark(slot, HAS_FULL_TTL, true);
  }

  /**
   * Makes room for a value, which takes the place of the held one if there is one: drops what has
   * expired, then copies, oldest first, no more than it must; no copies if that would not do.
   */
  #makeRoom(bytes: number, held: number, now: number): boolean {
    const heldBytes = held === NONE ? 0 : this.#entries.sizeOf(held);
    const entries = held === NONE ? 1 : 0;
    const fits = (freeBytes: number, freeEntries: number) =>
      this.bytes + bytes - heldBytes - freeBytes <= this.#bytesMax &&
      this.size + entries - freeEntries <= this.#entriesMax;
    while (!fits(0, 0)) if (this.expire(now, 1) === 0) break;
    if (fits(0, 0)) return true;
    const keepsCached = held !== NONE && this.#isCached(held);
    const cachedBytes = this.#cachedBytes - (keepsCached ? heldBytes : 0);
    if (!fits(cachedBytes, this.#copies.size - (keepsCached ? 1 : 0))) return false;
    for (let copy = this.#copies.oldest; !fits(0, 0);) {
      const next = this.#copies.after(copy);
      if (copy !== held) this.#remove(copy);
      copy = next;
    }
    return true;
  }

  #remove(slot: number): void {
    if (this.#isCached(slot)) this.#unlistCached(slot);
    this.#expiries.delete(slot);
    this.#republications.delete(slot);
    this.#entries.remove(slot);
  }

  #listCached(slot: number): void {
    this.#copies.add(slot);
    this.#cachedBytes += this.#entries.sizeOf(slot);
  }

  #unlistCached(slot: number): void {
    this.#copies.delete(slot);
    this.#cachedBytes -= this.#entries.sizeOf(slot);
  }

  #scheduleEarlier(slot: number, time: number): void {
    if (this.#isCached(slot) || this.#entries.slots.f64(slot, REPUBLISH_AT) <= time) return;
    this.#republishAt(slot, time);
  }

  /** Sets when a replica is due. */
  #republishAt(slot: number, time: number): void {
    this.#entries.slots.setF64(slot, REPUBLISH_AT, time);
    this.#queueRepublication(slot);
  }

  /** Puts a replica where it belongs in the queue; one that dies before its time comes is not in it. */
  #queueRepublication(slot: number): void {
    const time = this.#entries.slots.f64(slot, REPUBLISH_AT);
    if (time < this.#expiresAt(slot)) this.#republications.set(slot, time);
    else this.#republications.delete(slot);
  }
}

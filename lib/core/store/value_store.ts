/**
 * The values a node keeps: in memory, capped, each for its own limited time.
 *
 * Two kinds of entries share the store. *Replicas* are kept because this node is among the closest to the
 * key; they are republished. *Cached values* were left here by path caching; they are not republished and
 * make room for replicas when the store is full. Of two versions under one key the newer one is held, see
 * `compare_versions.ts`. Storing a held version again never moves its expiry: neither a republication nor a
 * stranger can prolong or shorten its lifetime.
 *
 * An entry has no object, no string and no buffer of its own: `README.md` shows how it is laid out, and
 * what that saves.
 *
 * @module
 */

import { assertInvariant } from "../invariant.ts";
import type { Hash, NodeId } from "../kademlia/node_id.ts";
import { ID_BYTES, STORE_BYTES_MAX, STORE_ENTRIES_MAX, VALUE_BYTES_MAX } from "../limits.ts";
import type { TimedValue } from "../value.ts";
import type { StoreStatus } from "../wire/messages.ts";
import { compareVersions } from "./compare_versions.ts";
import { CachedEntries } from "./internal/cached_entries.ts";
import { EntryTable, sizeOf } from "./internal/entry_table.ts";
import { type DueOptions, Republications } from "./internal/republications.ts";
import {
  EXPIRES_AT,
  EXPIRY_POSITION,
  HAS_FULL_TTL,
  NONE,
  REPLICATION,
  STAMP,
} from "./internal/row_layout.ts";
import { TimeQueue } from "./internal/time_queue.ts";
import { StoredValue } from "./stored_value.ts";

export { HASH_SEED_BYTES } from "./internal/key_hash.ts";
export type { DueOptions } from "./internal/republications.ts";

/** Caps of a store, and how it hashes. */
export interface ValueStoreOptions {
  readonly sha256: Hash;
  /** {@linkcode HASH_SEED_BYTES} random bytes, kept secret: without them no client can choose keys that collide. */
  readonly seed: Uint8Array;
  /** Keys, nonces and values together. */
  readonly bytesMax?: number;
  readonly entriesMax?: number;
}

/** When and as what a value is stored. Times are of the owner's clock, in milliseconds. */
export interface StoreOptions {
  /** The current time. */
  readonly now: number;
  /** When this node is to republish the value; by default never. Of a held replica it only moves later, if given. */
  readonly republishAt?: number;
  /** Whether it comes from path caching; by default it is a replica. */
  readonly isCached?: boolean;
}

/** What came of storing a value. */
export interface StoreResult {
  readonly status: StoreStatus;
  /** What the store holds under the key from now on; null if nothing. */
  readonly held: StoredValue | null;
  /** Stamp of what it held under the key before; null if nothing. */
  readonly previousStamp: number | null;
}

/** All values of one node. */
export class ValueStore {
  readonly #entries: EntryTable;
  readonly #expiries: TimeQueue;
  readonly #republications: Republications;
  readonly #cached: CachedEntries;
  readonly #sha256: Hash;
  readonly #bytesMax: number;
  readonly #entriesMax: number;

  constructor(options: ValueStoreOptions) {
    this.#entries = new EntryTable(options.seed);
    this.#expiries = new TimeQueue(this.#entries.rows, EXPIRY_POSITION);
    this.#republications = new Republications(this.#entries);
    this.#cached = new CachedEntries(this.#entries);
    this.#sha256 = options.sha256;
    this.#bytesMax = options.bytesMax ?? STORE_BYTES_MAX;
    this.#entriesMax = options.entriesMax ?? STORE_ENTRIES_MAX;
  }

  /** Number of values, replicas and cached ones. */
  get size(): number {
    return this.#entries.size;
  }

  /** Number of cached values. */
  get cachedCount(): number {
    return this.#cached.size;
  }

  /** Bytes of keys, nonces and values. */
  get bytes(): number {
    return this.#entries.bytes;
  }

  /** Memory taken for the values and for all that is known of them, in bytes. */
  get memoryBytes(): number {
    return this.#entries.memoryBytes + this.#expiries.memoryBytes +
      this.#republications.memoryBytes;
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
    const row = this.#entries.find(key, this.#entries.hashOf(key));
    return row !== NONE && this.#expiresAt(row) > now ? this.#handle(row) : null;
  }

  /** All living values. */
  *entries(now: number): Generator<StoredValue> {
    for (const row of this.#entries.rows.taken()) {
      if (this.#expiresAt(row) > now) yield this.#handle(row);
    }
  }

  /**
   * Goes through living replicas a part at a time, while values may come and go between the parts.
   *
   * @param position 0 at first, then what the last call returned.
   * @param countMax rows to look at in this part.
   * @returns where to go on, or null at the end.
   */
  walkReplicas(
    position: number,
    { now, countMax }: { readonly now: number; readonly countMax: number },
    visit: (replica: StoredValue) => void,
  ): number | null {
    const { rows } = this.#entries;
    const end = Math.min(position + countMax, rows.end);
    for (let row = position; row < end; row++) {
      if (!rows.isTaken(row) || this.#cached.has(row) || this.#expiresAt(row) <= now) continue;
      visit(this.#handle(row));
    }
    return end < rows.end ? end : null;
  }

  /**
   * Takes a value in; its bytes are copied.
   *
   * @throws {RangeError} if key or nonce are not 32 bytes.
   */
  put(value: TimedValue, options: StoreOptions): StoreResult {
    const { key, nonce, ttlMs } = value;
    const { now, republishAt = Infinity, isCached = false } = options;
    if (key.length !== ID_BYTES || nonce.length !== ID_BYTES) {
      const lengths = `${key.length} and ${nonce.length}`;
      throw new RangeError(`Cannot store a value: key and nonce are ${lengths} bytes, not 32`);
    }
    const hash = this.#entries.hashOf(key);
    const found = this.#entries.find(key, hash);
    const held = found !== NONE && this.#expiresAt(found) > now ? found : NONE;
    const previousStamp = held === NONE ? null : this.#entries.rows.f64(held, STAMP);
    const result = (status: StoreStatus): StoreResult => ({
      status,
      held: held === NONE ? null : this.#handle(held),
      previousStamp,
    });
    if (value.value.length > VALUE_BYTES_MAX) return result("tooLarge");
    if (ttlMs <= 0) return result("expired");
    if (found !== held) this.#remove(found); // it has expired
    const order = previousStamp === null ? 1 : compareVersions(
      value,
      { stamp: previousStamp, value: this.#entries.viewValue(held) },
      this.#sha256,
    );
    if (order < 0) return result("newerHeld");
    if (order === 0) {
      if (!isCached) this.#renew(held, value, { now, republishAt });
      return result("stored");
    }
    if (!this.#makeRoom(sizeOf(value.value.length), held, now)) return result("full");
    if (held !== NONE) this.#remove(held);
    const row = this.#entries.add(value, hash, {
      expiresAt: now + ttlMs,
      republishAt,
      hasFullTtl: !isCached,
    });
    this.#expiries.set(row, now + ttlMs);
    if (isCached) this.#cached.add(row);
    else this.#republications.add(row);
    const isCapped = this.bytes <= this.#bytesMax && this.size <= this.#entriesMax;
    assertInvariant(isCapped, "the store stays within its caps");
    return { status: "stored", held: this.#handle(row), previousStamp };
  }

  /** Removes expired values, up to `countMax`; returns how many it removed. */
  expire(now: number, countMax = Infinity): number {
    let count = 0;
    for (; count < countMax && this.#expiries.size > 0 && this.nextExpiry <= now; count++) {
      this.#remove(this.#expiries.first);
    }
    return count;
  }

  /** When `expire` has something to do next; infinite if never. */
  get nextExpiry(): number {
    return this.#expiries.firstTime;
  }

  /** Takes replicas that are due for republishing; each is due again after an interval. */
  takeDue(now: number, options: DueOptions): StoredValue[] {
    return this.#republications.takeDue(now, options).map((row) => this.#handle(row));
  }

  /** Makes each replica due at the time that `dueAt` returns for it, unless it is due before. */
  scheduleAllEarlier(dueAt: () => number): void {
    for (const row of this.#entries.rows.taken()) {
      this.#republications.scheduleEarlier(row, dueAt());
    }
  }

  /** Makes one replica due at a time, unless it is due before. */
  scheduleEarlier(entry: StoredValue, time: number): void {
    this.#republications.scheduleEarlier(entry.row, time);
  }

  /** When `takeDue` may have something next; infinite if never. */
  get nextRepublication(): number {
    return this.#republications.nextTime;
  }

  /** Makes a replica a cached value: others are closer to its key now and hold it. */
  demote(entry: StoredValue): void {
    if (!entry.isHeld || entry.isCached) return;
    this.#republications.delete(entry.row);
    this.#cached.add(entry.row);
  }

  /** Goes through all values, for tests; throws an `InvariantError` if the parts do not agree. */
  checkInvariants(): void {
    this.#entries.checkInvariants();
    this.#expiries.checkInvariants();
    this.#republications.checkInvariants();
    this.#cached.checkInvariants();
    assertInvariant(this.#expiries.size === this.size, "every entry is queued for its expiry");
  }

  #handle(row: number): StoredValue {
    return new StoredValue(this.#entries, row);
  }

  #expiresAt(row: number): number {
    return this.#entries.rows.f64(row, EXPIRES_AT);
  }

  /** Takes in the version that is held: another node has republished it, or a cached value becomes a replica. */
  #renew(
    held: number,
    { ttlMs, replication }: TimedValue,
    { now, republishAt }: { now: number; republishAt: number },
  ): void {
    if (!this.#cached.has(held)) {
      if (republishAt !== Infinity) this.#republications.scheduleLater(held, republishAt);
      return;
    }
    this.#promote(held, now + ttlMs);
    this.#entries.rows.setU32(held, REPLICATION, replication);
    this.#republications.schedule(held, republishAt);
  }

  /** Makes a cached value a replica; if its TTL was cut short it gets the value's. */
  #promote(row: number, expiresAt: number): void {
    const { rows } = this.#entries;
    this.#cached.delete(row);
    if (!rows.is(row, HAS_FULL_TTL) && expiresAt > this.#expiresAt(row)) {
      rows.setF64(row, EXPIRES_AT, expiresAt);
      this.#expiries.set(row, expiresAt);
    }
    rows.mark(row, HAS_FULL_TTL, true);
  }

  /**
   * Makes room for an entry, which replaces the held one if there is one: removes expired entries, then
   * cached ones, oldest first, no more than it must. If all of these would not do, no cached one goes.
   */
  #makeRoom(bytes: number, held: number, now: number): boolean {
    const heldBytes = held === NONE ? 0 : this.#entries.sizeOf(held);
    const entries = held === NONE ? 1 : 0;
    const fits = (freeBytes: number, freeEntries: number) =>
      this.bytes + bytes - heldBytes - freeBytes <= this.#bytesMax &&
      this.size + entries - freeEntries <= this.#entriesMax;
    while (!fits(0, 0)) if (this.expire(now, 1) === 0) break;
    if (fits(0, 0)) return true;
    const isHeldCached = held !== NONE && this.#cached.has(held);
    const cachedBytes = this.#cached.bytes - (isHeldCached ? heldBytes : 0);
    if (!fits(cachedBytes, this.#cached.size - (isHeldCached ? 1 : 0))) return false;
    for (let row = this.#cached.oldest; !fits(0, 0);) {
      assertInvariant(row !== NONE, "cached entries make as much room as they count with");
      const next = this.#cached.after(row);
      if (row !== held) this.#remove(row);
      row = next;
    }
    return true;
  }

  #remove(row: number): void {
    if (this.#cached.has(row)) this.#cached.delete(row);
    this.#expiries.delete(row);
    this.#republications.delete(row);
    this.#entries.remove(row);
  }
}

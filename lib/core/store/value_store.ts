/**
 * The values a node keeps: in memory, capped, each for its own limited time.
 *
 * Two kinds of entries share the store. *Replicas* are kept because this node is among the closest to the
 * key; they are republished. *Cached values* were left here by path caching; they are not republished and
 * make room for replicas when the store is full. Of two versions under one key the newer one is held, see
 * `compare_versions.ts`; what replaces a replica is a replica, though it came as a cached value. Storing a held version
 * again never moves its expiry: neither a republication nor a stranger can prolong or shorten its lifetime. A version
 * that ends before the one that it replaced would have leaves a tombstone, which refuses that one.
 *
 * An entry has no object, no string and no buffer of its own: `README.md` shows how it is laid out, and
 * what that saves.
 *
 * @module
 */

import { assertInvariant } from "../invariant.ts";
import type { Hash, NodeId } from "../kademlia/node_id.ts";
import {
  ID_BYTES,
  STORE_BYTES_MAX,
  STORE_ENTRIES_MAX,
  STORE_TOMBSTONES_MAX,
  VALUE_BYTES_MAX,
} from "../limits.ts";
import type { TimedValue } from "../value.ts";
import type { StoreStatus } from "../wire/messages.ts";
import { compareVersions } from "./compare_versions.ts";
import { CachedEntries } from "./internal/cached_entries.ts";
import { EntryTable, sizeOf } from "./internal/entry_table.ts";
import { KeptReplicas } from "./internal/kept_replicas.ts";
import { ReplicasInPlace } from "./internal/replicas_in_place.ts";
import { type DueOptions, Republications } from "./internal/republications.ts";
import {
  EXPIRES_AT,
  EXPIRY_POSITION,
  HAS_CONFLICT,
  HAS_FULL_TTL,
  IS_RESTORED,
  NONE,
  REPLICATION,
  STAMP,
} from "./internal/row_layout.ts";
import { TimeQueue } from "./internal/time_queue.ts";
import { TOMBSTONE_BYTES, Tombstones } from "./internal/tombstones.ts";
import type { StoreKeeper } from "./keeper.ts";
import type { ReplicaInPlace, ReplicaWatcher } from "./replica_watcher.ts";
import { StoredValue } from "./stored_value.ts";

export { HASH_SEED_BYTES } from "./internal/key_hash.ts";
export type { DueOptions } from "./internal/republications.ts";

/** Caps of a store, and how it hashes. */
export interface ValueStoreOptions {
  readonly sha256: Hash;
  /** {@linkcode HASH_SEED_BYTES} random bytes, kept secret: without them no client can choose keys that collide. */
  readonly seed: Uint8Array;
  /** Keys, nonces, values and tombstones together. */
  readonly bytesMax?: number;
  readonly entriesMax?: number;
  readonly tombstonesMax?: number;
  /** Follows the replicas, if they are to be kept beyond the process. */
  readonly keeper?: StoreKeeper | undefined;
  /** Told of every change of the replicas. */
  readonly watcher?: ReplicaWatcher | undefined;
}

/** When and as what a value is stored. Times are of the owner's clock, in milliseconds. */
export interface StoreOptions {
  /** The current time. */
  readonly now: number;
  /** When this node is to republish the value; by default never. Of a held replica it only moves later, if given. */
  readonly republishAt?: number;
  /** How long it is kept, in milliseconds, if it comes from path caching; by default it is a replica. */
  readonly cachedMs?: number;
  /** Replicas that are wanted; by default as many as its PUT asked for. */
  readonly replicas?: number;
  /** The number under which a replica is kept already: it is read back, also if it has ended by what time it seems. */
  readonly keptAs?: number;
}

/** What came of storing a value. */
export interface StoreResult {
  readonly status: StoreStatus;
  /** What the store holds under the key from now on; null if nothing. */
  readonly held: StoredValue | null;
  /** Whether it has replaced another version. */
  readonly hasReplaced: boolean;
}

/** How a version is added: `held` is the row of the one that it replaces, or `NONE`. */
interface AddOptions extends Required<Omit<StoreOptions, "keptAs" | "cachedMs">> {
  readonly held: number;
  readonly cachedMs: number | undefined;
  readonly keptAs: number | undefined;
}

/** All values of one node. */
export class ValueStore {
  readonly #entries: EntryTable;
  readonly #expiries: TimeQueue;
  readonly #republications: Republications;
  readonly #cached: CachedEntries;
  readonly #tombstones: Tombstones;
  readonly #sha256: Hash;
  readonly #bytesMax: number;
  readonly #entriesMax: number;
  readonly #kept: KeptReplicas;
  readonly #replicas: ReplicasInPlace;

  constructor(options: ValueStoreOptions) {
    this.#entries = new EntryTable(options.seed);
    this.#expiries = new TimeQueue(this.#entries.rows, EXPIRY_POSITION);
    this.#republications = new Republications(this.#entries);
    this.#cached = new CachedEntries(this.#entries);
    this.#tombstones = new Tombstones(options.tombstonesMax ?? STORE_TOMBSTONES_MAX);
    this.#sha256 = options.sha256;
    this.#bytesMax = options.bytesMax ?? STORE_BYTES_MAX;
    this.#entriesMax = options.entriesMax ?? STORE_ENTRIES_MAX;
    this.#kept = new KeptReplicas(this.#entries, this.#cached, options.keeper ?? null);
    this.#replicas = new ReplicasInPlace(this.#entries, options.watcher ?? null);
  }

  /** Number of values, replicas and cached ones. */
  get size(): number {
    return this.#entries.size;
  }

  /** Number of cached values. */
  get cachedCount(): number {
    return this.#cached.size;
  }

  /** Bytes of keys, nonces, values and tombstones. */
  get bytes(): number {
    return this.#entries.bytes + this.#tombstones.bytes;
  }

  /** Memory taken for the values and for all that is known of them, in bytes. */
  get memoryBytes(): number {
    return this.#entries.memoryBytes + this.#expiries.memoryBytes +
      this.#republications.memoryBytes + this.#tombstones.bytes;
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
   * Goes through the replicas a part at a time, while values may come and go between the parts. Those that have
   * expired are among them until `expire` removes them.
   *
   * @param position 0 at first, then what the last call returned: it has been through the rows below.
   * @param countMax rows to look at in this part.
   * @returns where to go on, or null at the end.
   */
  walkReplicas(
    position: number,
    countMax: number,
    visit: (replica: ReplicaInPlace) => void,
  ): number | null {
    const { rows } = this.#entries;
    const end = Math.min(position + countMax, rows.end);
    for (let row = position; row < end; row++) {
      if (rows.isTaken(row) && !this.#cached.has(row)) visit(this.#replicas.read(row));
    }
    return end < rows.end ? end : null;
  }

  /** The replica of a row that `walkReplicas` or a watcher has named, as long as it is held. */
  replicaIn(row: number): StoredValue {
    return this.#handle(row);
  }

  /**
   * Whether a version is older than one that has replaced it here: held or not, it would be refused.
   */
  isOutdated({ key, stamp }: { key: NodeId; stamp: number }, now: number): boolean {
    return (this.get(key, now)?.stamp ?? -Infinity) > stamp ||
      this.#tombstones.refuses(key, stamp, now);
  }

  /**
   * Takes a value in; its bytes are copied. A replica that meets another version of its key, an older one or one
   * that it replaces, wants as many replicas as either: then it is brought to all that hold the older one.
   *
   * @throws {RangeError} if key or nonce are not 32 bytes.
   */
  put(value: TimedValue, options: StoreOptions): StoreResult {
    const { key, nonce, ttlMs } = value;
    const { now, republishAt = Infinity, cachedMs, keptAs, replicas = value.replication } = options;
    const isCached = cachedMs !== undefined;
    if (key.length !== ID_BYTES || nonce.length !== ID_BYTES) {
      const lengths = `${key.length} and ${nonce.length}`;
      throw new RangeError(`Cannot store a value: key and nonce are ${lengths} bytes, not 32`);
    }
    const hash = this.#entries.hashOf(key);
    const found = this.#entries.find(key, hash);
    const held = found !== NONE && this.#expiresAt(found) > now ? found : NONE;
    const result = (status: StoreStatus): StoreResult => ({
      status,
      held: held === NONE ? null : this.#handle(held),
      hasReplaced: false,
    });
    if (value.value.length > VALUE_BYTES_MAX) return result("tooLarge");
    const leftMs = Math.min(ttlMs, cachedMs ?? Infinity);
    if (leftMs <= 0 && keptAs === undefined) return result("expired");
    if (found !== held) {
      // It has expired. One that was read back may only seem to have: no older version takes its place, nor a cached one.
      const order = this.#entries.rows.is(found, IS_RESTORED) ? this.#compare(value, found) : 1;
      if (order < 0) return result("newerHeld");
      if (order === 0 && isCached) return result("stored");
      this.#remove(found);
    }
    const order = held === NONE ? 1 : this.#compare(value, held);
    if (order < 0) {
      if (!isCached) this.#noteConflict(held, replicas);
      return result("newerHeld");
    }
    if (order === 0) {
      if (!isCached) this.#renew(held, value, { now, republishAt, replicas });
      return result("stored");
    }
    if (this.#tombstones.refuses(key, value.stamp, now)) return result("newerHeld");
    const adding = { held, now, republishAt, cachedMs, keptAs, replicas };
    return this.#add(value, hash, adding) ?? result("full");
  }

  /** Adds a version, in place of the held one if there is one; null if there is no room. */
  #add(value: TimedValue, hash: number, options: AddOptions): StoreResult | null {
    const { held, now, republishAt, cachedMs, keptAs, replicas } = options;
    // Nobody else would keep what a replica stood for, so what takes its place is one.
    const isCached = cachedMs !== undefined && (held === NONE || this.#cached.has(held));
    const expiresAt = now + (isCached ? Math.min(cachedMs, value.ttlMs) : value.ttlMs);
    const replacedUntil = held === NONE ? 0 : this.#expiresAt(held);
    const replacedReplicas = held === NONE ? 0 : this.#entries.rows.u32(held, REPLICATION);
    const needsTombstone = replacedUntil > expiresAt;
    const bytes = sizeOf(value.value.length) + (needsTombstone ? TOMBSTONE_BYTES : 0);
    if (!this.#makeRoom(bytes, held, now)) return null;
    if (held !== NONE) this.#remove(held);
    const hasFullTtl = !isCached;
    const row = this.#entries.add(value, hash, { expiresAt, republishAt, hasFullTtl, replicas });
    this.#expiries.set(row, expiresAt);
    if (isCached) this.#cached.add(row);
    else {
      this.#republications.add(row);
      this.#replicas.tellCame(row);
    }
    if (held !== NONE) this.#noteConflict(row, replacedReplicas);
    if (needsTombstone) {
      this.#tombstones.add(value.key, { stamp: value.stamp, until: replacedUntil });
    }
    this.#entries.rows.mark(row, IS_RESTORED, keptAs !== undefined);
    if (!isCached) this.#kept.keep(row, value, keptAs);
    const isCapped = this.bytes <= this.#bytesMax && this.size <= this.#entriesMax;
    assertInvariant(isCapped, "the store stays within its caps");
    return { status: "stored", held: this.#handle(row), hasReplaced: held !== NONE };
  }

  /** Positive if a value is newer than the held one, 0 if it is the same. */
  #compare(value: TimedValue, held: number): number {
    const { rows } = this.#entries;
    const heldVersion = {
      stamp: rows.f64(held, STAMP),
      value: this.#entries.viewValue(held),
      expiresAt: rows.endOf(held),
      nonce: this.#entries.nonce(held),
    };
    return compareVersions(value, heldVersion, this.#sha256);
  }

  /** Notes that a replica has met another version of its key, which so many nodes were to hold. */
  #noteConflict(row: number, replicas: number): void {
    if (this.#cached.has(row)) return;
    this.#entries.rows.mark(row, HAS_CONFLICT, true);
    this.#wantReplicas(row, replicas);
  }

  /** Has a replica want at least so many. */
  #wantReplicas(row: number, replicas: number): void {
    const { rows } = this.#entries;
    if (replicas <= rows.u32(row, REPLICATION)) return;
    this.#replicas.tellGone(row);
    rows.setU32(row, REPLICATION, replicas);
    this.#replicas.tellCame(row);
  }

  /** Removes expired values, up to `countMax`; returns how many it removed. */
  expire(now: number, countMax = Infinity): number {
    let count = 0;
    for (; count < countMax && this.#expiries.size > 0; count++) {
      if (this.#expiries.firstTime > now) break;
      this.#remove(this.#expiries.first);
    }
    this.#tombstones.expire(now);
    return count;
  }

  /** When `expire` has something to do next; infinite if never. */
  get nextExpiry(): number {
    return Math.min(this.#expiries.firstTime, this.#tombstones.firstEnd);
  }

  /** Takes replicas that are due for republishing; each is due again after an interval. */
  takeDue(now: number, options: DueOptions): StoredValue[] {
    return this.#republications.takeDue(now, options).map((row) => this.#handle(row));
  }

  /** Makes one replica due at a time, unless it is due before. */
  scheduleEarlier(entry: StoredValue, time: number): void {
    this.#republications.scheduleEarlier(entry.row, time);
  }

  /** When `takeDue` may have something next; infinite if never. */
  get nextRepublication(): number {
    return this.#republications.nextTime;
  }

  /** Takes back that a replica is due for republishing, and that other versions are about. */
  settle(entry: StoredValue): void {
    if (!entry.isHeld || entry.isCached) return;
    entry.hasConflict = false;
    this.#republications.schedule(entry.row, Infinity);
  }

  /**
   * Makes a replica a cached value, which ends at a time if it would not before: others are closer to its key now
   * and hold it. Nobody brings a newer version here any more.
   */
  demote(entry: StoredValue, endsAt: number): void {
    if (!entry.isHeld || entry.isCached) return;
    const { row } = entry;
    this.#republications.delete(row);
    this.#kept.forget(row);
    this.#replicas.tellGone(row);
    this.#cached.add(row);
    if (endsAt >= this.#expiresAt(row)) return;
    const { rows } = this.#entries;
    rows.setF64(row, EXPIRES_AT, endsAt);
    rows.mark(row, HAS_FULL_TTL, false);
    rows.mark(row, IS_RESTORED, false);
    this.#expiries.set(row, endsAt);
  }

  /** Removes a replica that a newer version has replaced elsewhere, and keeps its version away until its end. */
  retire(entry: StoredValue): void {
    if (!entry.isHeld || entry.isCached) return;
    const { key, stamp } = entry;
    const until = this.#expiresAt(entry.row);
    this.#remove(entry.row);
    this.#tombstones.add(key, { stamp: stamp + 1, until });
  }

  /** Removes a replica as if it had never been there: its stamp is wrong, and another with a right one is to follow. */
  drop(entry: StoredValue): void {
    if (!entry.isHeld) return;
    const { key, row } = entry;
    this.#remove(row);
    this.#tombstones.delete(key);
  }

  /** Whether a newer version has replaced this one here and has ended since. */
  hasReplaced({ key, stamp }: { key: NodeId; stamp: number }, now: number): boolean {
    return this.get(key, now) === null && this.#tombstones.refuses(key, stamp, now);
  }

  /**
   * Moves the ends of a part of the replicas that were read back: what time it is has turned out to be otherwise.
   * Positions are those of {@linkcode walkReplicas}.
   */
  moveRestored(byMs: number, position: number, countMax: number): number | null {
    const { rows } = this.#entries;
    const end = Math.min(position + countMax, rows.end);
    for (let row = position; row < end; row++) {
      if (!rows.isTaken(row) || !rows.is(row, IS_RESTORED)) continue;
      const expiresAt = this.#expiresAt(row) + byMs;
      rows.setF64(row, EXPIRES_AT, expiresAt);
      this.#expiries.set(row, expiresAt);
    }
    return end < rows.end ? end : null;
  }

  /**
   * Has the replica of a row end later than it would, if it was not read back.
   *
   * @param endOf when a version with such a stamp and such an end, by the network's time, ends by the owner's clock.
   */
  prolong(row: number, endOf: (stamp: number, end: number) => number): void {
    const { rows } = this.#entries;
    if (rows.is(row, IS_RESTORED)) return;
    const expiresAt = endOf(rows.f64(row, STAMP), rows.endOf(row));
    if (expiresAt <= this.#expiresAt(row)) return;
    rows.setF64(row, EXPIRES_AT, expiresAt);
    this.#expiries.set(row, expiresAt);
  }

  /**
   * Goes through the replicas that are not kept beyond the process, and notes the number that each is kept as from
   * now on. Values may come and go meanwhile.
   */
  *unkept(now: number, nextNumber: () => number): Generator<StoredValue> {
    for (const row of this.#kept.number(now, nextNumber)) yield this.#handle(row);
  }

  /** The numbers that replicas are kept as beyond the process. */
  keptNumbers(): Uint32Array {
    return this.#kept.numbers();
  }

  /** Takes all replicas, or those with some numbers, for not kept beyond the process. */
  forgetKept(numbers?: ReadonlySet<number>): void {
    this.#kept.clear(numbers);
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
    value: TimedValue,
    { now, republishAt, replicas }: { now: number; republishAt: number; replicas: number },
  ): void {
    const { rows } = this.#entries;
    if (!this.#cached.has(held)) {
      this.#wantReplicas(held, replicas);
      if (republishAt !== Infinity) this.#republications.scheduleLater(held, republishAt);
      return;
    }
    this.#promote(held, now + value.ttlMs);
    rows.setU32(held, REPLICATION, replicas);
    this.#republications.schedule(held, republishAt);
    this.#replicas.tellCame(held);
    this.#kept.keep(held, value);
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
    this.#kept.forget(row);
    if (this.#cached.has(row)) this.#cached.delete(row);
    else this.#replicas.tellGone(row);
    this.#expiries.delete(row);
    this.#republications.delete(row);
    this.#entries.remove(row);
  }
}

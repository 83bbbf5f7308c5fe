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
  /** When it is to be republished by this node, unless another does before. */
  republishAt: number;
  /** Whether its life is what is left of the value's own, not one cut short for a copy. */
  hasFullLife: boolean;
  /** Tells it from other versions under its key. */
  readonly serial: number;
}

/** Caps of a store, and how it hashes. */
export interface ValueStoreOptions {
  readonly sha256: Hash;
  /** Keys and values together. */
  readonly bytesMax?: number;
  readonly entriesMax?: number;
}

/**
 * When an entry is due, as it was known when this was queued. It names the entry and does not refer to it:
 * what has been removed must not stay in memory until its time comes.
 */
interface Due {
  readonly time: number;
  readonly name: string;
  readonly serial: number;
}

/** Bytes an entry counts with: key, nonce, value. */
const ENTRY_BYTES = 64;

/** Removed entries that a queue may always hold. */
const QUEUE_SLACK = 1_024;

/** All values of one node. */
export class ValueStore {
  readonly #entries = new Map<string, StoredValue>();
  /** Copies in the order in which they came. */
  readonly #copies = new Set<StoredValue>();
  readonly #expiries = new Heap<Due>((a, b) => a.time < b.time);
  readonly #republications = new Heap<Due>((a, b) => a.time < b.time);
  readonly #sha256: Hash;
  readonly #bytesMax: number;
  readonly #entriesMax: number;
  #bytes = 0;
  #copyBytes = 0;
  #serial = 0;

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
      republishAt,
      hasFullLife: !isCopy,
      serial: this.#serial++,
    });
    return "stored";
  }

  /** Removes what has expired; returns how many values that were. */
  expire(now: number): number {
    let count = 0;
    for (let due = this.#expiries.peek(); due && due.time <= now; due = this.#expiries.peek()) {
      this.#expiries.pop();
      const entry = this.#entryOf(due);
      if (entry && entry.expiresAt > now) this.#expiries.push({ ...due, time: entry.expiresAt });
      if (!entry || entry.expiresAt > now) continue;
      this.#remove(due.name, entry);
      count++;
    }
    return count;
  }

  /** When `expire` has something to do next; infinite if never. */
  get nextExpiry(): number {
    return this.#expiries.peek()?.time ?? Infinity;
  }

  /** Takes up to `amount` replicas that are due for republishing; each is due again after `intervalMs`. */
  takeDue(now: number, amount: number, intervalMs: () => number): StoredValue[] {
    const due: StoredValue[] = [];
    for (let first = this.#republications.peek(); first; first = this.#republications.peek()) {
      if (first.time > now || due.length >= amount) break;
      this.#republications.pop();
      const entry = this.#entryOf(first);
      if (!entry || entry.isCopy || entry.expiresAt <= now) continue;
      if (entry.republishAt <= now) {
        due.push(entry);
        entry.republishAt = now + intervalMs();
      }
      this.#queueRepublication(first.name, entry);
    }
    return due;
  }

  /** Makes all replicas due at times of the given choice, unless they are due before. */
  hasten(dueAt: () => number): void {
    for (const [name, entry] of this.#entries) {
      const time = dueAt();
      if (entry.isCopy || entry.republishAt <= time) continue;
      entry.republishAt = time;
      this.#queueRepublication(name, entry);
    }
    this.#forgetRemoved(this.#republications);
  }

  /** When `takeDue` may have something next; infinite if never. */
  get nextRepublication(): number {
    return this.#republications.peek()?.time ?? Infinity;
  }

  /** Makes a replica a copy: others are closer to its key now and hold it. */
  demote(entry: StoredValue): void {
    if (this.#entries.get(idKey(entry.key)) !== entry || entry.isCopy) return;
    entry.isCopy = true;
    this.#copies.add(entry);
    this.#copyBytes += sizeOf(entry);
  }

  /** The entry that is due, unless it has been removed since. */
  #entryOf({ name, serial }: Due): StoredValue | null {
    const entry = this.#entries.get(name);
    return entry?.serial === serial ? entry : null;
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
    held.republishAt = Math.max(held.republishAt, republishAt);
    if (!held.isCopy) return "stored";
    held.isCopy = false;
    held.replication = value.replication;
    held.republishAt = republishAt;
    this.#copies.delete(held);
    this.#copyBytes -= sizeOf(held);
    const name = idKey(held.key);
    if (!held.hasFullLife && now + value.ttlMs > held.expiresAt) {
      held.expiresAt = now + value.ttlMs;
    }
    held.hasFullLife = true;
    this.#queueRepublication(name, held);
    return "stored";
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
    this.#expiries.push({ time: entry.expiresAt, name, serial: entry.serial });
    if (entry.isCopy) {
      this.#copies.add(entry);
      this.#copyBytes += sizeOf(entry);
    } else {
      this.#queueRepublication(name, entry);
    }
  }

  #remove(name: string, entry: StoredValue): void {
    this.#entries.delete(name);
    this.#bytes -= sizeOf(entry);
    if (this.#copies.delete(entry)) this.#copyBytes -= sizeOf(entry);
    this.#forgetRemoved(this.#expiries);
    this.#forgetRemoved(this.#republications);
  }

  /** A queue holds on to removed entries until they are due; when these prevail it is made anew. */
  #forgetRemoved(queue: Heap<Due>): void {
    if (queue.size < 2 * this.size + QUEUE_SLACK) return;
    const living = new Map<string, Due>();
    for (let due = queue.pop(); due; due = queue.pop()) {
      // The earliest of several is enough: it finds out when the entry is really due.
      if (this.#entryOf(due) && !living.has(due.name)) living.set(due.name, due);
    }
    for (const due of living.values()) queue.push(due);
  }

  /** A value that dies before its time comes is never republished. */
  #queueRepublication(name: string, { republishAt, expiresAt, serial }: StoredValue): void {
    if (republishAt < expiresAt) this.#republications.push({ time: republishAt, name, serial });
  }
}

function sizeOf(entry: { readonly value: Uint8Array }): number {
  return ENTRY_BYTES + entry.value.length;
}

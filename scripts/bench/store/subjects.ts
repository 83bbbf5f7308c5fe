/**
 * What the benchmark of the value store measures: the store, and a `Map` of objects for comparison.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { idKey, type NodeId } from "../../../lib/core/kademlia/node_id.ts";
import { HASH_SEED_BYTES, ValueStore } from "../../../lib/core/store/value_store.ts";
import type { TimedValue } from "../../../lib/core/value.ts";
import { sha256 } from "../../../lib/hash/sha256.ts";

/** Something that keeps values. The time at which they are put and found is 0. */
export interface Subject {
  /** Takes a value in, copying its bytes; returns whether it did. */
  put(value: TimedValue, republishAt: number): boolean;
  /** Whether it has a value under a key. */
  has(key: NodeId): boolean;
  /** A copy of the bytes of a value; null if there is none. */
  valueOf(key: NodeId): Uint8Array | null;
  /** Removes what has expired; returns how many values that were. */
  expire(now: number): number;
}

/** The store of a node. */
export class StoreSubject implements Subject {
  readonly #store = new ValueStore({ sha256, seed: new Uint8Array(randomBytes(HASH_SEED_BYTES)) });

  put(value: TimedValue, republishAt: number): boolean {
    return this.#store.put(value, { now: 0, republishAt }).status === "stored";
  }

  has(key: NodeId): boolean {
    return this.#store.get(key, 0) !== null;
  }

  valueOf(key: NodeId): Uint8Array | null {
    return this.#store.get(key, 0)?.value ?? null;
  }

  expire(now: number): number {
    return this.#store.expire(now);
  }
}

/** An entry of {@linkcode MapSubject}. */
interface Entry {
  readonly value: Uint8Array;
  readonly nonce: Uint8Array;
  readonly stamp: number;
  readonly replication: number;
  readonly expiresAt: number;
  readonly republishAt: number;
  readonly isCached: boolean;
  readonly isOnlyHolder: boolean;
  readonly hasConflict: boolean;
}

/**
 * A `Map` of objects by key. It does less than the store: it has no caps and no queues, so that it finds
 * what expires next, or is to be republished next, by going through everything.
 */
export class MapSubject implements Subject {
  readonly #entries = new Map<string, Entry>();

  put(timed: TimedValue, republishAt: number): boolean {
    const { value, nonce, stamp, replication, ttlMs } = timed;
    const key = idKey(timed.key);
    const held = this.#entries.get(key);
    if (held && held.stamp >= stamp) return false;
    this.#entries.set(key, {
      value: value.slice(),
      nonce: nonce.slice(),
      stamp,
      replication,
      expiresAt: ttlMs,
      republishAt,
      isCached: false,
      isOnlyHolder: false,
      hasConflict: false,
    });
    return true;
  }

  has(key: NodeId): boolean {
    return this.#entries.has(idKey(key));
  }

  valueOf(key: NodeId): Uint8Array | null {
    return this.#entries.get(idKey(key))?.value.slice() ?? null;
  }

  expire(now: number): number {
    let count = 0;
    for (const [key, { expiresAt }] of this.#entries) {
      if (expiresAt <= now && this.#entries.delete(key)) count++;
    }
    return count;
  }
}

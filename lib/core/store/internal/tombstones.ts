/**
 * What is left of versions that have ended before the ones that they replaced would have: enough to refuse those.
 *
 * Without this, an older version that another node still holds would come back once the newer one has ended.
 *
 * @module
 */

import { idKey, type NodeId } from "../../kademlia/node_id.ts";

/** Bytes that a tombstone counts with: key, stamp and end. */
export const TOMBSTONE_BYTES = 48;

/** A version that has replaced another. Times are of the owner's clock, in milliseconds. */
export interface Tombstone {
  readonly stamp: number;
  /** When the replaced version would have ended. */
  readonly until: number;
}

/** The tombstones of one store, by key. */
export class Tombstones {
  readonly #countMax: number;
  readonly #byKey = new Map<string, Tombstone>();
  #firstEnd = Infinity;

  /** @param countMax beyond this the one that was made first goes. */
  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  /** Bytes that they count with. */
  get bytes(): number {
    return this.#byKey.size * TOMBSTONE_BYTES;
  }

  /** When the first of them ends; infinite if there is none. */
  get firstEnd(): number {
    return this.#firstEnd;
  }

  /** Makes a tombstone; one of the same key is replaced and does not end before it would have. */
  add(key: NodeId, { stamp, until }: Tombstone): void {
    const name = idKey(key);
    const before = this.#byKey.get(name);
    this.#byKey.delete(name);
    this.#byKey.set(name, { stamp, until: Math.max(until, before?.until ?? 0) });
    this.#firstEnd = Math.min(this.#firstEnd, until);
    if (this.#byKey.size <= this.#countMax) return;
    const [first] = this.#byKey.keys();
    this.#byKey.delete(first!);
  }

  /** Whether a version of a key is older than one that has replaced it here. */
  refuses(key: NodeId, stamp: number, now: number): boolean {
    if (this.#byKey.size === 0) return false; // mostly so, and a string for the key would be made in vain
    const tombstone = this.#byKey.get(idKey(key));
    return tombstone !== undefined && tombstone.until > now && stamp < tombstone.stamp;
  }

  /** Removes that of a key. */
  delete(key: NodeId): void {
    this.#byKey.delete(idKey(key));
  }

  /** Removes those that have ended. */
  expire(now: number): void {
    if (this.#firstEnd > now) return;
    this.#firstEnd = Infinity;
    for (const [name, { until }] of this.#byKey) {
      if (until <= now) this.#byKey.delete(name);
      else this.#firstEnd = Math.min(this.#firstEnd, until);
    }
  }
}

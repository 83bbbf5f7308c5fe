/**
 * What a value store promises, written as plainly as possible: a list, searched from front to back.
 *
 * @module
 */

import type { TimedValue } from "../../../lib/core/value.ts";
import type { StoreStatus } from "../../../lib/core/wire/messages.ts";
import type { StoreOptions } from "../../../lib/core/store/value_store.ts";
import { idKey, type NodeId } from "../../../lib/core/kademlia/node_id.ts";
import { sha256 } from "../../../lib/hash/sha256.ts";

/** A value in the model. */
export interface ModelEntry {
  readonly name: string;
  readonly value: Uint8Array;
  readonly stamp: number;
  expiresAt: number;
  republishAt: number;
  isCached: boolean;
  /** Whether its TTL was cut short by path caching. */
  isCutShort: boolean;
}

/** A naive value store. Its cached values stand in the order in which they make room. */
export class StoreModel {
  entries: ModelEntry[] = [];
  readonly #bytesMax: number;
  readonly #entriesMax: number;

  constructor(bytesMax: number, entriesMax: number) {
    this.#bytesMax = bytesMax;
    this.#entriesMax = entriesMax;
  }

  get bytes(): number {
    return this.entries.reduce((sum, { value }) => sum + 64 + value.length, 0);
  }

  /** Forgets what has expired; the model is never asked before. */
  expire(now: number): void {
    this.entries = this.entries.filter(({ expiresAt }) => expiresAt > now);
  }

  find(key: NodeId): ModelEntry | undefined {
    return this.entries.find(({ name }) => name === idKey(key));
  }

  put(timed: TimedValue, { now, republishAt, isCached }: Required<StoreOptions>): StoreStatus {
    if (timed.ttlMs <= 0) return "expired";
    const { value, stamp } = timed;
    const held = this.find(timed.key);
    const order = held ? compareVersions(timed, held) : 1;
    if (order < 0) return "newerHeld";
    if (held && order === 0) {
      this.#again(held, now + timed.ttlMs, republishAt, isCached);
      return "stored";
    }
    const others = this.#makeRoom(64 + value.length, held);
    if (!others) return "full";
    this.entries = [...others, {
      name: idKey(timed.key),
      value,
      stamp,
      expiresAt: now + timed.ttlMs,
      republishAt,
      isCached,
      isCutShort: isCached,
    }];
    return "stored";
  }

  /** The replicas that are due. */
  due(now: number): ModelEntry[] {
    return this.entries.filter(({ isCached, republishAt }) => !isCached && republishAt <= now);
  }

  scheduleAllEarlier(time: number): void {
    for (const entry of this.entries) {
      if (!entry.isCached) entry.republishAt = Math.min(entry.republishAt, time);
    }
  }

  demote(entry: ModelEntry): void {
    if (entry.isCached) return;
    entry.isCached = true;
    this.entries = [...this.entries.filter((other) => other !== entry), entry];
  }

  #again(held: ModelEntry, expiresAt: number, republishAt: number, isCached: boolean): void {
    if (isCached) return;
    if (!held.isCached) {
      held.republishAt = Math.max(held.republishAt, republishAt);
      return;
    }
    held.isCached = false;
    held.republishAt = republishAt;
    if (held.isCutShort) held.expiresAt = Math.max(held.expiresAt, expiresAt);
    held.isCutShort = false;
  }

  /** The entries that stay next to a new one: cached ones go first, but only if that makes room enough. */
  #makeRoom(bytes: number, replaced: ModelEntry | undefined): ModelEntry[] | null {
    const others = this.entries.filter((entry) => entry !== replaced);
    for (;;) {
      const used = others.reduce((sum, { value }) => sum + 64 + value.length, 0);
      if (used + bytes <= this.#bytesMax && others.length < this.#entriesMax) return others;
      const cached = others.findIndex(({ isCached }) => isCached);
      if (cached < 0) return null;
      others.splice(cached, 1);
    }
  }
}

function compareVersions(a: { stamp: number; value: Uint8Array }, b: ModelEntry): number {
  if (a.stamp !== b.stamp) return a.stamp - b.stamp;
  const [hashA, hashB] = [idKey(sha256(a.value)), idKey(sha256(b.value))];
  return hashA < hashB ? -1 : Number(hashA > hashB);
}

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
  readonly nonce: Uint8Array;
  /** The end of its life as its PUT has said. */
  readonly end: number;
  /** When it leaves the store. */
  expiresAt: number;
  republishAt: number;
  isCached: boolean;
  replication: number;
  hasConflict: boolean;
  /** Whether its TTL was cut short by path caching. */
  isCutShort: boolean;
}

/** A version that has replaced one that would have lived longer. */
interface ModelTombstone {
  readonly name: string;
  readonly stamp: number;
  readonly until: number;
}

/** A naive value store. Its cached values stand in the order in which they make room. */
export class StoreModel {
  entries: ModelEntry[] = [];
  #tombstones: ModelTombstone[] = [];
  readonly #bytesMax: number;
  readonly #entriesMax: number;

  constructor(bytesMax: number, entriesMax: number) {
    this.#bytesMax = bytesMax;
    this.#entriesMax = entriesMax;
  }

  get bytes(): number {
    return this.entries.reduce((sum, { value }) => sum + 64 + value.length, this.#tombstoneBytes);
  }

  /** Forgets what has expired; the model is never asked before. */
  expire(now: number): void {
    this.entries = this.entries.filter(({ expiresAt }) => expiresAt > now);
    this.#tombstones = this.#tombstones.filter(({ until }) => until > now);
  }

  find(key: NodeId): ModelEntry | undefined {
    return this.entries.find(({ name }) => name === idKey(key));
  }

  put(
    timed: TimedValue,
    { now, republishAt = Infinity, cachedMs }: StoreOptions,
  ): StoreStatus {
    const isCached = cachedMs !== undefined;
    if (timed.ttlMs <= 0 || (isCached && cachedMs <= 0)) return "expired";
    const { value, stamp, nonce, expiresAt: end } = timed;
    const held = this.find(timed.key);
    const order = held ? compareVersions(timed, held) : 1;
    const name = idKey(timed.key);
    const staysCached = isCached && (!held || held.isCached);
    const expiresAt = now + (staysCached ? Math.min(cachedMs, timed.ttlMs) : timed.ttlMs);
    if (held && order < 0) {
      if (!isCached) noteConflict(held, timed.replication);
      return "newerHeld";
    }
    if (held && order === 0) {
      this.#again(held, { expiresAt, republishAt, isCached, replication: timed.replication });
      return "stored";
    }
    if (this.#tombstones.some((one) => one.name === name && stamp < one.stamp)) return "newerHeld";
    const isReplacedEarly = held !== undefined && held.expiresAt > expiresAt;
    const others = this.#makeRoom(64 + value.length + (isReplacedEarly ? 48 : 0), held);
    if (!others) return "full";
    if (isReplacedEarly) this.#bury(held, stamp);
    const { replication } = timed;
    const entry: ModelEntry = {
      ...{ name, value, stamp, nonce, end, expiresAt, republishAt, replication },
      isCached: staysCached,
      isCutShort: staysCached,
      hasConflict: false,
    };
    if (held) noteConflict(entry, held.replication);
    this.entries = [...others, entry];
    return "stored";
  }

  isOutdated(key: NodeId, stamp: number): boolean {
    const name = idKey(key);
    return [...this.entries, ...this.#tombstones].some((one) =>
      one.name === name && stamp < one.stamp
    );
  }

  #bury({ name, expiresAt }: ModelEntry, stamp: number): void {
    const before = this.#tombstones.find((one) => one.name === name);
    const until = Math.max(expiresAt, before?.until ?? 0);
    this.#tombstones = this.#tombstones.filter((one) => one !== before);
    this.#tombstones.push({ name, stamp, until });
  }

  get #tombstoneBytes(): number {
    return 48 * this.#tombstones.length;
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

  demote(entry: ModelEntry, endsAt: number): void {
    if (entry.isCached) return;
    entry.isCached = true;
    if (endsAt < entry.expiresAt) entry.isCutShort = true;
    entry.expiresAt = Math.min(entry.expiresAt, endsAt);
    this.entries = [...this.entries.filter((other) => other !== entry), entry];
  }

  #again(
    held: ModelEntry,
    { expiresAt, republishAt, isCached, replication }: Pick<
      ModelEntry,
      "expiresAt" | "republishAt" | "isCached" | "replication"
    >,
  ): void {
    if (isCached) return;
    if (!held.isCached) {
      held.replication = Math.max(held.replication, replication);
      held.republishAt = Math.max(held.republishAt, republishAt);
      return;
    }
    held.isCached = false;
    held.replication = replication;
    held.republishAt = republishAt;
    if (held.isCutShort) held.expiresAt = Math.max(held.expiresAt, expiresAt);
    held.isCutShort = false;
  }

  /** The entries that stay next to a new one: cached ones go first, but only if that makes room enough. */
  #makeRoom(bytes: number, replaced: ModelEntry | undefined): ModelEntry[] | null {
    const others = this.entries.filter((entry) => entry !== replaced);
    for (;;) {
      const used = others.reduce(
        (sum, { value }) => sum + 64 + value.length,
        this.#tombstoneBytes,
      );
      if (used + bytes <= this.#bytesMax && others.length < this.#entriesMax) return others;
      const cached = others.findIndex(({ isCached }) => isCached);
      if (cached < 0) return null;
      others.splice(cached, 1);
    }
  }
}

function noteConflict(entry: ModelEntry, replication: number): void {
  if (entry.isCached) return;
  entry.hasConflict = true;
  entry.replication = Math.max(entry.replication, replication);
}

function compareVersions(a: TimedValue, b: ModelEntry): number {
  if (a.stamp !== b.stamp) return a.stamp - b.stamp;
  const byBytes = compareTexts(idKey(sha256(a.value)), idKey(sha256(b.value)));
  return byBytes || a.expiresAt - b.end || compareTexts(idKey(a.nonce), idKey(b.nonce));
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/**
 * The value store with a clock: removes what has expired, and rings when replicas are due for republishing.
 *
 * @module
 */

import type { NodeId } from "../../core/kademlia/node_id.ts";
import type { Version } from "../../core/repair/version.ts";
import type { FollowedStore, KeptReplica, StoreKeeper } from "../../core/store/keeper.ts";
import type { ReplicaInPlace, ReplicaWatcher } from "../../core/store/replica_watcher.ts";
import type { StoredValue } from "../../core/store/stored_value.ts";
import { HASH_SEED_BYTES, type StoreResult, ValueStore } from "../../core/store/value_store.ts";
import { REPLICA, type SentValue } from "../../core/value.ts";
import { Alarm } from "../alarm.ts";
import type { NodeContext } from "../context.ts";
import { EXPIRIES_STEP, PATH_CACHE_TTL_MAX_MS } from "../limits.ts";
import type { StoreFigures } from "../snapshot.ts";
import { RestoredEnds } from "./restored_ends.ts";

/** Expired values are swept together, so that a million of them do not ring a million times. */
const SWEEP_MS = 1_000;

/** Rows of the store gone through at a stretch, before other work gets its turn: about a millisecond. */
const WALK_STEP = 4_000;

/** What a storage calls. */
export interface StorageHooks extends ReplicaWatcher {
  /** Replicas are due for republishing: {@linkcode Storage.takeDue} gives them. */
  onDue(): void;
  /** A replica has met another version of its key, which other nodes may hold still. */
  onConflict(replica: StoredValue): void;
  /** Replicas of an earlier process have come while the node serves. */
  onRestoredLate(): void;
}

/** How a value is taken. */
export interface TakeOptions {
  /** Whether `onConflict` is called; by default it is. */
  readonly tellsConflict?: boolean;
}

/** What a walk through all replicas calls. */
export interface Walk {
  visit(replica: ReplicaInPlace): void;
  /** The rows below a position have been gone through. */
  onStep?(position: number): void;
  onEnd(): void;
}

/** What tells a version apart. */
type VersionKey = Pick<Version, "key" | "stamp" | "tag">;

/** The answer of a node that is about to leave. */
const LEAVING: StoreResult = { status: "leaving", held: null, hasReplaced: false };

/** The values of one node. */
export class Storage implements FollowedStore {
  readonly #context: NodeContext;
  readonly #store: ValueStore;
  readonly #expiry: Alarm;
  #isLeaving = false;
  readonly #restoredEnds: RestoredEnds;
  readonly #republication: Alarm;
  readonly #hooks: StorageHooks;

  constructor(context: NodeContext, hooks: StorageHooks) {
    const { ports: { clock, random, sha256 } } = context;
    this.#context = context;
    this.#hooks = hooks;
    const seed = new Uint8Array(HASH_SEED_BYTES);
    random.fill(seed);
    this.#store = new ValueStore({ sha256, seed, keeper: this.#keeper(), watcher: hooks });
    this.#restoredEnds = new RestoredEnds(context, {
      onMove: (byMs, position, countMax) => this.#store.moveRestored(byMs, position, countMax),
      onChanged: () => this.#setAlarms(),
    });
    this.#expiry = new Alarm(clock, () => this.#sweep());
    this.#republication = new Alarm(clock, () => hooks.onDue());
  }

  /** Whether the node is about to leave, so that what it holds does not count as held. */
  get isLeaving(): boolean {
    return this.#isLeaving;
  }

  /** Takes nothing more, since it would be lost: the node is about to leave. */
  refuse(): void {
    this.#isLeaving = true;
  }

  /**
   * Stores what this node or a peer gives, as a replica or as a cached value: it wants no more replicas than fill a
   * bucket, and is kept no longer than this node allows.
   */
  take(
    { cachedUntil, ...value }: SentValue,
    { tellsConflict = true }: TakeOptions = {},
  ): StoreResult {
    const { options: { bucketSize }, time } = this.#context;
    if (this.#isLeaving) return LEAVING;
    const networkNow = time.now();
    time.observe(value.stamp);
    const ttlMs = this.#leftMs(value.stamp, value.expiresAt);
    const result = this.#store.put({ ...value, ttlMs }, {
      now: this.#now(),
      replicas: Math.min(value.replication, bucketSize),
      ...cachedUntil !== REPLICA &&
        { cachedMs: Math.min(cachedUntil - networkNow, PATH_CACHE_TTL_MAX_MS) },
    });
    if (result.held?.hasConflict && tellsConflict) this.#hooks.onConflict(result.held);
    this.#setAlarms();
    return result;
  }

  /** The living value under a key. */
  get(key: NodeId, now: number = this.#now()): StoredValue | null {
    return this.#store.get(key, now);
  }

  /** All living values. */
  entries(): Iterable<StoredValue> {
    return this.#store.entries(this.#now());
  }

  /**
   * Whether this node holds no replica of a version, and has had no newer one. Of two with one stamp each is
   * lacked by a node that holds the other.
   */
  lacks({ key, stamp, tag }: VersionKey): boolean {
    if (this.#store.isOutdated({ key, stamp }, this.#now())) return false;
    const held = this.get(key);
    return held?.stamp !== stamp || held.isCached || held.tag !== tag;
  }

  /** Whether a newer version has replaced this one here, of which nothing is left. */
  hasReplaced(version: VersionKey): boolean {
    return this.#store.hasReplaced(version, this.#now());
  }

  /** A replica is dropped, and its version is not taken again: a newer one has replaced it elsewhere. */
  retire({ key, stamp, tag }: VersionKey): void {
    const held = this.get(key);
    if (held?.stamp !== stamp || held.tag !== tag) return;
    this.#store.retire(held);
    this.#setAlarms();
  }

  /** The replica of a row ends later if its end was reckoned too early: what time it is has been known only since. */
  prolong(row: number): void {
    const now = this.#now();
    this.#store.prolong(row, (stamp, end) => now + this.#leftMs(stamp, end));
  }

  /** A replica whose stamp is wrong is dropped, since one with a right stamp takes its place. */
  drop(entry: StoredValue): void {
    this.#store.drop(entry);
  }

  /** Another node has looked a version up to bring it to all that should hold it: this one need not. */
  notePlaced({ key, stamp, tag }: VersionKey): void {
    const held = this.get(key);
    if (held?.stamp === stamp && held.tag === tag) this.#store.settle(held);
  }

  /**
   * Goes through all replicas, at once if they are few. Many take turns with other work: those that come or go
   * meanwhile may be visited or not, and what has expired is until it is removed.
   */
  walkAllReplicas({ visit, onStep, onEnd }: Walk): void {
    const { clock } = this.#context.ports;
    const proceed = (from: number): void => {
      const position = this.walkReplicas(from, WALK_STEP, visit);
      if (position === null) return onEnd();
      onStep?.(position);
      clock.runAt(clock.now(), () => proceed(position));
    };
    proceed(0);
  }

  /** A part of all replicas; see `ValueStore.walkReplicas`. */
  walkReplicas(
    position: number,
    countMax: number,
    visit: (replica: ReplicaInPlace) => void,
  ): number | null {
    return this.#store.walkReplicas(position, countMax, visit);
  }

  /** The replica of a row that a walk or a hook has named, as long as it is held. */
  replicaIn(row: number): StoredValue {
    return this.#store.replicaIn(row);
  }

  /** Calls back when what has been stored is as safe as it must be to be acknowledged. */
  whenSafe(onSafe: () => void): void {
    const { journal } = this.#context.ports;
    if (journal) journal.whenSafe(onSafe);
    else onSafe();
  }

  /** The network's time by which ends are kept. */
  networkNow(): number {
    return this.#context.time.aheadMs + this.#now();
  }

  /** Notes what time it was when the process before kept something. */
  noteKeptAt(time: number): void {
    this.#context.time.noteBefore(time);
  }

  /** Takes in a replica that outlived the process before, also if it seems to have ended: see {@linkcode RestoredEnds}. */
  restore(replica: KeptReplica): void {
    const { options: { bucketSize }, ports: { journal }, time } = this.#context;
    const ttlMs = this.#restoredEnds.ttlMsOf(replica);
    time.observe(replica.stamp);
    const { held } = this.#store.put({ ...replica, ttlMs }, {
      now: this.#now(),
      keptAs: replica.row,
      replicas: Math.min(replica.replication, bucketSize),
    });
    if (held?.keptAs !== replica.row) journal?.forget(replica.row);
    this.#setAlarms();
  }

  noteRestoredLate(): void {
    this.#hooks.onRestoredLate();
  }

  /** Notes that a contact has shown what time it is. */
  noteMeasured(): void {
    this.#restoredEnds.onMeasured();
  }

  /** Goes through the replicas that the journal lacks; each gets its row. */
  *unkept(nextRow: () => number): Generator<KeptReplica> {
    for (const entry of this.#store.unkept(this.#now(), nextRow)) {
      yield { row: entry.keptAs, ...entry.replica };
    }
  }

  /** The rows that the replicas have in the journal. */
  keptRows(): Uint32Array {
    return this.#store.keptNumbers();
  }

  /** Forgets which rows the replicas have in the journal. */
  forgetRows(rows?: ReadonlySet<number>): void {
    this.#store.forgetKept(rows);
  }

  /** The store in numbers. */
  figures(): StoreFigures {
    const { size, cachedCount: cached, bytes, bytesMax, fill } = this.#store;
    return { replicas: size - cached, cached, bytes, bytesMax, fill };
  }

  /** A stored value as it travels; its bytes are copies. */
  asSent(entry: StoredValue): SentValue {
    const { replica, isCached, expiresAt } = entry;
    const leftMs = expiresAt - this.#now();
    const cachedUntil = isCached ? Math.ceil(this.#context.time.now() + leftMs) : REPLICA;
    return { ...replica, cachedUntil };
  }

  /** Takes back that a replica is due, and that other versions are about: it has been placed. */
  settle(entry: StoredValue): void {
    this.#store.settle(entry);
  }

  /** Makes a replica a cached value: other nodes are closer to its key now and hold it. */
  demote(entry: StoredValue): void {
    this.#store.demote(entry, this.#now() + PATH_CACHE_TTL_MAX_MS);
    this.#setAlarms();
  }

  /** Up to `amount` replicas that are due for republishing now; none of them is due again by itself. */
  takeDue(amount: number): StoredValue[] {
    return this.#store.takeDue(this.#now(), { countMax: amount, intervalMs: () => Infinity });
  }

  /** Rings when a replica is due: at once, if one is now. */
  awaitDue(): void {
    this.#republication.setFor(this.#store.nextRepublication);
  }

  /** Makes one replica due at a time, unless it is due before. */
  scheduleEarlier(entry: StoredValue, dueAt: number): void {
    this.#store.scheduleEarlier(entry, dueAt);
    this.awaitDue();
  }

  /**
   * Removes up to `EXPIRIES_STEP` values that have expired at a time; returns how many. None is while a node that has
   * started again is not sure what time it is.
   */
  expire(time: number): number {
    if (time < this.#restoredEnds.endedStaysUntil) return 0;
    const count = this.#store.expire(time, EXPIRIES_STEP);
    if (count > 0) this.#context.ports.observer?.expired(count);
    return count;
  }

  /** Stops the alarms, for good. */
  close(): void {
    this.#expiry.close();
    this.#republication.close();
  }

  /** What is left of the life of a version; the longest one is counted from the PUT. */
  #leftMs(stamp: number, expiresAt: number): number {
    const { options: { ttlMaxMs }, time } = this.#context;
    const age = Math.max(0, time.now() - stamp);
    return Math.min(time.leftMs(expiresAt), ttlMaxMs - age);
  }

  #keeper(): StoreKeeper | undefined {
    const { journal } = this.#context.ports;
    if (!journal?.keepsValues) return undefined;
    return {
      keep: (replica) => journal.keep(replica),
      forget: (row) => journal.forget(row),
    };
  }

  #sweep(): void {
    const now = this.#now();
    if (this.expire(now) === EXPIRIES_STEP) this.#expiry.setFor(now);
    this.#setAlarms();
  }

  #setAlarms(): void {
    this.#expiry.setFor(
      Math.max(this.#store.nextExpiry + SWEEP_MS, this.#restoredEnds.endedStaysUntil),
    );
    this.awaitDue();
  }

  #now(): number {
    return this.#context.ports.clock.now();
  }
}

/**
 * The value store with a clock: removes what has expired and says what is due for republishing.
 *
 * @module
 */

import { HASH_SEED_BYTES } from "../../core/store/internal/key_hash.ts";
import { EARLY_REPUBLISH_MS, EXPIRIES_STEP, PATH_CACHE_TTL_MAX_MS } from "../limits.ts";
import type { StoreStatus, TimedValue } from "../../core/wire/messages.ts";
import { CACHED_REPLICATION } from "../../core/wire/versions.ts";
import type { NodeId } from "../../core/kademlia/node_id.ts";
import type { StoredValue } from "../../core/store/stored_value.ts";
import { ValueStore } from "../../core/store/value_store.ts";
import { Alarm } from "../alarm.ts";
import { shortened } from "../jitter.ts";
import type { NodeOptions } from "../options.ts";
import type { Ports } from "../ports.ts";
import type { StoreFigures } from "../snapshot.ts";

/** Expired values are swept together, so that a million of them do not ring a million times. */
const SWEEP_MS = 1_000;

/** The values of one node. */
export class Storage {
  readonly store: ValueStore;
  readonly #ports: Ports;
  readonly #options: NodeOptions;
  readonly #expiry: Alarm;
  readonly #republication: Alarm;
  #closed = false;
  /** Called when values are due; takes them with {@linkcode takeDue}. */
  onDue: () => void = () => {};

  constructor(options: NodeOptions, ports: Ports) {
    this.#options = options;
    this.#ports = ports;
    const seed = new Uint8Array(HASH_SEED_BYTES);
    ports.random.fill(seed);
    this.store = new ValueStore({ sha256: ports.sha256, seed });
    this.#expiry = new Alarm(ports.clock, () => this.#expire());
    this.#republication = new Alarm(ports.clock, () => this.onDue());
  }

  /** Keeps a value, as a replica or as a copy. */
  put(value: TimedValue, isCached: boolean): StoreStatus {
    const now = this.#ports.clock.now();
    const status = this.store.put(value, now, now + this.#intervalMs(), isCached);
    this.#setAlarms();
    return status;
  }

  /**
   * Keeps what a peer gives, as a copy if it names no number of replicas: no more of these than fill a bucket,
   * and no longer than this node allows.
   */
  take(value: TimedValue): StoreStatus {
    const { ttlMaxMs, bucketSize } = this.#options;
    const isCached = value.replication === CACHED_REPLICATION;
    const age = this.#ports.clock.unixNow() - value.stamp;
    // Nobody's republishing takes a value beyond the longest life, counted from its PUT.
    const ttlMax = isCached ? PATH_CACHE_TTL_MAX_MS : ttlMaxMs - Math.max(0, age);
    const ttlMs = Math.min(value.ttlMs, ttlMax);
    const replication = Math.min(value.replication, bucketSize);
    return this.put({ ...value, ttlMs, replication }, isCached);
  }

  /** The living value under a key. */
  get(key: NodeId, now: number = this.#ports.clock.now()): StoredValue | null {
    return this.store.get(key, now);
  }

  /** All living values. */
  entries(): Iterable<StoredValue> {
    return this.store.entries(this.#ports.clock.now());
  }

  /** The store in numbers. */
  figures(): StoreFigures {
    const { size, copies: cached, bytes, bytesMax, fill } = this.store;
    return { replicas: size - cached, cached, bytes, bytesMax, fill };
  }

  /** Up to `amount` values that are due for republishing now. */
  takeDue(amount: number): StoredValue[] {
    return this.store.takeDue(this.#ports.clock.now(), amount, () => this.#intervalMs());
  }

  /** Rings `onDue` when something is due: at once, if something is now. */
  awaitDue(): void {
    if (!this.#closed) this.#republication.setFor(this.store.nextRepublication);
  }

  /** Has all replicas republished soon, each at a random time. */
  republishEarly(): void {
    const { clock, random } = this.#ports;
    const now = clock.now();
    this.store.scheduleAllEarlier(() => now + EARLY_REPUBLISH_MS * random.next());
    this.awaitDue();
  }

  /** Has one replica republished early, though late enough for its PUT to have ended. */
  republishSoon(entry: StoredValue): void {
    const { clock, random } = this.#ports;
    this.store.scheduleEarlier(entry, clock.now() + EARLY_REPUBLISH_MS * (1 + random.next()));
    this.awaitDue();
  }

  /** A stored value as it travels, with the life that is left; its bytes are copies. */
  asTimed(entry: StoredValue): TimedValue {
    const { key, value, replication, stamp, nonce, isCached } = entry;
    const ttlMs = Math.ceil(entry.expiresAt - this.#ports.clock.now());
    return {
      key,
      value,
      ttlMs,
      replication: isCached ? CACHED_REPLICATION : replication,
      stamp,
      nonce,
    };
  }

  /** Stops the alarms, for good. */
  close(): void {
    this.#closed = true;
    this.#expiry.stop();
    this.#republication.stop();
  }

  #expire(): void {
    const { clock, observer } = this.#ports;
    const count = this.store.expire(clock.now(), EXPIRIES_STEP);
    if (count > 0) observer?.expired(count);
    if (count === EXPIRIES_STEP) this.#expiry.setFor(clock.now());
    this.#setAlarms();
  }

  #setAlarms(): void {
    if (!this.#closed) this.#expiry.setFor(this.store.nextExpiry + SWEEP_MS);
    this.awaitDue();
  }

  /** The republish interval or a little less, so that the holders of a value take turns. */
  #intervalMs(): number {
    return shortened(this.#options.republishIntervalMs, this.#ports.random);
  }
}

/**
 * What a node does by itself: republishing, refreshing buckets, keeping in touch, and handing its values
 * over before it leaves.
 *
 * @module
 */

import { type Contact, indexOfContact } from "../../core/kademlia/contact.ts";
import {
  BUCKET_REFRESH_MS,
  HAND_OVER_LIMIT_MS,
  KEEP_IN_TOUCH_MS,
  RECHECK_MAX_MS,
  RECHECK_MIN_MS,
  RECHECKED_AT_ONCE,
  REPUBLICATIONS_MAX,
} from "../limits.ts";
import { CONTACT_FAILURES_MAX } from "../../core/limits.ts";
import { CACHED_REPLICATION } from "../../core/wire/versions.ts";
import type { NodeId } from "../../core/kademlia/node_id.ts";
import type { StoredValue } from "../../core/store/stored_value.ts";
import { Alarm } from "../alarm.ts";
import { jittered } from "../jitter.ts";
import type { Joiner } from "../maintenance/joiner.ts";
import { isValidValue, type Lookups } from "../lookup/lookups.ts";
import { Neighbourhood } from "./neighbourhood.ts";
import type { NodeOptions } from "../options.ts";
import type { Peers } from "../rpc/peers.ts";
import type { Ports } from "../ports.ts";
import type { Publication, Publisher, Receipt } from "../values/publisher.ts";
import type { Storage } from "./storage.ts";

/** Contacts behind those responsible for a value: they take it when one of these does not. */
const SPARES = 8;
/** STOREs under way while values are handed over. */
const HAND_OVERS_AT_ONCE = 256;

/** The parts of a node that it tends. */
export interface Household {
  readonly peers: Peers;
  readonly lookups: Lookups;
  readonly storage: Storage;
  readonly publisher: Publisher;
  readonly joiner: Joiner;
  readonly bootstrappers: readonly Contact[];
}

/** Periodic and parting duties of one node. */
export class Housekeeping {
  readonly #house: Household;
  readonly #options: NodeOptions;
  readonly #ports: Ports;
  readonly #refresh: Alarm;
  readonly #touch: Alarm;
  readonly #recheck: Alarm;
  readonly #neighbourhood: Neighbourhood;
  /** Grows while nobody answers. */
  #recheckMs = RECHECK_MIN_MS;
  #recheckedAt = -Infinity;
  #republishing = 0;
  #closed = false;

  constructor(house: Household, options: NodeOptions, ports: Ports) {
    this.#house = house;
    this.#options = options;
    this.#ports = ports;
    this.#refresh = new Alarm(ports.clock, () => this.#refreshBuckets());
    this.#touch = new Alarm(ports.clock, () => this.#keepInTouch());
    this.#neighbourhood = new Neighbourhood(house.peers, options, ports);
    this.#neighbourhood.onTurnover = () => house.storage.republishEarly();
    this.#recheck = new Alarm(ports.clock, () => this.#askAgain());
    house.peers.onChanged = () => {
      this.#neighbourhood.changed();
      if (!this.#closed) this.#recheck.setFor(ports.clock.now() + this.#recheckMs);
    };
    house.storage.onDue = () => this.#republish();
  }

  /** Starts the periodic duties. */
  start(): void {
    this.#refresh.setFor(this.#in(BUCKET_REFRESH_MS));
    this.#touch.setFor(this.#in(KEEP_IN_TOUCH_MS));
  }

  /** Ends them. */
  close(): void {
    this.#closed = true;
    this.#refresh.stop();
    this.#touch.stop();
    this.#recheck.stop();
    this.#neighbourhood.close();
  }

  /**
   * Brings every replica to a node that would be responsible without this one; those first that nobody
   * else holds. Calls `onEnd` when all is done, or when the time for it is over.
   */
  handOver(onEnd: () => void): void {
    const { clock } = this.#ports;
    const entries = [...this.#house.storage.entries()].filter((entry) => !entry.isCached);
    entries.sort((a, b) => Number(b.isOnlyHolder) - Number(a.isOnlyHolder));
    let next = 0;
    let underWay = 0;
    let ended = false;
    const end = (): void => {
      ended = true;
      stopTimer();
      alarm.stop();
      onEnd();
    };
    const proceed = (): void => {
      while (!ended && underWay < HAND_OVERS_AT_ONCE && next < entries.length) {
        underWay++;
        this.#handOverOne(entries[next++]!, () => {
          underWay--;
          if (!ended) alarm.setFor(clock.now());
        });
      }
      if (!ended && underWay === 0 && next === entries.length) end();
    };
    const alarm = new Alarm(clock, proceed);
    const stopTimer = clock.runAt(clock.now() + HAND_OVER_LIMIT_MS, end);
    proceed();
  }

  /**
   * A value that nobody else is known to hold goes to all who are responsible without this node; any
   * other only to the farthest of them, since the rest hold it already. For each that does not take it
   * there is another behind.
   */
  #handOverOne(entry: StoredValue, onEnd: () => void): void {
    const { peers, publisher } = this.#house;
    if (!entry.isHeld) return onEnd();
    const { replication, key } = entry;
    const near = peers.table.closest(key, replication + SPARES);
    const outwards = near.splice(Math.max(0, Math.min(replication, near.length) - 1));
    const targets = entry.isOnlyHolder ? [...near, ...outwards] : [...outwards, ...near.reverse()];
    const publication = asPublication(entry);
    publisher.storeOn(targets, publication, entry.isOnlyHolder ? replication : 1, () => onEnd());
  }

  #republish(): void {
    if (this.#closed) return;
    const { storage, publisher } = this.#house;
    for (const entry of storage.takeDue(REPUBLICATIONS_MAX - this.#republishing)) {
      this.#republishing++;
      publisher.publish(asPublication(entry), (receipt) => {
        this.#republishing--;
        this.#ports.observer?.republished();
        this.#afterRepublishing(entry, receipt);
        storage.awaitDue();
      });
    }
    if (this.#republishing < REPUBLICATIONS_MAX) storage.awaitDue();
  }

  /** A node that is no longer among the closest keeps the value only as a copy. */
  #afterRepublishing(entry: StoredValue, { key, holders, of, refused }: Receipt): void {
    const newer = refused.find(({ reason }) => reason === "newerHeld");
    if (newer) this.#adopt(newer.contact, key);
    if (!entry.isHeld) return; // expired, or displaced by a newer version
    if (entry.hasConflict) this.#displaceOlder(entry, holders);
    entry.isOnlyHolder = holders.every((contact) => contact === this.#house.peers.self);
    if (holders.length >= of && !holders.includes(this.#house.peers.self)) {
      this.#house.storage.store.demote(entry);
    }
  }

  /**
   * A PUT that could not reach all of the closest has stored on the next behind them, where republishing
   * does not lead: these get the version that has won as a copy, which takes the place of an older one.
   */
  #displaceOlder(entry: StoredValue, holders: readonly Contact[]): void {
    const { peers, storage } = this.#house;
    const near = peers.table.closest(entry.key, entry.replication + SPARES);
    const store = {
      type: "store",
      ...storage.asTimed(entry),
      replication: CACHED_REPLICATION,
    } as const;
    entry.hasConflict = false;
    for (const contact of near) {
      if (indexOfContact(holders, contact) < 0) peers.ask(contact, store, () => {});
    }
  }

  /** Takes over the newer version that another holder has. */
  #adopt(from: Contact, key: NodeId): void {
    const { peers, storage } = this.#house;
    peers.ask(from, { type: "findValue", key, amount: 1 }, (answer) => {
      if (this.#closed || answer?.type !== "foundValue") return;
      if (isValidValue(answer, this.#options, this.#ports)) {
        storage.take(answer);
      }
    });
  }

  #refreshBuckets(): void {
    const { peers, lookups } = this.#house;
    const { clock, random } = this.#ports;
    const ids = peers.table.idsToRefresh(clock.now() - BUCKET_REFRESH_MS, (b) => random.fill(b));
    const proceed = (): void => {
      const target = ids.pop();
      if (this.#closed || !target) return;
      lookups.run({ target, forValue: false, onePath: true }, proceed);
    };
    proceed();
    this.#refresh.setFor(this.#in(BUCKET_REFRESH_MS));
  }

  /**
   * Looks for nodes that a partition may have parted from this one: the bootstrappers, and a contact that
   * was dropped. Whoever is back is a reason to join anew. And if all has been silent, asks the neighbour.
   */
  #keepInTouch(): void {
    const { peers, joiner, bootstrappers } = this.#house;
    const { clock, random } = this.#ports;
    const missing = bootstrappers.filter((contact) => !peers.table.find(contact.id));
    const candidates = [missing[Math.floor(random.next() * missing.length)], peers.takeLost()];
    for (const contact of candidates) {
      if (!contact || peers.table.entry(contact)) continue;
      peers.ping(contact, (answer) => {
        if (!answer) peers.remember(contact);
        else if (!this.#closed && peers.table.entry(contact)) joiner.join();
      });
    }
    if (clock.now() - peers.lastSeenAt > KEEP_IN_TOUCH_MS) {
      const [neighbour] = peers.table.closest(peers.self.id, 1, true);
      if (neighbour) peers.ping(neighbour);
    }
    joiner.checkAlone();
    this.#touch.setFor(this.#in(KEEP_IN_TOUCH_MS));
  }

  /**
   * Asks contacts that have failed again, a few at a time, until they are past hope: most that come back
   * from a short outage, of theirs or of the own network, would not be thought of for long otherwise.
   */
  #askAgain(): void {
    const { peers } = this.#house;
    const { clock } = this.#ports;
    const silent = peers.lastSeenAt <= this.#recheckedAt;
    this.#recheckMs = silent ? Math.min(2 * this.#recheckMs, RECHECK_MAX_MS) : RECHECK_MIN_MS;
    this.#recheckedAt = clock.now();
    const doubtful = [...peers.table.entries()]
      .filter(({ failures }) => failures > 0 && failures < CONTACT_FAILURES_MAX);
    for (const { contact } of doubtful.slice(0, RECHECKED_AT_ONCE)) peers.ping(contact);
    if (doubtful.length > RECHECKED_AT_ONCE) this.#recheck.setFor(clock.now() + this.#recheckMs);
  }

  /** The time after an interval that is moved a little. */
  #in(intervalMs: number): number {
    return this.#ports.clock.now() + jittered(intervalMs, this.#ports.random);
  }
}

/** A copy of a stored value, to be published whatever becomes of the stored one meanwhile. */
function asPublication(entry: StoredValue): Publication {
  const { key, value, stamp, nonce, replication, expiresAt } = entry;
  return { key, value, stamp, nonce, replication, expiresAt };
}

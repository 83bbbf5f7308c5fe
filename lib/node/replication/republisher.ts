/**
 * Republishes the replicas of a node when they are due, and repairs what this brings to light.
 *
 * A newer version that another holder has is adopted; an older one that may still be about is displaced; and
 * a node that is no longer among the closest to a key keeps the value only as a cached one.
 *
 * @module
 */

import { forgetOldest } from "../../core/forget_oldest.ts";
import { type Contact, indexOfContact, sameContact } from "../../core/kademlia/contact.ts";
import { ContactMap } from "../../core/kademlia/contact_map.ts";
import { compareDistance, idKey, type NodeId } from "../../core/kademlia/node_id.ts";
import type { RoutingTable } from "../../core/kademlia/routing_table.ts";
import { versionOf } from "../../core/repair/version.ts";
import type { StoredValue } from "../../core/store/stored_value.ts";
import type { NodeContext } from "../context.ts";
import {
  FOLLOW_UP_MAX_MS,
  FOLLOW_UP_MIN_MS,
  PATH_CACHE_TTL_MAX_MS,
  PLACEMENT_MS,
  REPUBLICATIONS_MAX,
} from "../limits.ts";
import type { WakeWatch } from "../maintenance/wake_watch.ts";
import type { Rpc } from "../rpc/rpc.ts";
import type { NewerVersions } from "../values/newer_versions.ts";
import { type Placement, type Receipt, type Refusal, SPARES } from "../values/placement.ts";
import { asPublication } from "../values/publication.ts";
import { valueFault } from "../values/value_fault.ts";
import type { Storage } from "./storage.ts";

/** First wait until a replica that belongs elsewhere, and is still here, is republished again. */
const ASTRAY_AGAIN_MIN_MS = 30_000;
/** Replicas of which that is remembered. */
const ASTRAY_MAX = 10_000;

/** Holders that are asked who else may hold an older version. */
const HOLDERS_ASKED = 6;

/** A node that refuses a value for one of these does so the next time too. */
const REFUSED_FOR_GOOD: ReadonlySet<Refusal> = new Set([
  "weakProofOfWork",
  "proofOfAnother",
  "tooLarge",
  "newerHeld",
]);

/** What republishing takes of a node's parts. */
export interface RepublisherParts extends NodeContext {
  readonly table: RoutingTable;
  readonly rpc: Rpc;
  readonly storage: Storage;
  readonly placement: Placement;
  readonly newerVersions: NewerVersions;
  readonly wakeWatch: WakeWatch;
}

/** Republishes the values of one node. */
export class Republisher {
  readonly #parts: RepublisherParts;
  #underWay = 0;
  /** Replicas that belong elsewhere and have been republished, by key: when to try again. */
  readonly #astray = new Map<string, { stamp: number; waitMs: number; nextAt: number }>();
  #closed = false;

  constructor(parts: RepublisherParts) {
    this.#parts = parts;
  }

  /** Republishes what is due, a few values at a time. */
  republishDue(): void {
    if (this.#closed) return;
    const { storage, wakeWatch, newerVersions } = this.#parts;
    for (const entry of storage.takeDue(REPUBLICATIONS_MAX - this.#underWay)) {
      this.#underWay++;
      // What a node that was away would displace may be newer than what it holds.
      if (!entry.hasConflict || !wakeWatch.isCatchingUp) this.#republish(entry);
      else newerVersions.lookFor(entry.key, () => this.#republish(entry));
    }
    if (this.#underWay < REPUBLICATIONS_MAX) storage.awaitDue();
  }

  #republish(entry: StoredValue): void {
    const { storage, placement, ports: { observer } } = this.#parts;
    const onEnd = (receipt: Receipt): void => {
      observer?.republished();
      this.#afterRepublishing(entry, receipt);
      end();
    };
    const end = (): void => {
      this.#underWay--;
      storage.awaitDue();
    };
    if (this.#closed || !entry.isHeld) return end();
    const displaces = entry.hasConflict;
    placement.publish(asPublication(entry), { onEnd, asksFirst: true, displaces });
  }

  /**
   * Has one replica republished early, though late enough for its PUT to have ended. The holders take turns, the
   * closest first, so that one of them does it for all; and so do the nodes that are no holders any more.
   */
  republishEarly(entry: StoredValue): void {
    const { self, table, storage, ports: { clock }, options: { bucketSize } } = this.#parts;
    const { key, replication, expiresAt } = entry;
    const closest = table.closest(key, bucketSize + SPARES);
    const closer = closest.filter(({ id }) => compareDistance(key, id, self.id) < 0).length;
    const turn = closer < replication ? closer : closer - replication;
    const now = clock.now();
    const waitMs = Math.min((turn + 1) * PLACEMENT_MS, (expiresAt - now) / 2);
    storage.scheduleEarlier(entry, now + waitMs);
  }

  /**
   * Has a replica that belongs elsewhere republished early. One that is still here after that, since not all of those
   * closest to its key have answered, waits for twice the time at each attempt.
   */
  republishAstray(entry: StoredValue): void {
    const now = this.#parts.ports.clock.now();
    const name = idKey(entry.key);
    const tried = this.#astray.get(name);
    if (tried && tried.stamp === entry.stamp && now < tried.nextAt) return;
    const isSame = tried?.stamp === entry.stamp;
    const waitMs = isSame ? Math.min(2 * tried!.waitMs, FOLLOW_UP_MAX_MS) : ASTRAY_AGAIN_MIN_MS;
    this.#astray.delete(name);
    this.#astray.set(name, { stamp: entry.stamp, waitMs, nextAt: now + waitMs });
    forgetOldest(this.#astray, ASTRAY_MAX);
    this.republishEarly(entry);
  }

  /**
   * If fewer nodes took a value than could have, it is republished soon, and again after twice the time for as
   * long as that is so: a node that did not answer may have been out of reach for a moment.
   */
  followUp(entry: StoredValue, { of, holders, refused }: Receipt): void {
    const { table, storage, time, ports: { clock } } = this.#parts;
    const unwilling = refused.filter(({ reason }) => REFUSED_FOR_GOOD.has(reason)).length;
    if (holders.length >= Math.min(of, table.size + 1 - unwilling)) return;
    const age = time.now() - entry.stamp;
    const waitMs = Math.min(Math.max(FOLLOW_UP_MIN_MS, age), FOLLOW_UP_MAX_MS);
    storage.scheduleEarlier(entry, clock.now() + waitMs);
  }

  /** Begins no more republications. */
  close(): void {
    this.#closed = true;
  }

  #afterRepublishing(entry: StoredValue, receipt: Receipt): void {
    const { self, storage } = this.#parts;
    const { key, holders, of, refused } = receipt;
    const newer = refused.filter(({ reason }) => reason === "newerHeld");
    const version = entry.isHeld ? versionOf(entry) : null;
    // This node may have taken it while it asked the others.
    const newerAt = newer.find(({ contact }) => !sameContact(contact, self))?.contact;
    const displaceOlder = (): void => {
      if (entry.isHeld && entry.hasConflict) this.#displaceOlder(entry, holders);
    };
    if (newerAt) {
      this.#adopt(newerAt, key, (isGone) => {
        // Most of those that should hold it have had a newer one, which has ended.
        if (isGone && version && newer.length > of / 2) storage.retire(version);
        displaceOlder();
      });
    } else displaceOlder();
    if (!entry.isHeld) return; // expired, or displaced by a newer version
    entry.isOnlyHolder = holders.every((contact) => sameContact(contact, self));
    if (holders.length >= of && indexOfContact(holders, self) < 0) {
      this.#astray.delete(idKey(key));
      storage.demote(entry);
    } else this.followUp(entry, receipt);
  }

  /**
   * A PUT that could not reach all of the closest has stored on the next behind them, where republishing
   * does not lead: these get the version that has won as a cached value, which is a replica where it replaces one. Some
   * of the holders are asked for them too, since in a network that has grown this node need not have met them all.
   */
  #displaceOlder(entry: StoredValue, holders: readonly Contact[]): void {
    const { table, storage, rpc, self, time } = this.#parts;
    const { key } = entry;
    storage.settle(entry);
    const amount = entry.replication + SPARES;
    const told = new ContactMap<true>();
    for (const holder of [self, ...holders]) told.set(holder, true);
    const displaceAt = (contact: Contact): void => {
      if (!entry.isHeld || told.get(contact)) return;
      told.set(contact, true);
      const winner = { ...entry.replica, cachedUntil: time.now() + PATH_CACHE_TTL_MAX_MS };
      rpc.ask(contact, { type: "store", ...winner }, () => {});
    };
    table.closest(key, amount).forEach(displaceAt);
    for (const holder of someOf(holders, HOLDERS_ASKED)) {
      if (sameContact(holder, self)) continue;
      rpc.ask(holder, { type: "findNode", key, amount }, (answer) => {
        if (this.#closed || answer?.type !== "foundNode") return;
        const strangers = answer.contacts.filter((contact) => !told.get(contact));
        strangers.slice(0, SPARES).forEach(displaceAt);
      });
    }
  }

  /** Takes over the newer version that another holder has, if it has one; says whether it holds none any more. */
  #adopt(from: Contact, key: NodeId, onEnd: (isGone: boolean) => void): void {
    const { rpc, storage } = this.#parts;
    rpc.ask(from, { type: "findValue", key, amount: 1 }, (answer) => {
      if (this.#closed) return;
      if (answer?.type === "foundValue" && valueFault(answer, this.#parts) === null) {
        storage.take(answer);
      }
      onEnd(answer?.type === "foundNode");
    });
  }
}

/** So many of a list, evenly spread over it. */
function someOf<Item>(items: readonly Item[], count: number): Item[] {
  const step = Math.max(1, items.length / count);
  return Array.from(
    { length: Math.min(count, items.length) },
    (_, i) => items[Math.floor(i * step)]!,
  );
}

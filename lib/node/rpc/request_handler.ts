/**
 * What a node answers to a peer's request.
 *
 * @module
 */

import { formatAddress } from "../../core/kademlia/address.ts";
import { sameContact } from "../../core/kademlia/contact.ts";
import { networkOf } from "../../core/kademlia/diversity.ts";
import type { NodeId } from "../../core/kademlia/node_id.ts";
import type { RoutingTable } from "../../core/kademlia/routing_table.ts";
import type { StoredValue } from "../../core/store/stored_value.ts";
import type { StoreResult } from "../../core/store/value_store.ts";
import { REPLICA, type SentValue } from "../../core/value.ts";
import type { PeerAnswer, PeerRequest, StoreStatus } from "../../core/wire/messages.ts";
import type { NodeContext } from "../context.ts";
import { STORES_BURST_MAX, STORES_PER_SECOND_MAX } from "../limits.ts";
import type { WakeWatch } from "../maintenance/wake_watch.ts";
import type { Origin } from "../ports.ts";
import { isAstray } from "../replication/astray.ts";
import type { RepairAnswers } from "../repair/repair_answers.ts";
import type { Republisher } from "../replication/republisher.ts";
import type { Storage } from "../replication/storage.ts";
import type { NewerVersions } from "../values/newer_versions.ts";
import { SPARES } from "../values/placement.ts";
import { valueFault } from "../values/value_fault.ts";
import type { Introductions } from "./introductions.ts";
import { RepublicationBudget } from "./republication_budget.ts";
import { StoreQuota } from "./store_quota.ts";

/** What answering takes of a node's parts. */
export interface RequestHandlerParts extends NodeContext {
  readonly table: RoutingTable;
  readonly introductions: Introductions;
  readonly storage: Storage;
  readonly republisher: Republisher;
  readonly repairAnswers: RepairAnswers;
  readonly wakeWatch: WakeWatch;
  readonly newerVersions: NewerVersions;
}

type Store = Extract<PeerRequest, { readonly type: "store" }>;
/** Requests that are answered at once. */
type Immediate = Exclude<PeerRequest, { readonly type: "digest" | "offer" | "store" }>;

/** Answers peers. */
export class RequestHandler {
  readonly #parts: RequestHandlerParts;
  readonly #republished: RepublicationBudget;
  readonly #quota = new StoreQuota();

  constructor(parts: RequestHandlerParts) {
    this.#parts = parts;
    this.#republished = new RepublicationBudget(parts.diversity);
  }

  /** Answers a request, at once or later; every request gets one answer. */
  handle(request: PeerRequest, origin: Origin, answer: (answer: PeerAnswer) => void): void {
    const { introductions, repairAnswers, storage, wakeWatch, newerVersions, ports: { observer } } =
      this.#parts;
    introductions.noteRequest(origin);
    observer?.requestHandled(request.type);
    if (request.type === "digest") repairAnswers.digest(request, origin, answer);
    else if (request.type === "offer") repairAnswers.offer(request, origin, answer);
    else if (request.type === "store") this.#answerStore(request, origin, answer);
    else if (request.type === "findValue" && wakeWatch.isCatchingUp && storage.get(request.key)) {
      // The request's bytes are valid during the call only.
      const kept = { ...request, key: request.key.slice() };
      newerVersions.lookFor(kept.key, () => answer(this.#answerTo(kept, origin)));
    } else answer(this.#answerTo(request, origin));
  }

  /** A replica is acknowledged when it is as safe as the node was told to make it; refusals need not wait. */
  #answerStore(request: Store, origin: Origin, answer: (answer: PeerAnswer) => void): void {
    const { storage, ports: { observer } } = this.#parts;
    const status = this.#store(request, origin);
    observer?.storeJudged(status);
    const acknowledge = () => answer({ type: "stored", status });
    if (status === "stored" && request.cachedUntil === REPLICA) storage.whenSafe(acknowledge);
    else acknowledge();
  }

  #answerTo(request: Immediate, origin: Origin): PeerAnswer {
    const { introductions, storage, ports: { clock } } = this.#parts;
    switch (request.type) {
      case "ping":
        introductions.check(request.sender, origin);
        return {
          type: "pong",
          time: clock.unixNow(),
          reachability: origin.reachability,
          address: origin.address,
        };
      case "findNode":
        return this.#closest(request, origin);
      case "findValue": {
        const entry = storage.get(request.key);
        if (!entry) return this.#closest(request, origin);
        return { type: "foundValue", ...storage.asSent(entry) };
      }
    }
  }

  /** The closest contacts known, without the asker, which knows itself. */
  #closest({ key, amount }: { key: NodeId; amount: number }, { contact }: Origin): PeerAnswer {
    const { table, options: { bucketSize } } = this.#parts;
    const wanted = Math.min(amount, bucketSize + SPARES);
    const contacts = table.closest(key, wanted + 1)
      .filter((known) => !contact || !sameContact(known, contact));
    return { type: "foundNode", contacts: contacts.slice(0, wanted) };
  }

  #store(request: Store, origin: Origin): StoreStatus {
    const { republisher, ports: { clock } } = this.#parts;
    if (!mayStore(origin, clock.now())) return "tooManyRequests";
    const fault = valueFault(request, this.#parts);
    if (fault) return fault;
    const { status, held } = this.#take(request, origin);
    if (!held || request.cachedUntil !== REPLICA) return status;
    if (status === "stored") this.#checkMissed(held, origin);
    // Of strangers nobody looks up where a value belongs: they could have anybody dialled.
    const belongsElsewhere = origin.contact !== null &&
      isAstray({ key: request.key, replication: held.replication }, this.#parts);
    if (!belongsElsewhere && !held.hasConflict) return status;
    const { length } = request.value;
    if (this.#republished.take(length, origin.contact, clock.now())) {
      republisher.republishEarly(held);
    }
    return status;
  }

  /**
   * A contact that was away gets STOREs that it has missed. Of a value with a single replica another node may hold what
   * has replaced it since, and nobody compares that with this one.
   */
  #checkMissed({ key, replication }: StoredValue, { contact }: Origin): void {
    const { wakeWatch, newerVersions } = this.#parts;
    if (replication > 1 || contact === null || !wakeWatch.isCatchingUp) return;
    newerVersions.lookFor(key, () => {});
  }

  /** Stores a value, unless it is news and its source has had its share of the store. */
  #take(value: SentValue, origin: Origin): StoreResult {
    const { storage, time, options: { ttlMaxMs }, ports: { clock } } = this.#parts;
    const terms = { tellsConflict: false };
    if (storage.get(value.key)?.stamp === value.stamp) return storage.take(value, terms);
    const now = clock.now();
    const source = this.#sourceOf(origin);
    const ttlMs = Math.min(time.leftMs(value.expiresAt), ttlMaxMs);
    const request = { bytes: value.value.length, endsAt: now + ttlMs, now };
    if (!this.#quota.allows(source, request, storage.figures())) {
      return { status: "full", held: null, hasReplaced: false };
    }
    const result = storage.take(value, terms);
    if (result.status === "stored" && !result.held?.isCached) this.#quota.note(source, request);
    return result;
  }

  /** Who stores: a network where networks count, else a contact or all strangers at one IP. */
  #sourceOf({ address, contact }: Origin): string {
    if (this.#parts.diversity.isOn) return networkOf(address);
    return contact ? formatAddress(contact.address) : address.hostname;
  }
}

/** Counts one STORE against what a connection may send. */
function mayStore(origin: Origin, now: number): boolean {
  const earned = (now - origin.storesCountedAt) / 1_000 * STORES_PER_SECOND_MAX;
  origin.storesLeft = Math.min(STORES_BURST_MAX, origin.storesLeft + earned);
  origin.storesCountedAt = now;
  if (origin.storesLeft < 1) return false;
  origin.storesLeft--;
  return true;
}

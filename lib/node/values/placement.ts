/**
 * Brings a value to the nodes closest to its key: for a PUT, for republishing, and before leaving.
 *
 * @module
 */

import { type Contact, sameContact } from "../../core/kademlia/contact.ts";
import { compareDistance, type NodeId } from "../../core/kademlia/node_id.ts";
import type { Lookup } from "../../core/kademlia/lookup.ts";
import type { RoutingTable } from "../../core/kademlia/routing_table.ts";
import { rangeOfKey } from "../../core/repair/key_range.ts";
import { versionOf } from "../../core/repair/version.ts";
import type { StoreStatus } from "../../core/wire/messages.ts";
import type { NodeContext } from "../context.ts";
import type { ClosestOracle } from "../lookup/closest_oracle.ts";
import type { Lookups } from "../lookup/lookups.ts";
import type { Membership } from "../membership/membership.ts";
import type { ReachabilityWatch } from "../membership/reachability.ts";
import type { RequestFailure } from "../ports.ts";
import type { Storage } from "../replication/storage.ts";
import type { Rpc } from "../rpc/rpc.ts";
import { EarlyQuorum } from "./early_quorum.ts";
import { EarlyStores } from "./early_stores.ts";
import type { MissedStores } from "./missed_stores.ts";
import { asSent, type Publication } from "./publication.ts";
import { valueFault } from "./value_fault.ts";

/** Contacts behind those closest to a key: one of them takes a value when one of the closest does not. */
export const SPARES = 8;

/** Why a node did not take a value. */
export type Refusal = Exclude<StoreStatus, "stored"> | RequestFailure;

/** What became of a value: the nodes that hold it, and those that refused. */
export interface Receipt {
  /** What was stored under. */
  readonly key: NodeId;
  /** Replicas that were wanted. */
  readonly of: number;
  /** Nodes that have acknowledged it, the own one included. */
  readonly holders: readonly Contact[];
  /** Nodes that were asked and did not take it, and why. */
  readonly refused: readonly { readonly contact: Contact; readonly reason: Refusal }[];
  /** Whether all STOREs have ended; if not, more holders may come. */
  readonly complete: boolean;
}

/** When to report how a publication stands before it has ended. */
export interface Quorum {
  /** Holders that are enough. */
  readonly count: number;
  /** Called once, with what is known then, if so many acknowledge the value and others have not ended. */
  readonly onReached: (receipt: Receipt) => void;
}

/** How to report a publication. */
export interface PlacementReport {
  /** Called when all STOREs have ended. */
  readonly onEnd: (receipt: Receipt) => void;
  readonly quorum?: Quorum | undefined;
  /** Whether to ask each node first if it holds the value already, since most do. */
  readonly asksFirst?: boolean;
  /** Whether other nodes may hold an older version, those included that this one does not reach. */
  readonly displaces?: boolean;
}

/** A value to be stored on nodes that are given. */
export interface StoreTask extends PlacementReport {
  readonly publication: Publication;
  /** Nodes that are to take it. */
  readonly replicas: number;
  /** What has been sent before. */
  readonly stores?: Stores;
}

/** The STOREs of one value. */
type Stores = EarlyStores<"stored" | Refusal>;

/** Contacts close to a key: those that have answered, and those to try if these are not enough. */
interface Near {
  readonly answered: readonly Contact[];
  readonly slow: readonly Contact[];
  /** Whether one of the closest does not answer this node. */
  readonly isSilent: boolean;
  /** How they were found, if a lookup has found them. */
  readonly lookup?: Lookup | undefined;
  /** What has been sent meanwhile. */
  readonly stores?: Stores | undefined;
}

/** After these it makes no sense to try another node. */
const FINAL: ReadonlySet<"stored" | Refusal> = new Set([
  "stored",
  "newerHeld",
  "closed",
]);

/** What placement takes of a node's parts. */
export interface PlacementParts extends NodeContext {
  readonly table: RoutingTable;
  readonly membership: Membership;
  readonly reachability: ReachabilityWatch;
  readonly rpc: Rpc;
  readonly oracle: ClosestOracle;
  readonly lookups: Lookups;
  readonly storage: Storage;
  readonly missedStores: MissedStores;
}

/** Stores values on the nodes that they belong to. */
export class Placement {
  readonly #parts: PlacementParts;

  constructor(parts: PlacementParts) {
    this.#parts = parts;
  }

  /**
   * Finds the nodes closest to the key, this one among them if it is and can be reached, and stores on as many as the value
   * wants. In a small network at rest, or close to home, they are known without asking. No more of one network than
   * may stand together are chosen, and no more than half of them because of what one path of the lookup says alone.
   */
  publish(publication: Publication, report: PlacementReport): void {
    const { options: { bucketSize }, oracle } = this.#parts;
    const { key } = publication;
    const known = oracle.confirmedNear(key, bucketSize);
    if (!known) return this.#lookUpAndStore(publication, report);
    const { onEnd: onPlaced, quorum } = report;
    const onEnd = (receipt: Receipt): void => {
      if (!this.#isHardlyReached(receipt)) return onPlaced(receipt);
      const isReported = receipt.holders.length >= (quorum?.count ?? 0);
      this.#lookUpAndStore(publication, {
        onEnd: onPlaced,
        quorum: isReported ? undefined : quorum,
      });
    };
    const near = { answered: known, slow: this.#behind(known, key), isSilent: false };
    this.#storeNear(near, publication, { ...report, onEnd });
  }

  /** STOREs leave before the lookup has ended, to those that are known to be among the closest. */
  #lookUpAndStore(publication: Publication, report: PlacementReport): void {
    const { membership } = this.#parts;
    const { key, replicas } = publication;
    const stores = this.#storesOf(publication);
    const { quorum } = report;
    const isPart = quorum !== undefined && quorum.count < replicas;
    const early = isPart && new EarlyQuorum(quorum.count, (holders) => {
      quorum.onReached({ key, of: replicas, holders, refused: [], complete: false });
    });
    const onStep = (lookup: Lookup): void => {
      stores.begin(lookup.likelyClosest(replicas), (contact, status) => {
        if (early && status === "stored" && lookup.isConfirmed(contact)) early.note(contact);
      });
    };
    const task = { target: key, forValue: false, ...!report.asksFirst && { onStep } };
    this.#parts.lookups.run(task, (result) => {
      const { lookup } = result ?? {};
      const isSilent = lookup?.candidates.slice(0, replicas + SPARES)
        .some(({ state, contact }) =>
          state === "failed" || state === "slow" || membership.isAbsent(contact)
        ) ?? false;
      const answered = lookup?.closest(Infinity) ?? [];
      const near = { answered, slow: lookup?.slow() ?? [], isSilent, lookup, stores };
      this.#storeNear(near, publication, {
        ...report,
        quorum: early && early.end() ? undefined : quorum,
      });
    });
  }

  #storeNear(near: Near, publication: Publication, report: PlacementReport): void {
    const { answered, slow, isSilent, lookup, stores = this.#storesOf(publication) } = near;
    const { self, diversity, reachability } = this.#parts;
    const { key, replicas } = publication;
    const sorted = reachability.mayHold ? [self, ...answered] : [...answered];
    sorted.sort((a, b) => compareDistance(key, a.id, b.id));
    const all = preferConfirmed(sorted, replicas, lookup);
    this.#storeOnSlow(slow, all[replicas - 1], { publication, stores });
    // The slow ones are waited for only if there are not enough others.
    // Nodes that are asked first leave the rest to this one. The first does not ask where another has to go on.
    const isFirst = all[0] === self || all[replicas] === self;
    const leavesRest = report.displaces === true && isSilent && isFirst;
    const asksFirst = report.asksFirst === true && !leavesRest;
    const contacts = diversity.spread([...all, ...slow]);
    this.storeOn(contacts, { ...report, asksFirst, publication, replicas, stores });
  }

  /** Whether too few hold a value, and most have not answered in time: the connections of this node may have been dead. */
  #isHardlyReached({ of, holders, refused }: Receipt): boolean {
    return holders.length < of && refused.length > holders.length &&
      refused.every(({ reason }) => reason === "timeout");
  }

  /** Slow contacts that are closer than the last one chosen get the value too: they may hold an older version. */
  #storeOnSlow(
    slow: readonly Contact[],
    last: Contact | undefined,
    { publication: { key }, stores }: { publication: Publication; stores: Stores },
  ): void {
    if (!last) return;
    for (const contact of slow) {
      const isCloser = compareDistance(key, contact.id, last.id) < 0;
      if (isCloser) stores.begin([contact]);
    }
  }

  /** What sends the value to each contact once. */
  #storesOf(publication: Publication): Stores {
    return new EarlyStores((contact, onStatus) =>
      this.#place(contact, { publication, asksFirst: false }, onStatus)
    );
  }

  /** As many more of the contacts as are known to be the closest, in case some of these do not answer. */
  #behind(known: readonly Contact[], key: NodeId): Contact[] {
    const { table, options: { bucketSize } } = this.#parts;
    if (known.length < bucketSize) return [];
    return table.closest(key, 2 * known.length).slice(known.length);
  }

  /** Stores on the first contacts at once, as many as are to take it; for each that fails, on the next. */
  storeOn(contacts: readonly Contact[], task: StoreTask): void {
    const { publication, replicas, quorum, onEnd, asksFirst = false } = task;
    const { stores = this.#storesOf(publication) } = task;
    const { time } = this.#parts;
    const receipt = {
      key: publication.key,
      of: replicas,
      holders: [] as Contact[],
      refused: [] as Receipt["refused"][number][],
      complete: false,
    };
    let next = 0;
    let underWay = 0;
    let starting = true;
    let isQuorumReported = false;
    const end = (): void => {
      receipt.complete = true;
      onEnd(receipt);
    };
    const reportQuorum = (): void => {
      const { holders, refused } = receipt;
      if (isQuorumReported || !quorum || holders.length < quorum.count) return;
      isQuorumReported = true;
      quorum.onReached({ ...receipt, holders: [...holders], refused: [...refused] });
    };
    const startNext = (): void => {
      const contact = contacts[next++];
      if (!contact) return;
      underWay++;
      const onStatus = (status: "stored" | Refusal): void => {
        if (status === "stored") receipt.holders.push(contact);
        else receipt.refused.push({ contact, reason: status });
        if (!FINAL.has(status) && time.leftMs(publication.expiresAt) > 0) startNext();
        if (--underWay === 0) end();
        else if (!starting) reportQuorum();
      };
      if (asksFirst) this.#place(contact, { publication, asksFirst }, onStatus);
      else stores.place(contact, onStatus);
    };
    // Counted as under way itself, so that answers given at once do not end it before all are started.
    underWay++;
    for (let i = 0; i < replicas; i++) startNext();
    starting = false;
    if (--underWay === 0) end();
    else reportQuorum();
  }

  /** Stores on one contact, maybe after asking whether it holds the value. One that does not answer is remembered. */
  #place(
    contact: Contact,
    { publication, asksFirst }: { publication: Publication; asksFirst: boolean },
    onStatus: (status: "stored" | Refusal) => void,
  ): void {
    const { self, rpc, missedStores } = this.#parts;
    const onEnd = (status: "stored" | Refusal): void => {
      if (status === "timeout") missedStores.note(contact, publication);
      onStatus(status);
    };
    if (!asksFirst || sameContact(contact, self)) return this.#storeAt(contact, publication, onEnd);
    const { key, stamp, replicas: replication } = publication;
    const versions = [versionOf({ ...publication, replication })];
    rpc.ask(contact, { type: "offer", range: rangeOfKey(key), versions }, (answer, failure) => {
      if (answer?.type !== "wanted") onEnd(failure ?? "protocolError");
      else if (answer.wanted.length > 0) this.#storeAt(contact, publication, onEnd);
      else {
        const isNewer = answer.replaced.length > 0 ||
          answer.offered.some((other) => other.stamp > stamp);
        onEnd(isNewer ? "newerHeld" : "stored");
      }
    });
  }

  #storeAt(
    contact: Contact,
    publication: Publication,
    onEnd: (status: "stored" | Refusal) => void,
  ): void {
    const { self, rpc, storage, time } = this.#parts;
    const sent = asSent(publication, time);
    if (!sent) onEnd("expired");
    else if (sameContact(contact, self)) {
      const status = valueFault(sent, this.#parts) ?? storage.take(sent).status;
      if (status === "stored") storage.whenSafe(() => onEnd(status));
      else onEnd(status);
    } else {
      rpc.ask(contact, { type: "store", ...sent }, (answer, failure) => {
        onEnd(answer?.type === "stored" ? answer.status : failure ?? "protocolError");
      });
    }
  }
}

/**
 * The contacts in an order in which no path of the lookup brings more than half of the first ones there if no other path
 * confirms them: nodes that only name each other do not get all replicas. In an honest network most are named on several.
 */
function preferConfirmed(
  contacts: readonly Contact[],
  replicas: number,
  lookup: Lookup | undefined,
): Contact[] {
  if (!lookup) return [...contacts];
  const perPathMax = Math.max(1, Math.floor(replicas / 2));
  const counts = new Map<number, number>();
  const first: Contact[] = [];
  const rest: Contact[] = [];
  for (const contact of contacts) {
    const path = lookup.onlyPathTo(contact);
    const count = path === null ? 0 : (counts.get(path) ?? 0) + 1;
    if (path !== null) counts.set(path, count);
    if (count > perPathMax) rest.push(contact);
    else first.push(contact);
  }
  return [...first, ...rest];
}

/**
 * Hands the replicas of a node over to others before it leaves.
 *
 * Each replica belongs to the nodes closest to its key without this one. Most of them hold it already: they
 * are offered versions, many at once, and are sent what they lack. A value that no other node is known to hold
 * goes out first, and once more what nobody has confirmed.
 *
 * @module
 */

import type { Contact } from "../../core/kademlia/contact.ts";
import { ContactMap } from "../../core/kademlia/contact_map.ts";
import type { NodeId } from "../../core/kademlia/node_id.ts";
import type { RoutingTable } from "../../core/kademlia/routing_table.ts";
import {
  ALL_KEYS,
  compareWithRange,
  type KeyRange,
  rangeOfKey,
  splitRange,
} from "../../core/repair/key_range.ts";
import type { Version } from "../../core/repair/version.ts";
import type { StoredValue } from "../../core/store/stored_value.ts";
import { SECOND_MS } from "../../core/units.ts";
import { Alarm } from "../alarm.ts";
import type { NodeContext } from "../context.ts";
import { LEAVE_PROGRESS_MS } from "../limits.ts";
import type { Rpc } from "../rpc/rpc.ts";
import { type Placement, type Refusal, SPARES } from "../values/placement.ts";
import { asPublication } from "../values/publication.ts";
import { runAll, type Task } from "./run_all.ts";
import type { Storage } from "./storage.ts";

/** Values that are placed, offers that wait for their answer, and values of one offer that are sent, at once. */
const PLACED_AT_ONCE = 64;
const OFFERS_AT_ONCE = 8;
const SENT_AT_ONCE = 32;
/** How often what is left is tried again, and after how long, where contacts have not answered in time. */
const ATTEMPTS_MAX = 3;
const RETRY_MS = SECOND_MS;
/** After these a contact is asked for nothing more. */
const GONE: ReadonlySet<Refusal> = new Set<Refusal>([
  "leaving",
  "unreachable",
  "untrusted",
  "notMember",
  "shutOut",
  "protocolError",
  "closed",
]);
/** Versions in one offer, and replicas that are gone through at a stretch. */
const OFFER_MAX = 512;

/** What handing over takes of a node's parts. */
export interface HandoverParts extends NodeContext {
  readonly table: RoutingTable;
  readonly rpc: Rpc;
  readonly storage: Storage;
  readonly placement: Placement;
}

/** How handing over has ended. */
export interface HandoverReport {
  /** Replicas that were to be handed over. */
  readonly values: number;
  /** Keys of those that no other node is known to hold: they end with this node, unless they are kept. */
  readonly lost: readonly NodeId[];
  /** Whether another node was known that could have taken them. */
  readonly hadTakers: boolean;
  /** Whether all replicas are on the disk, so that the node has them again when it starts. */
  readonly areKept: boolean;
}

/** A replica under a key that stays readable when the replica expires. */
interface Item {
  readonly key: NodeId;
  readonly entry: StoredValue;
}

/** The handover of one node; it happens once. */
export class Handover {
  readonly #parts: HandoverParts;
  /** What no other node has confirmed yet. */
  readonly #left = new Set<Item>();
  /** Contacts that take nothing: they are about to leave too, are gone, or have not answered in time. */
  readonly #gone = new ContactMap<true>();
  readonly #silent = new ContactMap<true>();
  #retry: (() => void) | null = null;
  #values = 0;
  #ended = false;

  constructor(parts: HandoverParts) {
    this.#parts = parts;
  }

  /** How far it is, as a sentence. */
  get progress(): string {
    return `${this.#values - this.#left.size} of ${this.#values} values are handed over`;
  }

  /** Brings every replica to the nodes that are responsible without this one, until a time at the latest. */
  start(until: number, onEnd: (report: HandoverReport) => void): void {
    const { storage, table, ports: { clock, log } } = this.#parts;
    const hadTakers = table.countAnswering() > 0;
    for (const entry of storage.entries()) {
      if (!entry.isCached) this.#left.add({ key: entry.key, entry });
    }
    const values = this.#values = this.#left.size;
    if (values > 0 && hadTakers) log("info", `Handing values over: ${values}`);
    const progress = new Alarm(clock, () => {
      log("info", `Leaving: ${this.progress}`);
      progress.setFor(clock.now() + LEAVE_PROGRESS_MS);
    });
    progress.setFor(clock.now() + LEAVE_PROGRESS_MS);
    const end = (): void => {
      if (this.#ended) return;
      this.#ended = true;
      progress.close();
      this.#retry?.();
      stopTimer();
      const now = clock.now();
      const lost = [...this.#left]
        .filter(({ entry }) => entry.isHeld && entry.expiresAt > now).map(({ key }) => key);
      onEnd({ values, lost, hadTakers, areKept: false });
    };
    const stopTimer = clock.runAt(until, end);
    this.#run(end);
  }

  /** Sole replicas first; then the rest, by range of keys; then what nobody has confirmed. */
  #run(onEnd: () => void): void {
    const all = [...this.#left];
    const isSole = ({ entry }: Item): boolean => entry.isOnlyHolder;
    const sole = all.filter(isSole);
    const shared = all.filter((item) => !isSole(item));
    runAll(this.#placements(sole), PLACED_AT_ONCE, () => {
      runAll(this.#offers(shared), OFFERS_AT_ONCE, () => {
        const unconfirmed = shared.filter((item) => this.#left.has(item));
        runAll(this.#placements(unconfirmed), PLACED_AT_ONCE, () => this.#tryAgain(1, onEnd));
      });
    });
  }

  /** What is left may go to a contact that was only slow, or whose answers were lost. */
  #tryAgain(attempt: number, onEnd: () => void): void {
    const { clock } = this.#parts.ports;
    const left = [...this.#left];
    if (left.length === 0 || this.#silent.size === 0 || attempt > ATTEMPTS_MAX) return onEnd();
    this.#retry = clock.runAt(clock.now() + RETRY_MS, () => {
      this.#silent.clear();
      runAll(this.#placements(left), PLACED_AT_ONCE, () => {
        this.#tryAgain(this.#left.size < left.length ? 1 : attempt + 1, onEnd);
      });
    });
  }

  /** Each value to all that are responsible; for each that does not take it there is another behind. */
  *#placements(items: readonly Item[]): Generator<Task> {
    const { placement } = this.#parts;
    for (const item of items) {
      const { entry, key } = item;
      if (this.#ended) return;
      if (!entry.isHeld) continue;
      const replicas = entry.replication;
      const targets = this.#responsible(key, replicas + SPARES);
      yield (onEnd) =>
        placement.storeOn(targets, {
          publication: asPublication(entry),
          replicas,
          onEnd: ({ holders, refused }) => {
            if (holders.length > 0) this.#left.delete(item);
            for (const { contact, reason } of refused) this.#noteRefusal(contact, reason);
            onEnd();
          },
        });
    }
  }

  /** To each node that is responsible for some of the values, what these are. */
  *#offers(items: readonly Item[]): Generator<Task> {
    for (const inRange of byRange(items)) {
      if (this.#ended) return;
      const offers = new Map<Contact, Item[]>();
      for (const item of inRange) {
        if (!item.entry.isHeld) continue;
        for (const contact of this.#responsible(item.key, item.entry.replication)) {
          const offered = offers.get(contact);
          if (offered) offered.push(item);
          else offers.set(contact, [item]);
        }
      }
      for (const [contact, items] of offers) {
        yield (onEnd) => this.#offer(contact, items, onEnd);
      }
    }
  }

  #offer(contact: Contact, items: readonly Item[], onEnd: () => void): void {
    const held = items.filter(({ entry }) => entry.isHeld);
    if (held.length === 0 || !this.#mayTake(contact)) return onEnd();
    const versions: Version[] = held.map(({ entry }) => entry.version);
    // So marked they are wanted wherever they are lacked, though this node is still taken to hold them.
    const range = rangeOfKey(versions[0]!.key);
    this.#parts.rpc.ask(contact, { type: "offer", range, versions }, (answer, failure) => {
      if (answer?.type !== "wanted") {
        this.#noteRefusal(contact, failure ?? "protocolError");
        return onEnd();
      }
      const wanted = new Set(answer.wanted);
      held.forEach((item, index) => {
        if (!wanted.has(index)) this.#left.delete(item);
      });
      const lacked = held.filter((_, index) => wanted.has(index));
      runAll(this.#sends(contact, lacked), SENT_AT_ONCE, onEnd);
    });
  }

  *#sends(contact: Contact, items: readonly Item[]): Generator<Task> {
    const { rpc, storage } = this.#parts;
    for (const item of items) {
      if (!this.#mayTake(contact)) return;
      if (!item.entry.isHeld) continue;
      const request = { type: "store", ...storage.asSent(item.entry) } as const;
      yield (onEnd) =>
        rpc.ask(contact, request, (answer, failure) => {
          const status = answer?.type === "stored" ? answer.status : failure ?? "protocolError";
          if (status === "stored" || status === "newerHeld") this.#left.delete(item);
          else this.#noteRefusal(contact, status);
          onEnd();
        });
    }
  }

  #noteRefusal(contact: Contact, reason: Refusal): void {
    if (reason === "timeout") this.#silent.set(contact, true);
    else if (GONE.has(reason)) this.#gone.set(contact, true);
  }

  #mayTake(contact: Contact): boolean {
    return !this.#ended && !this.#gone.get(contact) && !this.#silent.get(contact);
  }

  /** The closest contacts that may take a value, also those that have failed before. */
  #responsible(key: NodeId, count: number): Contact[] {
    const { table } = this.#parts;
    return table.closest(key, count + this.#gone.size + this.#silent.size, { includeFailing: true })
      .filter((contact) => this.#mayTake(contact)).slice(0, count);
  }
}

/** Values by ranges of keys, as many at a time as fit one offer. */
function* byRange(
  items: readonly Item[],
  range: KeyRange = ALL_KEYS,
): Generator<readonly Item[]> {
  if (items.length > OFFER_MAX) {
    for (const part of splitRange(range)) {
      yield* byRange(items.filter(({ key }) => compareWithRange(key, part) === 0), part);
    }
  } else if (items.length > 0) yield items;
}

/**
 * Moves single values between this node and its neighbours, a few at a time, so that requests are not kept
 * waiting.
 *
 * @module
 */

import type { Contact } from "../../core/kademlia/contact.ts";
import { idKey, type NodeId } from "../../core/kademlia/node_id.ts";
import type { RoutingTable } from "../../core/kademlia/routing_table.ts";
import { ID_BYTES } from "../../core/limits.ts";
import type { ReplicaInPlace } from "../../core/store/replica_watcher.ts";
import { Alarm } from "../alarm.ts";
import type { NodeContext } from "../context.ts";
import { AWAITED_MS, NEWCOMER_MS, TRANSFERS_MAX } from "../limits.ts";
import { RepublicationBudget } from "../rpc/republication_budget.ts";
import type { Rpc } from "../rpc/rpc.ts";
import { valueFault } from "../values/value_fault.ts";
import type { Storage } from "../replication/storage.ts";

/** What transfers take of a node's parts. */
export interface TransfersParts extends NodeContext {
  readonly table: RoutingTable;
  readonly rpc: Rpc;
  readonly storage: Storage;
}

/** What transfers call. */
export interface TransfersHooks {
  /** A value that was to come has. */
  onBrought(replica: ReplicaInPlace): void;
  /** Values that were to come have not. */
  onMissing(): void;
}

/** What came of moving a value: it was taken, it was not, or the other node did not answer. */
export type Moved = "moved" | "unmoved" | "failed";
type OnMoved = (moved: Moved) => void;

/** The values on their way to and from one node. */
export class Transfers {
  readonly #parts: TransfersParts;
  readonly #waiting: (() => void)[] = [];
  #underWay = 0;
  #closed = false;
  /** Keys whose values are to come, and until when nobody else is asked for them, in this order. */
  readonly #awaited = new Map<string, { readonly key: NodeId; readonly until: number }>();
  readonly #check: Alarm;
  readonly #hooks: TransfersHooks;
  readonly #toNewcomers: RepublicationBudget;

  constructor(parts: TransfersParts, hooks: TransfersHooks) {
    this.#parts = parts;
    this.#hooks = hooks;
    this.#toNewcomers = new RepublicationBudget(parts.diversity);
    this.#check = new Alarm(parts.ports.clock, () => {
      if (this.#forgetAwaited()) hooks.onMissing();
    });
  }

  /** Values that are to come. */
  get awaited(): number {
    return this.#awaited.size;
  }

  /** Sends what is held under a key to a contact. */
  push(contact: Contact, key: NodeId, onEnd: OnMoved): void {
    this.#run(onEnd, (end) => {
      const { rpc, storage, ports: { observer } } = this.#parts;
      const entry = storage.get(key);
      const sent = entry && !entry.isCached ? storage.asSent(entry) : null;
      if (!sent || !this.#mayPush(contact, sent.value.length)) return end("unmoved");
      rpc.ask(contact, { type: "store", ...sent }, (answer) => {
        if (answer) observer?.repaired("out", sent.value.length);
        end(answer ? "moved" : "failed");
      });
    });
  }

  /** Contacts that come and go would have all values sent to each of them: those that are new share a budget. */
  #mayPush(contact: Contact, bytes: number): boolean {
    const { table, ports: { clock } } = this.#parts;
    const now = clock.now();
    const entry = table.entry(contact);
    if (entry && now - entry.addedAt >= NEWCOMER_MS) return true;
    return this.#toNewcomers.take(bytes, null, now);
  }

  /** Takes over what a contact holds under a key. */
  pull(contact: Contact, key: NodeId, onEnd: OnMoved): void {
    this.#run(onEnd, (end) => {
      const { rpc, storage } = this.#parts;
      rpc.ask(contact, { type: "findValue", key, amount: 1 }, (answer) => {
        if (!answer) return end("failed");
        const isValid = !this.#closed && answer.type === "foundValue" &&
          valueFault(answer, this.#parts) === null;
        end(isValid && storage.take(answer).status === "stored" ? "moved" : "unmoved");
      });
    });
  }

  /**
   * Claims a value that is to come from one node, so that the same is not had from another.
   *
   * @returns whether it was not claimed already.
   */
  claim(key: NodeId): boolean {
    const name = idKey(key);
    const now = this.#parts.ports.clock.now();
    if ((this.#awaited.get(name)?.until ?? -Infinity) > now) return false;
    this.#awaited.delete(name);
    this.#awaited.set(name, { key, until: now + AWAITED_MS });
    this.#check.setFor(now + AWAITED_MS);
    return true;
  }

  /** Looks whether a replica that is held from now on was to come, fetched or sent. */
  onCame(replica: ReplicaInPlace): void {
    if (this.#awaited.size === 0) return;
    const { bytes, keyAt } = replica;
    const isAwaited = this.#awaited.delete(idKey(bytes.subarray(keyAt, keyAt + ID_BYTES)));
    if (!isAwaited) return;
    this.#parts.ports.observer?.repaired("in", replica.valueBytes);
    this.#hooks.onBrought(replica);
  }

  /** Begins no more. */
  close(): void {
    this.#closed = true;
    this.#check.close();
    for (const start of this.#waiting.splice(0)) start();
  }

  /** Forgets what was to come until now; returns whether some of it has not. */
  #forgetAwaited(): boolean {
    const { storage, ports: { clock } } = this.#parts;
    const now = clock.now();
    let isMissing = false;
    for (const [name, { key, until }] of this.#awaited) {
      if (until > now) {
        this.#check.setFor(until);
        break;
      }
      this.#awaited.delete(name);
      isMissing ||= storage.get(key) === null;
    }
    return isMissing;
  }

  #run(onEnd: OnMoved, move: (end: OnMoved) => void): void {
    const start = (): void => {
      if (this.#closed) return onEnd("failed");
      this.#underWay++;
      move((moved) => {
        this.#underWay--;
        onEnd(moved);
        if (this.#underWay < TRANSFERS_MAX) this.#waiting.shift()?.();
      });
    };
    if (this.#underWay < TRANSFERS_MAX) start();
    else this.#waiting.push(start);
  }
}

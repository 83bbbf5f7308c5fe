/**
 * Whether others can dial this node, as they say.
 *
 * A node that nobody can dial is in nobody's routing table: what it keeps is found by itself alone. So it is a
 * client until it has been reached: it reads and writes, and is no holder of what it puts.
 *
 * @module
 */

import { type Address, formatAddress } from "../../core/kademlia/address.ts";
import type { Contact } from "../../core/kademlia/contact.ts";
import { ContactMap } from "../../core/kademlia/contact_map.ts";
import type { RoutingTable } from "../../core/kademlia/routing_table.ts";
import type { PeerAnswer, Reachability } from "../../core/wire/messages.ts";
import { Alarm } from "../alarm.ts";
import type { NodeContext } from "../context.ts";
import {
  REACHABILITY_ASKED_AT_ONCE,
  REACHABILITY_RETRY_MAX_MS,
  REACHABILITY_RETRY_MIN_MS,
  UNREACHABLE_VERDICTS,
} from "../limits.ts";

/** `unknown` until somebody has tried. */
export type ReachabilityState = "unknown" | "reached" | "unreachable";

const FAILURES: Readonly<Partial<Record<Reachability, string>>> = {
  refused: "refused the connection",
  untrusted: "answered with another certificate",
  timeout: "did not answer",
};

/** What watching takes of a node's parts. */
export interface ReachabilityParts extends NodeContext {
  readonly table: RoutingTable;
}

/** What the watch calls. */
export interface ReachabilityHooks {
  /** A contact is to be pinged, so that it says whether it has reached this node. */
  onPingWanted(contact: Contact): void;
}

/** Gathers what contacts say of one node. */
export class ReachabilityWatch {
  readonly #parts: ReachabilityParts;
  readonly #hooks: ReachabilityHooks;
  readonly #alarm: Alarm;
  /** Contacts that are trying to reach this node, the last ones. */
  #trying: Contact[] = [];
  /** What contacts say that could not, since the node was last reached. */
  readonly #failures = new ContactMap<string>();
  #state: ReachabilityState = "unknown";
  /** Where this node's packets come from, as the last one said. */
  #from: Address | null = null;
  #waitMs = REACHABILITY_RETRY_MIN_MS;

  constructor(parts: ReachabilityParts, hooks: ReachabilityHooks) {
    this.#parts = parts;
    this.#hooks = hooks;
    this.#alarm = new Alarm(parts.ports.clock, () => this.#ask());
  }

  get state(): ReachabilityState {
    return this.#state;
  }

  /** Why nobody can dial this node: `unreachable: 127.0.0.1:7999 refused the connection`. Null if not so. */
  get trouble(): string | null {
    if (this.#state !== "unreachable") return null;
    const [why] = this.#failures.values();
    return `unreachable: ${formatAddress(this.#parts.self.address)} ${why}`;
  }

  /** Whether this node may count as a holder: others reach it, or there are no others. */
  get mayHold(): boolean {
    const { table, self } = this.#parts;
    return this.#state === "reached" || table.closest(self.id, 1).length === 0;
  }

  /** Takes in what a contact says. */
  noteAnswer(contact: Contact, answer: PeerAnswer | null): void {
    if (answer?.type !== "pong") return;
    const { reachability, address } = answer;
    this.#from = address;
    if (reachability === "reached") return this.noteReached();
    const why = FAILURES[reachability];
    if (why && this.#failures.size < UNREACHABLE_VERDICTS) this.#failures.set(contact, why);
    if (reachability === "underWay") this.#tryAgainLater(contact);
    if (this.#failures.size >= UNREACHABLE_VERDICTS) this.#noteUnreachable();
    if (this.#state !== "reached" || this.#trying.length > 0) this.#setAlarm();
  }

  /** Another node has dialled this one. */
  noteReached(): void {
    const wasUnreachable = this.#state === "unreachable";
    this.#state = "reached";
    this.#alarm.stop();
    this.#trying = [];
    this.#failures.clear();
    this.#waitMs = REACHABILITY_RETRY_MIN_MS;
    if (wasUnreachable) this.#parts.ports.log("info", "Other nodes can reach this one now");
  }

  /** Asks nobody any more. */
  close(): void {
    this.#alarm.close();
  }

  #tryAgainLater(contact: Contact): void {
    this.#trying.push(contact);
    if (this.#trying.length > REACHABILITY_ASKED_AT_ONCE) this.#trying.shift();
  }

  #setAlarm(): void {
    this.#alarm.setFor(this.#parts.ports.clock.now() + this.#waitMs);
  }

  #noteUnreachable(): void {
    if (this.#state === "unreachable") return;
    this.#state = "unreachable";
    const { self, ports: { log } } = this.#parts;
    const from = this.#from?.hostname;
    const isKnown = from === self.address.hostname || from === self.alternate?.hostname;
    const hint = from && !isKnown ? ` Its packets come from ${from}.` : "";
    log("warn", `This node is ${this.trouble}. It keeps no values until it can be reached.${hint}`);
  }

  /** In a small network there are not so many who could say it. */
  #ask(): void {
    const { table, self } = this.#parts;
    const { size } = this.#failures;
    if (size > 0 && size >= Math.min(UNREACHABLE_VERDICTS, table.countAnswering())) {
      this.#noteUnreachable();
    }
    const near = this.#state === "reached"
      ? []
      : table.closest(self.id, REACHABILITY_ASKED_AT_ONCE);
    const asked = [...this.#trying, ...near].slice(0, REACHABILITY_ASKED_AT_ONCE);
    this.#trying = [];
    this.#waitMs = Math.min(2 * this.#waitMs, REACHABILITY_RETRY_MAX_MS);
    if (this.#state !== "reached" && asked.length > 0) this.#setAlarm();
    for (const contact of asked) this.#hooks.onPingWanted(contact);
  }
}

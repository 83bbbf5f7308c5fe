/**
 * What answers and failures mean for the routing table, and what is known of the network's state by them.
 *
 * @module
 */

import { type Contact, indexOfContact } from "../../core/kademlia/contact.ts";
import type { RoutingTable } from "../../core/kademlia/routing_table.ts";
import type { NodeContext } from "../context.ts";
import { LOST_CONTACTS_MAX } from "../limits.ts";
import type { Pins } from "./pins.ts";
import type { RequestFailure } from "../ports.ts";
import { Absences } from "./absences.ts";

/** Requests over which the share of those that failed is smoothed. */
const RECENT_REQUESTS = 50;

/** What membership takes of a node's parts. */
export interface MembershipParts extends NodeContext {
  readonly table: RoutingTable;
  readonly pins: Pins;
}

/** What membership calls. */
export interface MembershipHooks {
  /** A contact has entered the table, has been found not to answer, or answers again. */
  onChanged(): void;
  /** A contact that had been found not to answer, and maybe was dropped for it, answers again, after `onChanged`. */
  onReturned(contact: Contact): void;
  /** A request to a contact has failed, after `onChanged`. */
  onFailed(): void;
  /** A contact must answer now: to keep its bucket's last slot, or to show that only a connection was dead. */
  onPingWanted(contact: Contact): void;
}

/** The contacts that take part in the network, as far as one node knows. */
export class Membership {
  readonly #parts: MembershipParts;
  readonly #hooks: MembershipHooks;
  /** Contacts that the table has dropped, or that an earlier process knew, oldest first. */
  readonly #lost: Contact[] = [];
  readonly #absences = new Absences();
  #lastSeenAt = -Infinity;
  #changedAt = -Infinity;
  #changes = 0;
  #failedShare = 0;

  constructor(parts: MembershipParts, hooks: MembershipHooks) {
    this.#parts = parts;
    this.#hooks = hooks;
  }

  /** When any peer was last heard of, by the clock's `now`. */
  get lastSeenAt(): number {
    return this.#lastSeenAt;
  }

  /** When a contact last entered the table or was found not to answer, by the clock's `now`. */
  get changedAt(): number {
    return this.#changedAt;
  }

  /** How often a contact has come or gone: equal to what it was as long as the table's contacts are the same. */
  get changes(): number {
    return this.#changes;
  }

  /** Share of the last requests, some fifty of them, that failed through no fault of this node's. */
  get failedShare(): number {
    return this.#failedShare;
  }

  /** Notes that a proven contact has been heard of, if the address is its own. */
  heardFrom(contact: Contact): void {
    if (!this.#parts.pins.take(contact)) return;
    const now = this.#parts.ports.clock.now();
    this.#lastSeenAt = now;
    this.#absences.end(contact);
    const { outcome, ping } = this.#parts.table.insert(contact, now);
    if (ping) this.#hooks.onPingWanted(ping);
    const isAdded = outcome === "added";
    if (isAdded || outcome === "returned") this.#noteChange();
    if (isAdded ? this.#forgetLost(contact) : outcome === "returned") {
      this.#hooks.onReturned(contact);
    }
  }

  /** Counts a request that has ended: answered if there is no failure. */
  noteOutcome(failure: RequestFailure | null): void {
    if (failure && !isOfContact(failure)) return;
    this.#failedShare += ((failure ? 1 : 0) - this.#failedShare) / RECENT_REQUESTS;
  }

  /** Notes that a request to a contact failed. */
  noteFailed(contact: Contact, failure: RequestFailure): void {
    if (!isOfContact(failure)) return;
    const isKnown = this.#parts.table.entry(contact) !== null;
    if (this.#parts.table.failed(contact, this.#parts.ports.clock.now())) {
      this.rememberLost(contact);
    }
    // Others may have any stranger dialled: nobody has gone then.
    if (isKnown) this.#noteChange();
    this.#hooks.onFailed();
  }

  /** Notes that a contact could not be connected to. */
  noteAbsent(contact: Contact): void {
    this.#absences.note(contact, this.#parts.ports.clock.now());
  }

  /** Whether a contact could not be connected to a short time ago. */
  isAbsent(contact: Contact): boolean {
    return this.#absences.has(contact, this.#parts.ports.clock.now());
  }

  /** Notes that a connection to a contact was dead: the contact itself may well be alive. */
  noteConnectionDead(contact: Contact): void {
    this.#hooks.onPingWanted(contact);
  }

  /** Notes a contact as lost, to be looked for now and then. */
  rememberLost(contact: Contact): void {
    if (indexOfContact(this.#lost, contact) >= 0) return;
    this.#lost.push(contact);
    if (this.#lost.length > LOST_CONTACTS_MAX) this.#lost.shift();
  }

  /** The contacts that are looked for, those lost first first. */
  get lost(): readonly Contact[] {
    return this.#lost;
  }

  /** The contact that was lost first, to see whether it is back; another one the next time. */
  nextLost(): Contact | null {
    const contact = this.#lost.shift();
    if (contact) this.#lost.push(contact);
    return contact ?? null;
  }

  #forgetLost(contact: Contact): boolean {
    const at = indexOfContact(this.#lost, contact);
    if (at >= 0) this.#lost.splice(at, 1);
    return at >= 0;
  }

  #noteChange(): void {
    this.#changedAt = this.#parts.ports.clock.now();
    this.#changes++;
    this.#hooks.onChanged();
  }
}

/** Whether a failure says something about the contact; a refusal of our own does not. */
export function isOfContact(failure: RequestFailure | null): boolean {
  return failure !== "closed" && failure !== "busy";
}

/**
 * How nodes become contacts of each other.
 *
 * Only a contact that this node has dialled, at its address and under its certificate, and that has answered, enters
 * the routing table. So a peer that introduces itself is dialled back before it is
 * believed. A PING carries the introduction of its sender.
 *
 * @module
 */

import { dialledAddress } from "../../core/kademlia/address_pair.ts";
import { type Contact, indexOfContact, sameContact } from "../../core/kademlia/contact.ts";
import type { Reachability } from "../../core/wire/messages.ts";
import { HOUR_MS } from "../../core/units.ts";
import type { RoutingTable } from "../../core/kademlia/routing_table.ts";
import type { NodeContext } from "../context.ts";
import {
  CHECK_AGAIN_MAX_MS,
  CHECK_AGAIN_MIN_MS,
  CHECK_CONNECTED_AGAIN_MS,
  DIAL_BACK_AGAIN_MS,
} from "../limits.ts";
import type { Membership } from "../membership/membership.ts";
import type { Pins } from "../membership/pins.ts";
import type { ReachabilityWatch } from "../membership/reachability.ts";
import type { OnAnswer, Origin, RequestFailure } from "../ports.ts";
import { DialBackBudget } from "./dial_back_budget.ts";
import { DialBackSlots } from "./dial_back_slots.ts";
import type { AskOptions, Rpc } from "./rpc.ts";

/** What a dial-back that has failed says of the address. */
const REACHABILITIES: Readonly<Record<RequestFailure, Reachability>> = {
  unreachable: "refused",
  untrusted: "untrusted",
  timeout: "timeout",
  notMember: "refused",
  shutOut: "refused",
  protocolError: "refused",
  busy: "untried",
  closed: "untried",
};

/** What strangers have this node dial says nothing of how it fares. */
const COUNTED: AskOptions = { isCounted: true };
const UNCOUNTED: AskOptions = { isCounted: false };

/** What introducing takes of a node's parts. */
export interface IntroductionsParts extends NodeContext {
  readonly table: RoutingTable;
  readonly pins: Pins;
  readonly membership: Membership;
  readonly reachability: ReachabilityWatch;
  readonly rpc: Rpc;
}

/** Introduces one node to others, and checks the introductions of others. */
export class Introductions {
  readonly #parts: IntroductionsParts;
  /** Contacts that are being pinged. */
  readonly #underWay: Contact[] = [];
  readonly #budget = new DialBackBudget();
  readonly #slots = new DialBackSlots();
  #toldCrowdedAt = -Infinity;

  constructor(parts: IntroductionsParts) {
    this.#parts = parts;
  }

  /** Makes sure that a contact lives, and introduces this node to it. */
  ping(contact: Contact, onAnswer: OnAnswer = () => {}, counted = COUNTED): void {
    if (!this.#isUnderWay(contact)) this.#underWay.push(contact);
    const { self, rpc, reachability, time, ports: { clock } } = this.#parts;
    const askedAt = clock.now();
    // Connecting takes two round trips more.
    const roundTrips = rpc.isConnected(contact) ? 1 : 3;
    rpc.ask(contact, { type: "ping", time: clock.unixNow(), sender: self }, (answer, failure) => {
      // The own clock counts already.
      if (answer?.type === "pong" && !sameContact(contact, self)) {
        const roundTripMs = (clock.now() - askedAt) / roundTrips;
        time.measured(contact, { theirs: answer.time, roundTripMs });
      }
      const at = indexOfContact(this.#underWay, contact);
      if (at >= 0) this.#underWay.splice(at, 1);
      reachability.noteAnswer(contact, answer);
      onAnswer(answer, failure);
    }, counted);
  }

  /**
   * Introduces this node on a connection that it has just dialled: once more if only the introduction has had no
   * answer, since a node that has not been introduced is passed over for as long as the connection lasts.
   */
  introduce(contact: Contact): void {
    if (this.#isUnderWay(contact)) return;
    this.ping(contact, (_, failure) => {
      const { table, rpc } = this.#parts;
      const answers = table.entry(contact)?.failures === 0;
      if (failure === "timeout" && answers && rpc.isConnected(contact)) this.ping(contact);
    });
  }

  /**
   * A connection has ended: if it led to a contact of the table, find out what that means. One that ends all
   * its connections would have itself dialled without end: each time it takes longer.
   */
  checkWhetherGone(contact: Contact): void {
    const { table, ports: { clock } } = this.#parts;
    const entry = table.entry(contact);
    const now = clock.now();
    if (!entry || now - entry.checkedAt < entry.checkAgainMs) return;
    const isAgain = now - entry.checkedAt < 2 * entry.checkAgainMs;
    entry.checkAgainMs = isAgain
      ? Math.min(2 * entry.checkAgainMs, CHECK_AGAIN_MAX_MS)
      : CHECK_AGAIN_MIN_MS;
    entry.checkedAt = now;
    this.ping(contact);
  }

  /**
   * A peer has asked something: if it is a proven one, notes that. What comes in shows that somebody is at its address, not that others can dial
   * it: a contact lives as long as a connection to it is open, and one that has failed is asked.
   */
  noteRequest(origin: Origin): void {
    const { table, membership, ports: { clock, transport } } = this.#parts;
    // Whom this node has dialled need not be dialled back; but what anybody has named is nobody's contact for that.
    if (origin.isDialled && origin.peer && table.entry(origin.peer)) origin.contact = origin.peer;
    const { contact } = origin;
    if (!contact) return;
    const entry = table.entry(contact);
    const isConnected = transport.isConnected(contact);
    if (entry?.failures === 0) {
      if (isConnected) membership.heardFrom(contact);
      return;
    }
    const now = clock.now();
    // Over an open connection it takes no dial.
    const waitMs = isConnected ? CHECK_CONNECTED_AGAIN_MS : CHECK_AGAIN_MIN_MS;
    if (now - origin.checkedAt < waitMs || !this.#isWanted(contact)) return;
    origin.checkedAt = now;
    this.#dialBack(contact, origin);
  }

  /** A peer has introduced itself: believe it once it has been dialled back. */
  check(sender: Contact, origin: Origin): void {
    origin.peer ??= sender;
    const { table, membership, reachability, ports: { clock, transport } } = this.#parts;
    const now = clock.now();
    if (origin.reachability === "reached" || now - origin.checkedAt < DIAL_BACK_AGAIN_MS) return;
    origin.checkedAt = now;
    if (transport.isConnected(sender)) {
      // It has been found at its address. And this connection is one that it has dialled here.
      origin.reachability = "reached";
      reachability.noteReached();
      if (table.entry(sender)?.failures === 0) {
        if (this.#isFrom(sender, origin)) membership.heardFrom(origin.contact = sender);
        return;
      }
    }
    if (!this.#isWanted(sender)) return this.#tellIfCrowded(sender);
    if (this.#isFrom(sender, origin)) this.#dialBack(sender, origin);
    else if (this.#budget.begin(dialledAddress(sender, this.#parts.self), origin.address, now)) {
      this.#dialBack(sender, origin, () => this.#budget.end());
    }
  }

  #dialBack(sender: Contact, origin: Origin, onEnd: () => void = () => {}): void {
    const before = origin.reachability;
    // Also if there is no room: the peer asks again then.
    if (before !== "reached") origin.reachability = "underWay";
    const dialBack = (onDone: () => void): void =>
      this.ping(sender, (answer, failure) => {
        onEnd();
        origin.reachability = answer ? "reached" : REACHABILITIES[failure!];
        if (answer && this.#isFrom(sender, origin)) origin.contact = sender;
        onDone();
      }, UNCOUNTED);
    const { hostname } = dialledAddress(sender, this.#parts.self);
    if (this.#slots.run(hostname, dialBack)) return;
    onEnd();
    origin.checkedAt = -Infinity;
  }

  /** Dialling back costs both sides a handshake: not for a contact that would be forgotten at once. */
  #isWanted(contact: Contact): boolean {
    const { table, pins, self } = this.#parts;
    return table.hasUseFor(contact) && !sameContact(contact, self) && pins.allows(contact);
  }

  /** An operator whose nodes are all of one network would look for the reason elsewhere. */
  #tellIfCrowded(contact: Contact): void {
    const { table, diversity, ports: { clock, log } } = this.#parts;
    const now = clock.now();
    if (now - this.#toldCrowdedAt < HOUR_MS || !table.isCrowdedFor(contact)) return;
    this.#toldCrowdedAt = now;
    const network = diversity.networkOf(contact);
    log(
      "info",
      `Turned a node of ${network} away: enough of that network are known. ` +
        "If all are yours, set diversity to off on each node",
    );
  }

  #isUnderWay(contact: Contact): boolean {
    return indexOfContact(this.#underWay, contact) >= 0;
  }

  /**
   * Whether a peer's packets come from the IP at which it is dialled back. If not, then that the contact lives does
   * not say that it is this peer: what the peer does says nothing about the contact.
   */
  #isFrom(sender: Contact, { address }: Origin): boolean {
    return dialledAddress(sender, this.#parts.self).hostname === address.hostname;
  }
}

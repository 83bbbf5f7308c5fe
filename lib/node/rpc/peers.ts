/**
 * Asks contacts: time limits, measured round trips, what an answer or a failure means for the routing
 * table, and introductions.
 *
 * Only a contact that has answered on a connection which this node dialled, at its address and under its
 * certificate, enters the table. So a peer that introduces itself is dialled back before it is believed.
 *
 * @module
 */

import { type Contact, indexOfContact, sameContact } from "../../core/kademlia/contact.ts";
import {
  CONTACT_FAILURES_MAX,
  CONTACT_FRESH_MS,
  REQUEST_LIMIT_MAX_MS,
  REQUEST_LIMIT_START_MS,
} from "../../core/limits.ts";
import {
  DIAL_ALLOWANCE_MS,
  DIAL_BACKS_MAX,
  DIAL_LIMIT_MS,
  LOST_CONTACTS_MAX,
  PING_LIMIT_MS,
  SETTLED_MS,
} from "../limits.ts";
import type { Askable } from "../../core/kademlia/lookup.ts";
import type { PeerRequest } from "../../core/wire/messages.ts";
import type { NodeId } from "../../core/kademlia/node_id.ts";
import { RoundTrip } from "../../core/kademlia/round_trip.ts";
import type { Insertion, RoutingTable } from "../../core/kademlia/routing_table.ts";
import type { OnAnswer, Origin, Ports, RequestFailure } from "../ports.ts";

/** Requests over which the share of those that failed is smoothed. */
const RECENT_REQUESTS = 50;

/** The contacts of one node, as something to be asked. */
export class Peers implements Askable {
  readonly self: Contact;
  readonly table: RoutingTable;
  readonly #ports: Ports;
  /** Over all contacts: what to expect of one that has not been measured. */
  readonly #overall = new RoundTrip();
  readonly #introducing: Contact[] = [];
  /** Contacts that the table has dropped, oldest first. */
  readonly #lost: Contact[] = [];
  #lastSeenAt = -Infinity;
  #changedAt = -Infinity;
  #failedShare = 0;
  /** Called after a request has failed. */
  onFailed: () => void = () => {};
  /** Called when a contact has entered the table, or has been found not to answer. */
  onChanged: () => void = () => {};

  constructor(self: Contact, table: RoutingTable, ports: Ports) {
    this.self = self;
    this.table = table;
    this.#ports = ports;
  }

  /**
   * The nodes closest to an id, if that can be told without asking: nobody has come or gone of late, and all
   * who live near it are known and were heard of a short time ago. Null if it takes a lookup to know.
   */
  knownNear(id: NodeId, amount: number): Contact[] | null {
    const now = this.#ports.clock.now();
    if (now - this.#changedAt < SETTLED_MS) return null;
    if (!this.table.knowsAllNear(id, amount, now - CONTACT_FRESH_MS)) return null;
    return this.table.closest(id, amount);
  }

  /**
   * The same, if a lookup has confirmed it a short time ago, and nobody has come or gone since. Whoever has
   * joined through others may not have said a word to this node: only asking them tells.
   */
  confirmedNear(id: NodeId, amount: number): Contact[] | null {
    const exploredAt = this.table.exploredAt(id);
    const isOld = exploredAt < this.#ports.clock.now() - CONTACT_FRESH_MS;
    return isOld || exploredAt < this.#changedAt ? null : this.knownNear(id, amount);
  }

  /** When any peer was last heard of, by the clock's `now`. */
  get lastSeenAt(): number {
    return this.#lastSeenAt;
  }

  /** Share of the last requests, some fifty of them, that failed through no fault of this node's. */
  get failedShare(): number {
    return this.#failedShare;
  }

  /**
   * Asks a contact. `onAnswer` is called exactly once, never before this returns.
   *
   * @param limitMs time limit; by default it follows from the round trips measured.
   */
  ask(contact: Contact, request: PeerRequest, onAnswer: OnAnswer, limitMs?: number): void {
    const { clock, transport, observer } = this.#ports;
    const startedAt = clock.now();
    const warm = this.isConnected(contact);
    const sent = transport.request(contact, request, (answer, failure) => {
      stopTimer();
      const tookMs = clock.now() - startedAt;
      observer?.requestEnded(request.type, failure ?? "answered", tookMs);
      this.#note(failure);
      if (answer) this.#answered(contact, warm ? tookMs : null);
      else this.#failed(contact, failure!);
      onAnswer(answer, failure);
    });
    const limit = startedAt + (limitMs ?? this.#limitMs(contact, warm));
    const giveUp = (): void => {
      sent.cancel();
      observer?.requestEnded(request.type, "timeout", clock.now() - startedAt);
      this.#note("timeout");
      // What was lost on the way says nothing about a contact that has answered others meanwhile.
      const lastSeenAt = this.table.entry(contact)?.lastSeenAt ?? -Infinity;
      if (lastSeenAt <= startedAt) this.#failed(contact, "timeout");
      onAnswer(null, "timeout");
    };
    // Who is late to look at the time has not looked at the answers either: a node that has its hands full
    // takes in what has come before it blames anybody. That takes as long as it was late, unless it was
    // stopped altogether.
    let stopTimer = clock.runAt(limit, () => {
      const now = clock.now();
      const graceMs = Math.min(Math.max(1, now - limit), REQUEST_LIMIT_MAX_MS);
      stopTimer = clock.runAt(now + graceMs, giveUp);
    });
  }

  /** Makes sure that a contact lives; also how it is introduced to this node. */
  ping(contact: Contact, onAnswer: OnAnswer = () => {}): void {
    if (!this.#isIntroducing(contact)) this.#introducing.push(contact);
    this.ask(contact, this.#pingRequest(), (answer, failure) => {
      const at = indexOfContact(this.#introducing, contact);
      if (at >= 0) this.#introducing.splice(at, 1);
      onAnswer(answer, failure);
    }, PING_LIMIT_MS);
  }

  /** Introduces this node on a connection that it has just dialled. */
  introduce(contact: Contact): void {
    if (!this.#isIntroducing(contact)) this.ping(contact);
  }

  /** A connection has ended: if it led to a contact of the table, find out what that means. */
  checkWhetherGone(contact: Contact): void {
    if (this.table.entry(contact)) this.ping(contact);
  }

  /** A peer has introduced itself: believe it once it has been dialled back. */
  checkIntroduction(sender: Contact, origin: Origin): void {
    if (origin.introduced) return;
    origin.introduced = true;
    if (sender.address.hostname !== origin.hostname) {
      this.#ports.log(
        "debug",
        `peer at ${origin.hostname} claims to be ${sender.address.hostname}`,
      );
    } else if (this.table.entry(sender) && this.#ports.transport.isConnected(sender)) {
      origin.contact = sender; // it has proven itself on a connection that is still open
      this.heardFrom(sender);
    } else if (this.#introducing.length < DIAL_BACKS_MAX && this.#isWanted(sender)) {
      this.ping(sender, (answer) => {
        if (answer) origin.contact = sender;
      });
    }
  }

  /** Dialling back costs both sides a handshake: not for a contact that would be forgotten at once. */
  #isWanted(contact: Contact): boolean {
    return this.table.hasUseFor(contact) && !sameContact(contact, this.self);
  }

  /** Notes that a proven contact has been heard of. */
  heardFrom(contact: Contact): void {
    const now = this.#ports.clock.now();
    this.#lastSeenAt = now;
    this.#actOn(this.table.insert(contact, now));
  }

  /** Whether a request to a contact would find an open connection. */
  isConnected(contact: Contact): boolean {
    return this.#ports.transport.isConnected(contact);
  }

  /**
   * How long an answer may take before the contact counts as slow, in milliseconds. Connecting takes two
   * round trips more.
   */
  slowAfterMs(contact: Contact): number {
    const { slowMs } = this.#roundTripOf(contact);
    return this.isConnected(contact) ? slowMs : dialled(3 * slowMs);
  }

  /** How long to wait for an answer before somebody else is asked for the same, in milliseconds. */
  hedgeAfterMs(contact: Contact): number {
    const { hedgeMs, meanMs } = this.#roundTripOf(contact);
    return this.isConnected(contact) ? hedgeMs : dialled(hedgeMs + 2 * Math.max(0, meanMs));
  }

  /** Notes a contact as lost, to be looked for now and then. */
  remember(contact: Contact): void {
    if (indexOfContact(this.#lost, contact) >= 0) return;
    this.#lost.push(contact);
    if (this.#lost.length > LOST_CONTACTS_MAX) this.#lost.shift();
  }

  /** Takes out the contact that was lost first, to see whether it is back. */
  takeLost(): Contact | null {
    return this.#lost.shift() ?? null;
  }

  #isIntroducing(contact: Contact): boolean {
    return indexOfContact(this.#introducing, contact) >= 0;
  }

  #note(failure: RequestFailure | null): void {
    if (failure === "closed" || failure === "busy") return;
    this.#failedShare += ((failure ? 1 : 0) - this.#failedShare) / RECENT_REQUESTS;
  }

  #pingRequest(): PeerRequest {
    return { type: "ping", sender: this.self };
  }

  #roundTripOf(contact: Contact): RoundTrip {
    return this.table.find(contact.id)?.roundTrip ?? this.#overall;
  }

  #limitMs(contact: Contact, warm: boolean): number {
    const failures = this.table.find(contact.id)?.failures ?? 0;
    const limit = this.#roundTripOf(contact).limitMs(Math.min(failures, CONTACT_FAILURES_MAX));
    return warm ? limit : Math.max(limit, REQUEST_LIMIT_START_MS) + DIAL_LIMIT_MS;
  }

  #answered(contact: Contact, roundTripMs: number | null): void {
    this.heardFrom(contact);
    if (roundTripMs === null) return; // it had to connect first
    this.#overall.add(roundTripMs);
    const entry = this.table.find(contact.id);
    if (entry) (entry.roundTrip ??= new RoundTrip()).add(roundTripMs);
  }

  /** A refusal of our own says nothing about the contact; everything else does. */
  #failed(contact: Contact, failure: RequestFailure): void {
    if (failure === "closed" || failure === "busy") return;
    if (this.table.failed(contact, this.#ports.clock.now())) this.remember(contact);
    this.#noteChange();
    this.onFailed();
  }

  #actOn({ outcome, ping }: Insertion): void {
    if (ping) this.ping(ping);
    if (outcome === "added") this.#noteChange();
  }

  #noteChange(): void {
    this.#changedAt = this.#ports.clock.now();
    this.onChanged();
  }
}

/** A time with what connecting may take beyond its round trips. */
function dialled(roundTripsMs: number): number {
  return Math.min(roundTripsMs + DIAL_ALLOWANCE_MS, REQUEST_LIMIT_START_MS);
}

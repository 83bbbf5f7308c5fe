/**
 * Asks contacts: time limits, measured round trips, and the report of each outcome to the membership.
 *
 * @module
 */

import type { Contact } from "../../core/kademlia/contact.ts";
import type { RoutingTable } from "../../core/kademlia/routing_table.ts";
import {
  CONTACT_FAILURES_MAX,
  REQUEST_LIMIT_MAX_MS,
  REQUEST_LIMIT_START_MS,
} from "../../core/limits.ts";
import type { PeerAnswer, PeerRequest } from "../../core/wire/messages.ts";
import type { NodeContext } from "../context.ts";
import { DIAL_ALLOWANCE_MS, DIAL_LIMIT_MS, PING_LIMIT_MS } from "../limits.ts";
import type { Membership } from "../membership/membership.ts";
import type { Pins } from "../membership/pins.ts";
import type { OnAnswer, RequestFailure } from "../ports.ts";
import { RoundTrips } from "./round_trips.ts";

/** What asking takes of a node's parts. */
export interface RpcParts extends NodeContext {
  readonly table: RoutingTable;
  readonly pins: Pins;
  readonly membership: Membership;
}

/** How a request is made. */
export interface AskOptions {
  /** Whether its outcome says how the node fares; it does unless a stranger has caused it. */
  readonly isCounted: boolean;
}

/** The contacts of one node, as something to be asked. */
export class Rpc {
  readonly #parts: RpcParts;
  /** How far away the contacts are. */
  readonly roundTrips: RoundTrips;

  constructor(parts: RpcParts) {
    this.#parts = parts;
    this.roundTrips = new RoundTrips(parts.table);
  }

  /**
   * Asks a contact. `onAnswer` is called exactly once, never before this returns. A PING has a fixed time
   * limit; that of other requests follows from the round trips measured.
   *
   * A request that has no answer in time counts as failed. What a lookup asks goes out once more if its connection was
   * open and has turned out to be dead, or has been ended by the other side: that says nothing about the contact, and
   * all connections of a node may die at once. FIND VALUE goes out once more in any case, since only this contact may
   * have the value. Others take the place of one that does not answer anything else.
   */
  ask(
    contact: Contact,
    request: PeerRequest,
    onAnswer: OnAnswer,
    { isCounted }: AskOptions = { isCounted: true },
  ): void {
    const fail = () => onAnswer(null, "timeout");
    const isValue = request.type === "findValue";
    if (!isValue && request.type !== "findNode") {
      return this.#send(contact, request, { onAnswer, onTimeout: fail, isCounted });
    }
    const again = (reason: RequestFailure) =>
      this.#send(contact, request, {
        onAnswer: (answer) => onAnswer(answer, answer ? null : reason),
        onTimeout: fail,
        isCounted,
      });
    this.#send(contact, request, {
      onAnswer,
      onTimeout: (wasDead) => wasDead || isValue ? again("timeout") : fail(),
      onCut: () => again("unreachable"),
      isCounted,
    });
  }

  #send(contact: Contact, request: PeerRequest, outcomes: Outcomes): void {
    const { onAnswer, onTimeout, onCut, isCounted } = outcomes;
    const { table, pins, membership, ports: { clock, transport, observer } } = this.#parts;
    const startedAt = clock.now();
    const warm = this.isConnected(contact);
    if (!warm && !pins.allows(contact)) {
      clock.runAt(startedAt, () => onAnswer(null, "untrusted"));
      return;
    }
    const usualMs = this.#usualLimitMs(contact, request);
    const limitMs = warm ? usualMs : Math.max(usualMs, REQUEST_LIMIT_START_MS) + DIAL_LIMIT_MS;
    const sent = transport.request(contact, request, (answer, failure) => {
      stopTimer();
      const ms = clock.now() - startedAt;
      observer?.requestEnded({ type: request.type, outcome: failure ?? "answered", ms });
      // What it says about the contact shows when that is dialled again.
      if (onCut && warm && failure === "unreachable") return onCut();
      if (failure === "unreachable") membership.noteAbsent(contact);
      if (isCounted) membership.noteOutcome(failure);
      this.#take(contact, { answer, failure, roundTripMs: warm ? ms : null });
      onAnswer(answer, failure);
    });
    const limit = startedAt + (request.type === "ping" ? PING_LIMIT_MS : limitMs);
    const giveUp = (): void => {
      sent.cancel();
      const wasDead = transport.suspect(contact, startedAt);
      const ms = clock.now() - startedAt;
      observer?.requestEnded({ type: request.type, outcome: "timeout", ms });
      if (!this.isConnected(contact)) membership.noteAbsent(contact);
      if (isCounted) membership.noteOutcome("timeout");
      // A lost message says nothing about a contact that has answered other requests meanwhile.
      const lastSeenAt = table.entry(contact)?.lastSeenAt ?? -Infinity;
      if (lastSeenAt <= startedAt) membership.noteFailed(contact, "timeout");
      if (wasDead) membership.noteConnectionDead(contact);
      onTimeout(wasDead);
    };
    // A node that is late to look at the time has not looked at the answers either: it takes in what has
    // come before it gives up. That takes as long as it was late, unless it was stopped altogether.
    let stopTimer = clock.runAt(limit, () => {
      const now = clock.now();
      const graceMs = Math.min(Math.max(1, now - limit), REQUEST_LIMIT_MAX_MS);
      stopTimer = clock.runAt(now + graceMs, giveUp);
    });
  }

  /** Whether a request to a contact would find an open connection. */
  isConnected(contact: Contact): boolean {
    return this.#parts.ports.transport.isConnected(contact);
  }

  /**
   * How long an answer may take before the contact counts as slow, in milliseconds, on a connection that was open or
   * not. Connecting takes two round trips more.
   */
  slowAfterMs(contact: Contact, isWarm: boolean): number {
    const { slowMs } = this.roundTrips.of(contact);
    return isWarm ? slowMs : this.#dialled(contact, 3 * slowMs);
  }

  /** How long to wait for an answer before another contact is asked for the same, in milliseconds. */
  hedgeAfterMs(contact: Contact, isWarm: boolean): number {
    const { hedgeMs, meanMs } = this.roundTrips.of(contact);
    return isWarm ? hedgeMs : this.#dialled(contact, hedgeMs + 2 * Math.max(0, meanMs));
  }

  /** A time with what connecting may take beyond its round trips; not much, as long as nothing has come back. */
  #dialled(contact: Contact, roundTripsMs: number): number {
    const isReached = this.roundTrips.meanMs(contact) !== null;
    const maxMs = isReached ? REQUEST_LIMIT_MAX_MS : REQUEST_LIMIT_START_MS;
    return Math.min(roundTripsMs + DIAL_ALLOWANCE_MS, maxMs);
  }

  #take(contact: Contact, { answer, failure, roundTripMs }: Outcome): void {
    const { membership } = this.#parts;
    if (!answer) return membership.noteFailed(contact, failure!);
    membership.heardFrom(contact);
    if (roundTripMs !== null) this.roundTrips.measured(contact, roundTripMs);
  }

  /** The time limit of a request that needs not connect first. */
  #usualLimitMs(contact: Contact, request: PeerRequest): number {
    const failures = this.#parts.table.find(contact.id)?.failures ?? 0;
    const bytes = request.type === "store" ? request.value.length : 0;
    return this.roundTrips.of(contact).limitMs(Math.min(failures, CONTACT_FAILURES_MAX), bytes);
  }
}

/** What to call when a request has ended. */
interface Outcomes {
  readonly onAnswer: OnAnswer;
  /** Instead, if nothing has come in time; says whether the connection was dead. */
  readonly onTimeout: (wasDead: boolean) => void;
  /** Instead, if the connection was open and has ended. */
  readonly onCut?: () => void;
  readonly isCounted: boolean;
}

/** How a request ended. */
interface Outcome {
  readonly answer: PeerAnswer | null;
  readonly failure: RequestFailure | null;
  /** Null if it had to connect first, so that nothing was measured. */
  readonly roundTripMs: number | null;
}

/**
 * Carries one lookup out: asks the contacts that the state machine names, in time, and reports the end.
 *
 * @module
 */

import type { Contact } from "../../core/kademlia/contact.ts";
import type { Lookup } from "../../core/kademlia/lookup.ts";
import type { SentValue } from "../../core/value.ts";
import type { PeerAnswer } from "../../core/wire/messages.ts";
import { Alarm } from "../alarm.ts";
import type { NodeContext } from "../context.ts";
import { isOfContact } from "../membership/membership.ts";
import type { RequestFailure } from "../ports.ts";
import type { Rpc } from "../rpc/rpc.ts";
import type { LookupPeers } from "./lookup_peers.ts";
import { valueFault } from "../values/value_fault.ts";

/** What a lookup found. */
export interface LookupResult {
  /** The closest contacts that answered, closest first. */
  readonly closest: readonly Contact[];
  /** The value, if one was looked for and found. */
  readonly found: FoundValue | null;
  /** The machine at its end: which contacts were asked, and what each gave. */
  readonly lookup: Lookup;
}

/** A value and where it was found. */
export interface FoundValue {
  readonly value: SentValue;
  readonly from: Contact;
  /** Requests in a row that led there. */
  readonly hops: number;
}

/** Called once, at the end; with null if the node is too busy or closing. */
export type OnLookupEnd = (result: LookupResult | null) => void;

/** What a contact answered, or why it did not. */
export interface LookupAnswer {
  readonly answer: PeerAnswer | null;
  readonly failure: RequestFailure | null;
}

/** Follows one lookup. */
export interface LookupTrace {
  /** A contact is asked. */
  asked(contact: Contact): void;
  /** It has answered, or will not; also after the lookup has ended. */
  answered(contact: Contact, answer: LookupAnswer): void;
}

/** What a running lookup takes of a node's parts. */
export interface RunningLookupParts extends NodeContext {
  readonly rpc: Rpc;
  readonly lookupPeers: LookupPeers;
}

/** The lookup to carry out. */
export interface RunningLookupOptions {
  readonly lookup: Lookup;
  readonly trace?: LookupTrace | undefined;
  readonly onStep?: ((lookup: Lookup) => void) | undefined;
  readonly onEnd: OnLookupEnd;
}

/** One lookup under way. */
export class RunningLookup {
  readonly #parts: RunningLookupParts;
  readonly #lookup: Lookup;
  readonly #trace: LookupTrace | undefined;
  readonly #onStep: ((lookup: Lookup) => void) | undefined;
  readonly #onEnd: OnLookupEnd;
  readonly #alarm: Alarm;
  #ended = false;

  constructor(parts: RunningLookupParts, { lookup, trace, onStep, onEnd }: RunningLookupOptions) {
    this.#parts = parts;
    this.#lookup = lookup;
    this.#trace = trace;
    this.#onStep = onStep;
    this.#onEnd = onEnd;
    this.#alarm = new Alarm(parts.ports.clock, () => this.step());
  }

  /** Asks the next contacts, or ends. */
  step(): void {
    if (this.#ended) return;
    const { lookupPeers, ports: { clock } } = this.#parts;
    const step = this.#lookup.next(clock.now(), lookupPeers);
    if (step.type === "done") return this.#end(null);
    if (step.type === "ask") { for (const contact of step.contacts) this.#ask(contact); }
    this.#alarm.setFor(step.wakeAt);
    this.#onStep?.(this.#lookup);
  }

  /** Ends without a result. */
  abort(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#alarm.stop();
    this.#onEnd(null);
  }

  #ask(contact: Contact): void {
    const { target: key, count: amount, forValue } = this.#lookup.options;
    const type = forValue ? "findValue" : "findNode";
    const { lookupPeers, rpc } = this.#parts;
    const source = lookupPeers.isProven(contact) ? null : this.#lookup.sourceOf(contact);
    this.#trace?.asked(contact);
    rpc.ask(contact, { type, key, amount }, (answer, failure) => {
      if (source && isOfContact(failure)) lookupPeers.noteFollowed(source, answer !== null);
      this.#trace?.answered(contact, { answer, failure });
      if (this.#ended) return; // late; the table has learned from it all the same
      this.#take(contact, answer);
    });
  }

  #take(contact: Contact, answer: PeerAnswer | null): void {
    if (answer?.type === "foundValue" && valueFault(answer, this.#parts) === null) {
      const { type: _, ...value } = answer;
      this.#end({ value, from: contact, hops: this.#lookup.onValue(contact) });
      return;
    }
    if (answer?.type === "foundNode") {
      const { lookupPeers } = this.#parts;
      this.#lookup.onAnswer(contact, lookupPeers.nameable(answer.contacts, contact));
    } else this.#lookup.onFailure(contact);
    this.step();
  }

  #end(found: FoundValue | null): void {
    this.#ended = true;
    this.#alarm.stop();
    this.#onEnd({ closest: this.#lookup.closest(), found, lookup: this.#lookup });
  }
}

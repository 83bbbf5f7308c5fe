/**
 * Keeps what one lookup does, request by request.
 *
 * @module
 */

import { type Contact, sameContact } from "../../core/kademlia/contact.ts";
import { ContactMap } from "../../core/kademlia/contact_map.ts";
import type { Lookup } from "../../core/kademlia/lookup.ts";
import { commonPrefixLength } from "../../core/kademlia/node_id.ts";
import type { AskedNode, AskedOutcome } from "./explanation.ts";
import type { LookupAnswer, LookupTrace } from "../lookup/running_lookup.ts";
import type { Ports, RequestFailure } from "../ports.ts";

/** What is known of one request while the search goes on. */
interface Step {
  readonly contact: Contact;
  readonly startedAt: number;
  endedAt: number | null;
  outcome: AskedOutcome;
  contacts: number;
}

/** Follows a lookup. */
export class Trace implements LookupTrace {
  readonly #ports: Ports;
  readonly #steps: Step[] = [];
  readonly #byContact = new ContactMap<Step>();

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  asked(contact: Contact): void {
    const startedAt = this.#ports.clock.now();
    const step: Step = { contact, startedAt, endedAt: null, outcome: "waiting", contacts: 0 };
    this.#steps.push(step);
    this.#byContact.set(contact, step);
  }

  answered(contact: Contact, { answer, failure }: LookupAnswer): void {
    const step = this.#byContact.get(contact);
    if (!step) return;
    step.endedAt = this.#ports.clock.now();
    step.outcome = failure ?? "protocolError";
    if (answer?.type === "foundValue") step.outcome = "value";
    if (answer?.type === "foundNode") {
      step.outcome = "contacts";
      step.contacts = answer.contacts.length;
    }
  }

  /** The contacts that did not answer, and why. */
  failures(): { readonly contact: Contact; readonly failure: RequestFailure }[] {
    return this.#steps.flatMap(({ contact, outcome }) => {
      if (outcome === "value" || outcome === "contacts") return [];
      return [{ contact, failure: outcome === "waiting" ? "timeout" : outcome }];
    });
  }

  /** The requests as they stand now. */
  steps(startedAt: number, lookup: Lookup | null): AskedNode[] {
    return this.#steps.map((step) => {
      const { contact, outcome, contacts, endedAt } = step;
      const candidate = lookup?.candidates.find((one) => sameContact(one.contact, contact));
      const wasInvalid = outcome === "value" && candidate?.state === "failed";
      return {
        contact,
        prefixBits: lookup ? commonPrefixLength(lookup.options.target, contact.id) : 0,
        hops: candidate?.hops ?? 1,
        path: candidate?.path ?? 0,
        startedMs: step.startedAt - startedAt,
        ms: endedAt === null ? null : endedAt - step.startedAt,
        outcome: wasInvalid ? "protocolError" : outcome,
        contacts,
        from: candidate?.source?.contact ?? null,
      };
    });
  }
}

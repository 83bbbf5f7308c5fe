/**
 * What the log says of bootstrappers that do not answer.
 *
 * @module
 */

import { formatAddress } from "../../core/kademlia/address.ts";
import type { Contact } from "../../core/kademlia/contact.ts";
import { ContactMap } from "../../core/kademlia/contact_map.ts";
import type { Log, RequestFailure } from "../ports.ts";

const REASONS: Record<RequestFailure, string> = {
  unreachable: "cannot be reached",
  untrusted: "does not have the expected certificate",
  timeout: "does not answer",
  busy: "was not asked: too many requests are in flight",
  notMember: "belongs to another network: its network key and this node's differ",
  protocolError: "does not speak this version of the protocol",
  closed: "was not asked: this node is closing",
};

/** Tells of each trouble once, until the bootstrapper answers. */
export class JoinTroubles {
  readonly #log: Log;
  /** How the bootstrappers failed that did in this attempt, and in earlier ones. */
  readonly #now: [Contact, RequestFailure][] = [];
  readonly #logged = new ContactMap<RequestFailure>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Notes how a bootstrapper answered: null if it did. */
  note(contact: Contact, failure: RequestFailure | null): void {
    if (failure) this.#now.push([contact, failure]);
    else this.#logged.delete(contact);
  }

  /** An attempt to join has ended: through other nodes, or not at all. */
  tell({ hasJoined }: { readonly hasJoined: boolean }): void {
    for (const [contact, failure] of this.#now.splice(0)) {
      const level = this.#logged.get(contact) === failure ? "debug" : "warn";
      this.#logged.set(contact, failure);
      const trouble = `${formatAddress(contact.address)} ${REASONS[failure]}`;
      const line = hasJoined
        ? `Bootstrapper ${trouble}`
        : `Cannot join: bootstrapper ${trouble}; trying again`;
      this.#log(level, line);
    }
  }
}

/**
 * What is said of the nodes to join through that do not let this one in.
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
  shutOut: "and this node are of one network no more: one of them has been shut out",
  protocolError: "does not speak this version of the protocol",
  closed: "was not asked: this node is closing",
};

/** What a node to join through is to this one. */
type Role = "bootstrapper" | "contact";

/** Tells of each trouble once, until the node answers. */
export class JoinTroubles {
  readonly #log: Log;
  /** How the nodes failed that did in this attempt, and in earlier ones. */
  readonly #now: [Role, Contact, RequestFailure][] = [];
  readonly #logged = new ContactMap<RequestFailure>();
  #last: string | null = null;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Why the last attempt failed; null if it did not, or for no reason that is known. */
  get last(): string | null {
    return this.#last;
  }

  /** Notes how a node answered: null if it did. */
  note(role: Role, contact: Contact, failure: RequestFailure | null): void {
    if (failure) this.#now.push([role, contact, failure]);
    else this.#logged.delete(contact);
  }

  /** An attempt to join has ended: through other nodes, or not at all. */
  tell({ hasJoined }: { readonly hasJoined: boolean }): void {
    this.#last = null;
    for (const [role, contact, failure] of this.#now.splice(0)) {
      const level = this.#logged.get(contact) === failure ? "debug" : "warn";
      this.#logged.set(contact, failure);
      const trouble = `${formatAddress(contact.address)} ${REASONS[failure]}`;
      if (!hasJoined) this.#last = trouble;
      const line = hasJoined
        ? `${role === "contact" ? "Contact" : "Bootstrapper"} ${trouble}`
        : `Cannot join: ${role} ${trouble}; trying again`;
      this.#log(level, line);
    }
  }
}

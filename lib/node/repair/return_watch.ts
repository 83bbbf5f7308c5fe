/**
 * Notices that a cut through the network has ended: several contacts that had been found not to answer answer again.
 *
 * What was stored meanwhile may have missed any node on one side of the cut, also one that this node did not miss.
 *
 * @module
 */

import { type Contact, sameContact } from "../../core/kademlia/contact.ts";
import type { NodeContext } from "../context.ts";
import { CUT_CONTACTS_MIN, CUT_ENDS_WITHIN_MS } from "../limits.ts";

/** The watch of one node. */
export class ReturnWatch {
  readonly #context: NodeContext;
  /** Contacts that have begun to answer again within the last such time, and when each did. */
  #returned: readonly { readonly contact: Contact; readonly at: number }[] = [];
  #noticedAt = -Infinity;

  constructor(context: NodeContext) {
    this.#context = context;
  }

  /** Notes that a contact answers again; returns whether a cut has ended. Within a time that is said once. */
  noteReturned(contact: Contact): boolean {
    const now = this.#context.ports.clock.now();
    const others = this.#returned
      .filter((other) =>
        now - other.at < CUT_ENDS_WITHIN_MS && !sameContact(other.contact, contact)
      );
    this.#returned = [...others, { contact, at: now }];
    if (this.#returned.length < CUT_CONTACTS_MIN) return false;
    if (now - this.#noticedAt < CUT_ENDS_WITHIN_MS) return false;
    this.#noticedAt = now;
    this.#returned = [];
    return true;
  }
}

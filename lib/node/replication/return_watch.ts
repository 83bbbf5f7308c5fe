/**
 * Notices that a cut through the network has ended: several contacts that had been found not to answer answer again.
 *
 * What was stored meanwhile may have missed any node on one side of the cut, also one that this node did not miss.
 *
 * @module
 */

import type { Contact } from "../../core/kademlia/contact.ts";
import { ContactMap } from "../../core/kademlia/contact_map.ts";
import type { NodeContext } from "../context.ts";
import { CUT_CONTACTS_MIN, CUT_ENDS_WITHIN_MS } from "../limits.ts";

/** The watch of one node. */
export class ReturnWatch {
  readonly #context: NodeContext;
  /** Contacts that answer again, and since when they are counted. */
  #returned = new ContactMap<true>();
  #since = -Infinity;
  #isNoticed = false;

  constructor(context: NodeContext) {
    this.#context = context;
  }

  /** Notes that a contact answers again; returns whether a cut has ended. Within a time that is said once. */
  noteReturned(contact: Contact): boolean {
    const now = this.#context.ports.clock.now();
    if (now - this.#since >= CUT_ENDS_WITHIN_MS) {
      this.#since = now;
      this.#returned = new ContactMap();
      this.#isNoticed = false;
    }
    this.#returned.set(contact, true);
    if (this.#isNoticed || this.#returned.size < CUT_CONTACTS_MIN) return false;
    return this.#isNoticed = true;
  }
}

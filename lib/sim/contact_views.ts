/**
 * Contacts as one simulated node knows them: objects of its own, as different processes have.
 *
 * The bytes behind them are shared, since nobody changes them and a large network has very many.
 *
 * @module
 */

import type { Contact } from "../core/kademlia/contact.ts";
import { CONTACT_CACHE_MAX } from "../core/limits.ts";
import type { RecordToContact } from "../core/wire/contact_codec.ts";

/** The contacts of one node. */
export class ContactViews {
  readonly #shared: RecordToContact;
  readonly #own = new Map<Contact, Contact>();

  /** @param shared gives one object for a record, the same for all nodes. */
  constructor(shared: RecordToContact) {
    this.#shared = shared;
  }

  /** The node's own object for a record, the same for as long as it is remembered. */
  readonly toContact = (record: Uint8Array): Contact => {
    const shared = this.#shared(record);
    const known = this.#own.get(shared);
    if (known) return known;
    if (this.#own.size >= CONTACT_CACHE_MAX) this.#own.clear();
    const own = { ...shared };
    this.#own.set(shared, own);
    return own;
  };
}

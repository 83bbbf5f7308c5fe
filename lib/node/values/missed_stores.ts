/**
 * STOREs that had no answer: the contact gets them again when it answers other requests.
 *
 * Another node has taken its place meanwhile. But it may hold an older version, which it would go on giving until it
 * is compared with.
 *
 * @module
 */

import type { Contact } from "../../core/kademlia/contact.ts";
import { ContactMap } from "../../core/kademlia/contact_map.ts";
import type { RoutingTable } from "../../core/kademlia/routing_table.ts";
import type { NodeContext } from "../context.ts";
import { MISSED_STORES_MAX } from "../limits.ts";
import type { Rpc } from "../rpc/rpc.ts";
import type { Publication } from "./publication.ts";

/** What this takes of a node's parts. */
export interface MissedStoresParts extends NodeContext {
  readonly table: RoutingTable;
  readonly rpc: Rpc;
}

/** The STOREs of one node that are to be sent again. */
export class MissedStores {
  readonly #parts: MissedStoresParts;
  readonly #byContact = new ContactMap<Set<Publication>>();
  /** The same, oldest first. */
  readonly #all: { readonly contact: Contact; readonly publication: Publication }[] = [];

  constructor(parts: MissedStoresParts) {
    this.#parts = parts;
  }

  /** Notes a STORE that had no answer. It goes out once more at once if only a message was lost. */
  note(contact: Contact, publication: Publication): void {
    const isFailing = (this.#parts.table.entry(contact)?.failures ?? 1) > 0;
    if (!isFailing) return this.send(contact, publication);
    const missed = this.#byContact.get(contact) ?? new Set();
    missed.add(publication);
    this.#byContact.set(contact, missed);
    this.#all.push({ contact, publication });
    if (this.#all.length <= MISSED_STORES_MAX) return;
    const oldest = this.#all.shift()!;
    this.#byContact.get(oldest.contact)?.delete(oldest.publication);
  }

  /** A contact that had been found not to answer answers again. */
  noteReturned(contact: Contact): void {
    const missed = this.#byContact.get(contact);
    if (!missed) return;
    this.#byContact.delete(contact);
    for (const publication of missed) this.send(contact, publication);
  }

  /** Sends a STORE whose answer does not matter. */
  send(contact: Contact, publication: Publication): void {
    const { rpc, ports: { clock } } = this.#parts;
    const { key, value, stamp, nonce, replication, expiresAt } = publication;
    const ttlMs = Math.ceil(expiresAt - clock.now());
    if (ttlMs <= 0) return;
    rpc.ask(contact, { type: "store", key, value, ttlMs, replication, stamp, nonce }, () => {});
  }
}

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
import { idKey } from "../../core/kademlia/node_id.ts";
import type { RoutingTable } from "../../core/kademlia/routing_table.ts";
import type { NodeContext } from "../context.ts";
import { MISSED_STORES_MAX } from "../limits.ts";
import type { Storage } from "../replication/storage.ts";
import type { Rpc } from "../rpc/rpc.ts";
import { asSent, type Publication } from "./publication.ts";

/** What this takes of a node's parts. */
export interface MissedStoresParts extends NodeContext {
  readonly table: RoutingTable;
  readonly rpc: Rpc;
  readonly storage: Storage;
}

/** A STORE that had no answer. */
interface Missed {
  readonly contact: Contact;
  readonly publication: Publication;
}

/** The STOREs of one node that are to be sent again. */
export class MissedStores {
  readonly #parts: MissedStoresParts;
  /** By key: of two versions the newer one, also once it has ended, so that the older one does not come back. */
  readonly #byContact = new ContactMap<Map<string, Publication>>();
  /** The same, oldest first. */
  readonly #all: Missed[] = [];

  constructor(parts: MissedStoresParts) {
    this.#parts = parts;
  }

  /** Notes a STORE that had no answer. It goes out once more at once if only a message was lost. */
  note(contact: Contact, publication: Publication): void {
    const isFailing = (this.#parts.table.entry(contact)?.failures ?? 1) > 0;
    if (!isFailing) return this.#send(contact, publication);
    const missed = this.#byContact.get(contact) ?? new Map();
    const name = idKey(publication.key);
    if ((missed.get(name)?.stamp ?? -Infinity) > publication.stamp) return;
    missed.set(name, publication);
    this.#byContact.set(contact, missed);
    this.#all.push({ contact, publication });
    if (this.#all.length > MISSED_STORES_MAX) this.#forget(this.#all.shift()!);
  }

  /** A contact that had been found not to answer answers again. */
  noteReturned(contact: Contact): void {
    const missed = this.#byContact.get(contact);
    if (!missed) return;
    this.#byContact.delete(contact);
    for (const publication of missed.values()) this.#send(contact, publication);
  }

  /** Sends a STORE whose answer does not matter: none of a version that this node has replaced by now. */
  #send(contact: Contact, publication: Publication): void {
    const { rpc, storage, time } = this.#parts;
    const { key, stamp } = publication;
    if ((storage.get(key)?.stamp ?? -Infinity) > stamp) return;
    const sent = asSent(publication, time);
    if (sent) rpc.ask(contact, { type: "store", ...sent }, () => {});
  }

  #forget({ contact, publication }: Missed): void {
    const missed = this.#byContact.get(contact);
    const name = idKey(publication.key);
    if (missed?.get(name) !== publication) return;
    missed.delete(name);
    if (missed.size === 0) this.#byContact.delete(contact);
  }
}

/**
 * Which of the nodes near this one should hold a value, by its own routing table.
 *
 * A snapshot: it is made again when a contact has come or gone.
 *
 * @module
 */

import { type Contact, sameContact } from "../../core/kademlia/contact.ts";
import { equalIds } from "../../core/kademlia/node_id.ts";
import type { RoutingTable } from "../../core/kademlia/routing_table.ts";
import { type KeyInPlace, NearIds } from "../../core/repair/near_ids.ts";
import type { NodeContext } from "../context.ts";
import type { Membership } from "../membership/membership.ts";

/**
 * Contacts that a neighbourhood has, in buckets (k): a value that this node holds is held by others that are
 * about as far from it as the key is, and these are among so many.
 */
const BUCKETFULS = 4;

/** What a neighbourhood takes of a node's parts. */
export interface NeighbourhoodParts extends NodeContext {
  readonly table: RoutingTable;
  readonly membership: Membership;
}

/** A node and the contacts near it. */
export class Neighbourhood {
  /** The contacts that answer, closest first; then the peer, if it is none of them. */
  readonly contacts: readonly Contact[];
  /** The ids by index of their contacts; the last is this node's. */
  readonly near: NearIds;

  /** @param peer a node that is to be taken for a contact in any case. */
  constructor({ self, table, options: { bucketSize } }: NeighbourhoodParts, peer?: Contact) {
    const contacts = table.closest(self.id, BUCKETFULS * bucketSize);
    const isMissing = peer && !contacts.some(({ id }) => equalIds(id, peer.id));
    this.contacts = isMissing ? [...contacts, peer] : contacts;
    this.near = new NearIds([...this.contacts, self].map(({ id }) => id));
  }

  /** Whether this node should hold a value. */
  isHolder(key: KeyInPlace, replication: number): boolean {
    return this.near.isAmong(this.contacts.length, key, replication);
  }

  /** Whether this node is closer to a key than any of the contacts. */
  isFirst(key: KeyInPlace): boolean {
    return this.near.isClosest(this.contacts.length, key);
  }

  /** Whether both have the same contacts. */
  hasContactsOf({ contacts }: Neighbourhood): boolean {
    return this.contacts.length === contacts.length &&
      this.contacts.every((contact, index) => sameContact(contact, contacts[index]!));
  }

  /** Index of a contact, or -1. */
  indexOf(contact: Contact): number {
    return this.contacts.findIndex((known) => sameContact(known, contact));
  }
}

/** The neighbourhood of one node, made anew when a contact has come or gone. */
export class Neighbourhoods {
  readonly #parts: NeighbourhoodParts;
  #current: Neighbourhood | null = null;
  #changes = 0;

  constructor(parts: NeighbourhoodParts) {
    this.#parts = parts;
  }

  /** As it is now; the same object as long as nothing has changed. */
  get current(): Neighbourhood {
    const { changes } = this.#parts.membership;
    if (this.#current && this.#changes === changes) return this.#current;
    this.#changes = changes;
    const now = new Neighbourhood(this.#parts);
    // What has changed may be far from here.
    if (!this.#current?.hasContactsOf(now)) this.#current = now;
    return this.#current;
  }

  /** The same with a peer in it, though the peer may be no contact yet. */
  with(peer: Contact): Neighbourhood {
    return this.current.indexOf(peer) >= 0 ? this.current : new Neighbourhood(this.#parts, peer);
  }
}

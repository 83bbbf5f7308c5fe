/**
 * Which of the nodes near this one should hold a value, by its own routing table.
 *
 * A snapshot: it is made again when a contact has come or gone.
 *
 * @module
 */

import { type Contact, sameContact } from "../../core/kademlia/contact.ts";
import { equalIds, type NodeId } from "../../core/kademlia/node_id.ts";
import type { RoutingTable } from "../../core/kademlia/routing_table.ts";
import { NearIds } from "../../core/repair/near_ids.ts";
import type { NodeContext } from "../context.ts";

/**
 * Contacts that a neighbourhood has, in buckets (k): a value that this node holds is held by others that are
 * about as far from it as the key is, and these are among so many.
 */
const BUCKETFULS = 4;

/** What a neighbourhood takes of a node's parts. */
export interface NeighbourhoodParts extends NodeContext {
  readonly table: RoutingTable;
}

/** A node and the contacts near it. */
export class Neighbourhood {
  /** The contacts that answer, closest first; then the peer, if it is none of them. */
  readonly contacts: readonly Contact[];
  readonly #near: NearIds;

  /** @param peer a node that is to be taken for a contact in any case. */
  constructor({ self, table, options: { bucketSize } }: NeighbourhoodParts, peer?: Contact) {
    const contacts = table.closest(self.id, BUCKETFULS * bucketSize);
    const isMissing = peer && !contacts.some(({ id }) => equalIds(id, peer.id));
    this.contacts = isMissing ? [...contacts, peer] : contacts;
    this.#near = new NearIds([...this.contacts, self].map(({ id }) => id));
  }

  /**
   * The contacts that should hold a value, as indices of {@linkcode contacts}, closest to the key first; null
   * if this node should not hold it itself.
   */
  otherHolders(key: NodeId, replication: number): number[] | null {
    const closest = this.#near.closest(key, replication);
    const own = closest.indexOf(this.contacts.length);
    if (own < 0) return null;
    closest.splice(own, 1);
    return closest;
  }

  /** Whether the contacts are the same as those of another neighbourhood. */
  hasSameContacts({ contacts }: Neighbourhood): boolean {
    return this.contacts.length === contacts.length &&
      this.contacts.every((contact, i) => sameContact(contact, contacts[i]!));
  }

  /** Index of a contact, or -1. */
  indexOf(contact: Contact): number {
    return this.contacts.findIndex((known) => sameContact(known, contact));
  }
}

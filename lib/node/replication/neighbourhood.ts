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

/** The contacts that should hold a value as well as this node. */
export interface Sharers {
  /** Indices of {@linkcode Neighbourhood.contacts}, closest to the key first. */
  readonly others: readonly number[];
  /** Whether this node is closer to the key than any of them. */
  readonly isFirst: boolean;
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

  /** Who should hold a value besides this node; null if this node should not hold it itself. */
  sharersOf(key: NodeId, replication: number): Sharers | null {
    const others = this.#near.closest(key, replication);
    const rank = others.indexOf(this.contacts.length);
    if (rank < 0) return null;
    others.splice(rank, 1);
    return { others, isFirst: rank === 0 };
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
    return this.#current = new Neighbourhood(this.#parts);
  }

  /** The same with a peer in it, though the peer may be no contact yet. */
  with(peer: Contact): Neighbourhood {
    return this.current.indexOf(peer) >= 0 ? this.current : new Neighbourhood(this.#parts, peer);
  }
}

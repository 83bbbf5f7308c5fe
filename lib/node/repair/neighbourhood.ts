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
import { type KeyInPlace, NearIds } from "../../core/repair/near_ids.ts";
import type { Version } from "../../core/repair/version.ts";
import type { NodeContext } from "../context.ts";
import { DOUBTS_EVERY_MS } from "../limits.ts";
import type { Membership } from "../membership/membership.ts";
import type { Introductions } from "../rpc/introductions.ts";
import { SPARES } from "../values/placement.ts";

/**
 * Contacts that a neighbourhood has, in buckets (k): a value that this node holds is held by others that are
 * about as far from it as the key is, and these are among so many.
 */
const BUCKETFULS = 4;

/** What a neighbourhood takes of a node's parts. */
export interface NeighbourhoodParts extends NodeContext {
  readonly table: RoutingTable;
  readonly membership: Membership;
  readonly introductions: Introductions;
}

/** A node and the contacts near it. */
export class Neighbourhood {
  /** The contacts that answer, closest first; then the peer, if it is none of them. */
  readonly contacts: readonly Contact[];
  /** The ids by index of their contacts; the last is this node's. */
  readonly near: NearIds;

  /** @param contacts different from each other and from the node. */
  constructor(self: Contact, contacts: readonly Contact[]) {
    this.contacts = contacts;
    this.near = new NearIds([...contacts, self].map(({ id }) => id));
  }

  /** Whether this node should hold a value. */
  isHolder(key: KeyInPlace, replication: number): boolean {
    return this.near.isAmong(this.contacts.length, key, replication);
  }

  /** Whether this node is closer to a key than any of the contacts. */
  isFirst(key: KeyInPlace): boolean {
    return this.near.isClosest(this.contacts.length, key);
  }

  /** Whether its contacts are these, in this order. */
  hasContacts(contacts: readonly Contact[]): boolean {
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
  /** The one in which the closest to a key were last asked whether they are there, and when. */
  #doubted: Neighbourhood | null = null;
  #doubtedAt = -Infinity;

  constructor(parts: NeighbourhoodParts) {
    this.#parts = parts;
  }

  /** As it is now; the same object as long as nothing has changed. */
  get current(): Neighbourhood {
    const { changes } = this.#parts.membership;
    if (this.#current && this.#changes === changes) return this.#current;
    this.#changes = changes;
    const contacts = this.#near();
    // What has changed may be far from here.
    if (this.#current?.hasContacts(contacts)) return this.#current;
    return this.#current = new Neighbourhood(this.#parts.self, contacts);
  }

  /**
   * Whether this node should hold a version that a neighbour takes it to be responsible for. The neighbour may know
   * fewer nodes than this one, its buckets being full: what were taken from it would be found to belong elsewhere,
   * and given here again, for ever. Or it knows that a closer node has gone, which is found out here as well then.
   */
  isHolder({ key, replication }: Version): boolean {
    const place = { bytes: key, keyAt: 0 };
    const { current } = this;
    if (current.isHolder(place, replication)) return true;
    if (current.isHolder(place, replication + SPARES)) this.#doubt(key, replication);
    return false;
  }

  /** Makes sure that the nodes closest to a key are there. */
  #doubt(key: NodeId, replication: number): void {
    const { table, introductions, ports: { clock } } = this.#parts;
    const now = clock.now();
    if (this.#doubted === this.current || now - this.#doubtedAt < DOUBTS_EVERY_MS) return;
    this.#doubted = this.current;
    this.#doubtedAt = now;
    for (const contact of table.closest(key, replication)) introductions.ping(contact);
  }

  /** The same with a peer in it, though the peer may be no contact yet. */
  with(peer: Contact): Neighbourhood {
    if (this.current.indexOf(peer) >= 0) return this.current;
    const contacts = this.#near();
    const isMissing = !contacts.some(({ id }) => equalIds(id, peer.id));
    return new Neighbourhood(this.#parts.self, isMissing ? [...contacts, peer] : contacts);
  }

  /** The contacts near this node, closest first. */
  #near(): Contact[] {
    const { self, table, options: { bucketSize } } = this.#parts;
    return table.closest(self.id, BUCKETFULS * bucketSize);
  }
}

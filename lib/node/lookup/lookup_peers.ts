/**
 * The contacts of one node as a lookup sees them: how fast they answer, and whom to dial because of whom.
 *
 * @module
 */

import { dialledAddress } from "../../core/kademlia/address_pair.ts";
import { mayName } from "../../core/kademlia/address.ts";
import type { Contact } from "../../core/kademlia/contact.ts";
import type { Askable } from "../../core/kademlia/lookup.ts";
import type { RoutingTable } from "../../core/kademlia/routing_table.ts";
import type { NodeContext } from "../context.ts";
import type { Membership } from "../membership/membership.ts";
import type { Rpc } from "../rpc/rpc.ts";
import { DialCredit } from "./dial_credit.ts";

/** What this takes of a node's parts. */
export interface LookupPeersParts extends NodeContext {
  readonly table: RoutingTable;
  readonly rpc: Rpc;
  readonly membership: Membership;
}

/** The contacts of one node, for all its lookups. */
export class LookupPeers implements Askable {
  readonly #parts: LookupPeersParts;
  readonly #credit: DialCredit;

  constructor(parts: LookupPeersParts) {
    this.#parts = parts;
    this.#credit = new DialCredit(parts.diversity);
  }

  slowAfterMs(contact: Contact, isWarm: boolean): number {
    return this.#parts.rpc.slowAfterMs(contact, isWarm);
  }

  hedgeAfterMs(contact: Contact, isWarm: boolean): number {
    return this.#parts.rpc.hedgeAfterMs(contact, isWarm);
  }

  isConnected(contact: Contact): boolean {
    return this.#parts.rpc.isConnected(contact);
  }

  roundTripMs(contact: Contact): number | null {
    return this.#parts.rpc.roundTrips.meanMs(contact);
  }

  isAbsent(contact: Contact): boolean {
    return this.#parts.membership.isAbsent(contact);
  }

  isProven(contact: Contact): boolean {
    return this.#parts.table.entry(contact) !== null || this.isConnected(contact);
  }

  mayFollow(source: Contact): boolean {
    return this.#credit.mayFollow(source, this.#parts.ports.clock.now());
  }

  /** Notes whether a contact has answered that was not proven, and that a source has named. */
  noteFollowed(source: Contact, answered: boolean): void {
    this.#credit.note(source, { answered, now: this.#parts.ports.clock.now() });
  }

  /** Those of the contacts that a source has named which it may name. */
  nameable(contacts: readonly Contact[], source: Contact): readonly Contact[] {
    const { self } = this.#parts;
    const from = dialledAddress(source, self);
    const may = (contact: Contact) => mayName(dialledAddress(contact, self), from);
    return contacts.every(may) ? contacts : contacts.filter(may);
  }
}

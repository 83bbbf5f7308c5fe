/**
 * How far away contacts are: the round trips to those in the routing table, and to others that have been asked of late.
 *
 * @module
 */

import type { Contact } from "../../core/kademlia/contact.ts";
import { ContactMap } from "../../core/kademlia/contact_map.ts";
import { RoundTrip } from "../../core/kademlia/round_trip.ts";
import type { RoutingTable } from "../../core/kademlia/routing_table.ts";

/** When TCP sends the first packet of a connection again. */
const FIRST_PACKET_AGAIN_MS = 1_000;
/** Others than those of the table, up to twice as many. */
const OTHERS_MAX = 1_024;

/** The round trips of one node. */
export class RoundTrips {
  readonly #table: RoutingTable;
  /** Over all contacts: what to expect of one that nothing is known of. */
  readonly #overall = new RoundTrip();
  #others = new ContactMap<RoundTrip>();
  /** Those before: they are forgotten when as many have come after them. */
  #formerOthers = new ContactMap<RoundTrip>();

  constructor(table: RoutingTable) {
    this.#table = table;
  }

  /** What to expect of a contact. */
  of(contact: Contact): RoundTrip {
    return this.#known(contact) ?? this.#overall;
  }

  /** The mean round trip to a contact in milliseconds; null if nothing is known of it. */
  meanMs(contact: Contact): number | null {
    return this.#known(contact)?.meanMs ?? null;
  }

  /** Takes in what a request took on an open connection. */
  measured(contact: Contact, ms: number): void {
    this.#overall.add(ms);
    this.#own(contact).add(ms);
  }

  /** Takes in what a first packet to a contact and its answer took; one of them may have been lost. */
  reached(contact: Contact, ms: number): void {
    this.#own(contact).guess(ms < FIRST_PACKET_AGAIN_MS ? ms : ms - FIRST_PACKET_AGAIN_MS);
  }

  #known(contact: Contact): RoundTrip | null {
    return this.#table.entry(contact)?.roundTrip ?? this.#others.get(contact) ??
      this.#formerOthers.get(contact) ?? null;
  }

  #own(contact: Contact): RoundTrip {
    const roundTrip = this.#known(contact) ?? new RoundTrip();
    const entry = this.#table.entry(contact);
    if (entry) entry.roundTrip = roundTrip;
    else this.#keep(contact, roundTrip);
    return roundTrip;
  }

  #keep(contact: Contact, roundTrip: RoundTrip): void {
    if (this.#others.size >= OTHERS_MAX) {
      this.#formerOthers = this.#others;
      this.#others = new ContactMap();
    }
    this.#others.set(contact, roundTrip);
  }
}

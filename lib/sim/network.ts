/**
 * A simulated network: where each node listens, and what passes between two of them.
 *
 * @module
 */

import type { Address } from "../core/kademlia/address.ts";
import type { Contact } from "../core/kademlia/contact.ts";
import { ContactCache } from "../core/kademlia/contact_cache.ts";
import { type Hash, idKey } from "../core/kademlia/node_id.ts";
import type { RecordToContact } from "../core/wire/contact_codec.ts";
import { Carrier, type NetworkCounts } from "./carrier.ts";
import { ContactViews } from "./contact_views.ts";
import type { EventQueue } from "./event_queue.ts";
import { SimClock } from "./sim_clock.ts";
import { SimTransport, type Surroundings } from "./transport.ts";

/** What kind of network it is. */
export interface SimNetworkOptions {
  readonly queue: EventQueue;
  readonly sha256: Hash;
  /** How long a message takes from one node to another in milliseconds. */
  readonly delayMs: (from: Contact, to: Contact) => number;
  /** Whether the message that is about to leave is lost. */
  readonly isLost?: (from: Contact, to: Contact) => boolean;
  /** Whether nothing at all passes from one node to another at this time. */
  readonly isCut?: (from: Contact, to: Contact) => boolean;
  /** Whether every message is encoded and decoded, as on a real network. */
  readonly throughCodec: boolean;
  /** Makes contacts of records for all nodes; by default each node has objects of its own. */
  readonly toContact?: RecordToContact;
  /** Connections dialled by others that a node keeps open. */
  readonly inboundMax?: number;
}

/** What one node's end of the network is like. */
export interface OpenOptions {
  /** The clock of its machine. */
  readonly clock?: SimClock;
  /** Where its packets come from, if that is not where it listens. */
  readonly source?: Address;
  /** Whether its connections say who has dialled them; else it has to introduce itself. */
  readonly saysWho?: boolean;
}

/** As many as a real transport keeps. */
const INBOUND_MAX = 1_024;
/** Contacts that have one object for the whole network, from which nodes make their own. */
const SHARED_CONTACTS_MAX = 1 << 20;

/** All links between simulated nodes. */
export class SimNetwork implements Surroundings {
  readonly options: SimNetworkOptions;
  readonly queue: EventQueue;
  readonly inboundMax: number;
  /** Through which all messages go. */
  readonly carrier: Carrier;
  readonly #transports = new Map<string, SimTransport>();
  /** Addresses at which the machine is off, so that nobody even refuses. */
  readonly #off = new Set<string>();
  readonly #shared: ContactCache;

  constructor(options: SimNetworkOptions) {
    this.options = options;
    this.queue = options.queue;
    this.inboundMax = options.inboundMax ?? INBOUND_MAX;
    this.carrier = new Carrier(options.queue, options);
    this.#shared = new ContactCache(options.sha256, SHARED_CONTACTS_MAX);
  }

  /** What has been carried, and the connections for it. */
  get counts(): NetworkCounts {
    return this.carrier.counts;
  }

  /** A hash of all that was carried: when, between whom, what. Equal for equal runs. */
  get trace(): number {
    return this.carrier.trace;
  }

  /** The transport of a node at this contact's address; takes the place of one that has left. */
  open(self: Contact, options: OpenOptions = {}): SimTransport {
    const { queue } = this.options;
    const { clock = new SimClock(queue), source = self.address, saysWho = false } = options;
    const toContact = this.options.toContact ?? new ContactViews(this.#shared.toContact).toContact;
    const transport = new SimTransport(this, { self, clock, source, toContact, saysWho });
    this.#transports.set(idKey(self.id), transport);
    this.#off.delete(idKey(self.id));
    return transport;
  }

  /** Notes that a transport is closed, unless another has taken its place. */
  forget(transport: SimTransport): void {
    const name = idKey(transport.self.id);
    if (this.#transports.get(name) === transport) this.#transports.delete(name);
  }

  /** Switches the machine off at a contact's address, until a transport is opened there. */
  switchOff(contact: Contact): void {
    this.#off.add(idKey(contact.id));
  }

  /** Whether the machine at a contact's address is off. */
  isOff(contact: Contact): boolean {
    return this.#off.size > 0 && this.#off.has(idKey(contact.id));
  }

  /** Who listens at a contact's address. */
  at(contact: Contact): SimTransport | null {
    return this.#transports.get(idKey(contact.id)) ?? null;
  }

  /** How long a message takes in milliseconds. */
  delayMs(from: Contact, to: Contact): number {
    return this.options.delayMs(from, to);
  }

  /** Whether a message gets through. */
  passes(from: Contact, to: Contact): boolean {
    const { isCut, isLost } = this.options;
    return !isCut?.(from, to) && !isLost?.(from, to);
  }

  /** How long it takes until a node hears that another has ended a connection, in milliseconds; infinite if it does not. */
  endMs(from: Contact, to: Contact): number {
    const { isCut, isLost, delayMs } = this.options;
    if (isCut?.(from, to)) return Infinity;
    for (let said = 0; said < ENDS_SAID_MAX; said++) {
      if (!isLost?.(from, to)) return said * RETRANSMISSION_MS + delayMs(from, to);
    }
    return Infinity;
  }

  /** How long a handshake takes in milliseconds, and its first round trip; infinite if it cannot succeed. */
  handshakeMs(from: Contact, to: Contact): { readonly connect: number; readonly total: number } {
    const { isCut, isLost, delayMs } = this.options;
    if (isCut?.(from, to) || isCut?.(to, from)) return { connect: Infinity, total: Infinity };
    let [connect, total] = [0, 0];
    for (let leg = 0; leg < HANDSHAKE_LEGS; leg++) {
      total += leg % 2 === 0 ? delayMs(from, to) : delayMs(to, from);
      if (isLost?.(from, to)) total += RETRANSMISSION_MS;
      if (leg === 1) connect = total;
    }
    return { connect, total };
  }
}

/** So often at most a system says again that a connection is over. */
const ENDS_SAID_MAX = 15;

/** One way each: SYN, SYN and ACK, client hello, server hello. */
const HANDSHAKE_LEGS = 4;
/** When TCP sends the first packets of a connection again, and the last one. */
const RETRANSMISSION_MS = 1_000;

/**
 * A simulated network: the transport of nodes that share one event queue.
 *
 * It does what connections do, without sockets: a first request to a contact costs two round trips more
 * (TCP, TLS) and introduces the sender; messages between two nodes arrive in order; a node that has left
 * refuses connections, one that is frozen takes everything and answers nothing. A lost message stays lost,
 * which is harder on a node than TCP would be; only a handshake tries again after a second.
 *
 * @module
 */

import { type Contact, sameContact } from "../core/kademlia/contact.ts";
import { ContactCache } from "../core/kademlia/contact_cache.ts";
import { ContactMap } from "../core/kademlia/contact_map.ts";
import { HANDSHAKE_LIMIT_MS } from "../core/limits.ts";
import { STORES_BURST_MAX } from "../node/limits.ts";
import type { PeerAnswer, PeerRequest } from "../core/wire/messages.ts";
import { type Hash, idKey } from "../core/kademlia/node_id.ts";
import type { RecordToContact } from "../core/wire/contact_codec.ts";
import type {
  OnAnswer,
  Origin,
  RequestFailure,
  SentRequest,
  Transport,
  TransportHandler,
} from "../node/ports.ts";
import { Carrier, type LinkContacts, type NetworkCounts } from "./carrier.ts";
import type { EventQueue } from "./event_queue.ts";

/** What kind of network it is. */
export interface SimNetworkOptions {
  readonly queue: EventQueue;
  readonly sha256: Hash;
  /** How long a message takes from one node to another in milliseconds. */
  readonly delayMs: (from: Contact, to: Contact) => number;
  /** Whether the message that is about to leave is lost. */
  readonly isLost?: (from: Contact, to: Contact) => boolean;
  /** Whether nothing at all passes between two nodes at this time. */
  readonly isCut?: (from: Contact, to: Contact) => boolean;
  /** Whether every message is encoded and decoded, as on a real network. */
  readonly throughCodec: boolean;
  /** Makes contacts of records; by default a cache, as a node has one. */
  readonly toContact?: RecordToContact;
}

/** All links between simulated nodes. */
export class SimNetwork {
  readonly options: SimNetworkOptions;
  /** Through which all messages go. */
  readonly carrier: Carrier;
  readonly #transports = new Map<string, SimTransport>();

  constructor(options: SimNetworkOptions) {
    const { queue, sha256, throughCodec } = options;
    this.options = options;
    const { toContact = new ContactCache(sha256).toContact } = options;
    this.carrier = new Carrier(queue, throughCodec ? toContact : null);
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
  open(self: Contact): SimTransport {
    const transport = new SimTransport(self, this);
    this.#transports.set(idKey(self.id), transport);
    return transport;
  }

  /** Notes that a transport is closed, unless another has taken its place. */
  forget(transport: SimTransport): void {
    const name = idKey(transport.self.id);
    if (this.#transports.get(name) === transport) this.#transports.delete(name);
  }

  /** Who listens at a contact's address. */
  at(contact: Contact): SimTransport | null {
    return this.#transports.get(idKey(contact.id)) ?? null;
  }

  /** Whether a message gets through. */
  passes(from: Contact, to: Contact): boolean {
    const { isCut, isLost } = this.options;
    return !isCut?.(from, to) && !isLost?.(from, to);
  }

  /** How long a handshake takes in milliseconds; infinite if it cannot succeed. */
  handshakeMs(from: Contact, to: Contact): number {
    const { isCut, isLost, delayMs } = this.options;
    if (isCut?.(from, to)) return Infinity;
    let total = 0;
    for (let leg = 0; leg < HANDSHAKE_LEGS; leg++) {
      total += leg % 2 === 0 ? delayMs(from, to) : delayMs(to, from);
      if (isLost?.(from, to)) total += RETRANSMISSION_MS;
    }
    return total;
  }
}

/** One way each: SYN, SYN and ACK, client hello, server hello. */
const HANDSHAKE_LEGS = 4;
/** When TCP sends the first packets of a connection again. */
const RETRANSMISSION_MS = 1_000;

/** A request whose callback has not been called. */
interface Pending {
  readonly request: PeerRequest;
  readonly onAnswer: OnAnswer;
}

/** A connection as its dialler sees it. */
interface Link {
  readonly remote: SimTransport;
  readonly origin: Origin;
  /** When the handshake is over. */
  readonly openAt: number;
  /** When the last message arrives, so that the next does not overtake it. */
  arrivesAt: number;
  returnsAt: number;
  contacts: LinkContacts | null;
}

/** The transport of one simulated node. */
export class SimTransport implements Transport {
  readonly self: Contact;
  /** Takes messages and answers none. */
  frozen = false;
  readonly #network: SimNetwork;
  readonly #links = new ContactMap<Link>();
  /** Who has dialled this node. */
  readonly #diallers = new Set<SimTransport>();
  readonly #pending = new Set<Pending>();
  #handler: TransportHandler | null = null;
  #closed = false;

  constructor(self: Contact, network: SimNetwork) {
    this.self = self;
    this.#network = network;
  }

  /** Whether the node has left, by itself or by being killed. */
  get closed(): boolean {
    return this.#closed;
  }

  attach(handler: TransportHandler): void {
    this.#handler = handler;
  }

  isConnected(contact: Contact): boolean {
    const link = this.#links.get(contact);
    return link !== undefined && !link.remote.closed && link.openAt <= this.#now();
  }

  request(contact: Contact, request: PeerRequest, onAnswer: OnAnswer): SentRequest {
    const pending: Pending = { request, onAnswer };
    this.#pending.add(pending);
    if (this.#closed) {
      this.#failAt(this.#now(), pending, "closed");
    } else {
      const link = this.#linkTo(contact, pending);
      if (link) this.#send(link, pending);
    }
    return { cancel: () => void this.#pending.delete(pending) };
  }

  /** Leaves at once: nothing more is sent, and whoever asks is refused. */
  close(): Promise<void> {
    this.#closed = true;
    // Others may remember this end of a connection for long; the node behind it is gone.
    this.#handler = null;
    this.#network.forget(this);
    for (const { remote } of this.#links.values()) remote.#diallers.delete(this);
    this.#links.clear();
    for (const dialler of this.#diallers) dialler.#hearOfEnd(this.self);
    this.#diallers.clear();
    for (const pending of [...this.#pending]) this.#finish(pending, null, "closed");
    return Promise.resolve();
  }

  #now(): number {
    return this.#network.options.queue.now();
  }

  #linkTo(contact: Contact, pending: Pending): Link | null {
    const known = this.#links.get(contact);
    if (known && !known.remote.closed) return known;
    this.#links.delete(contact);
    const now = this.#now();
    const remote = this.#network.at(contact);
    const handshake = this.#network.handshakeMs(this.self, contact);
    if (handshake > HANDSHAKE_LIMIT_MS || remote?.frozen) {
      this.#failAt(now + HANDSHAKE_LIMIT_MS, pending, "unreachable");
    } else if (!remote) {
      this.#failAt(now + handshake / 2, pending, "unreachable");
    } else if (!sameContact(remote.self, contact)) {
      this.#failAt(now + handshake, pending, "untrusted");
    } else {
      return this.#connect(contact, remote, now + handshake);
    }
    return null;
  }

  #connect(contact: Contact, remote: SimTransport, openAt: number): Link {
    const origin: Origin = {
      address: this.self.address,
      contact: null,
      checkedAt: -Infinity,
      reachability: "untried",
      storesLeft: STORES_BURST_MAX,
      storesCountedAt: openAt,
    };
    const link: Link = {
      remote,
      origin,
      openAt,
      arrivesAt: openAt,
      returnsAt: openAt,
      contacts: null,
    };
    this.#links.set(contact, link);
    remote.#diallers.add(this);
    this.#network.counts.connections++;
    this.#network.options.queue.runAt(openAt, () => {
      if (!this.#closed && !remote.#closed) this.#handler?.onConnected(contact);
    });
    return link;
  }

  /** A lost message is simply never answered: the node has a time limit of its own. */
  #send(link: Link, pending: Pending): void {
    const network = this.#network;
    const { queue, delayMs } = network.options;
    const { self } = this;
    const { remote } = link;
    if (!network.passes(self, remote.self)) return;
    const there = delayMs(self, remote.self);
    link.arrivesAt = Math.max(link.arrivesAt, Math.max(this.#now(), link.openAt) + there);
    queue.runAt(link.arrivesAt, () => {
      if (remote.frozen && !remote.#closed) return;
      const arrived = remote.#closed
        ? null
        : network.carrier.carryRequest(self, remote.self, pending.request);
      if (!arrived) return this.#failAt(this.#now() + there, pending, "unreachable");
      remote.#handler?.onRequest(arrived, link.origin, (answer) => {
        if (!network.passes(remote.self, self)) return;
        link.returnsAt = Math.max(link.returnsAt, this.#now() + delayMs(remote.self, self));
        queue.runAt(link.returnsAt, () => this.#take(link, answer, pending));
      });
    });
  }

  #take(link: Link, answer: PeerAnswer, pending: Pending): void {
    if (!this.#pending.has(pending) || this.frozen) return;
    const { request } = pending;
    const { carrier } = this.#network;
    const arrived = carrier.carryAnswer(link.remote.self, this.self, { request, answer, link });
    this.#finish(pending, arrived, arrived ? null : "protocolError");
  }

  /** The system of a node that ends tells all who are connected to it. */
  #hearOfEnd(contact: Contact): void {
    const { queue, delayMs } = this.#network.options;
    if (!this.#network.passes(contact, this.self)) return;
    queue.runAt(queue.now() + delayMs(contact, this.self), () => {
      if (!this.#closed && !this.frozen) this.#handler?.onDisconnected?.(contact);
    });
  }

  #failAt(time: number, pending: Pending, failure: RequestFailure): void {
    this.#network.options.queue.runAt(time, () => this.#finish(pending, null, failure));
  }

  #finish(pending: Pending, answer: PeerAnswer | null, failure: RequestFailure | null): void {
    if (this.#pending.delete(pending)) pending.onAnswer(answer, failure);
  }
}

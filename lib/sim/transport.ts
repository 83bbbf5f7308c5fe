/**
 * The transport of one simulated node.
 *
 * It does what connections do, without sockets: a first request to a contact costs two round trips more
 * (TCP, TLS) and introduces the sender; messages between two nodes arrive in order; a node that has left
 * refuses connections; one whose process is stopped takes everything and looks at it when it goes on. A
 * lost message stays lost, which is harder on a node than TCP would be; only a handshake, and the word that a
 * connection is over, are tried again: the system of a process that was killed sees to that.
 *
 * @module
 */

import type { Address } from "../core/kademlia/address.ts";
import { type Contact, sameContact } from "../core/kademlia/contact.ts";
import { ContactMap } from "../core/kademlia/contact_map.ts";
import { HANDSHAKE_LIMIT_MS } from "../core/limits.ts";
import type { RecordToContact } from "../core/wire/contact_codec.ts";
import type { PeerAnswer, PeerRequest } from "../core/wire/messages.ts";
import { STORES_BURST_MAX } from "../node/limits.ts";
import type {
  OnAnswer,
  Origin,
  RequestFailure,
  SentRequest,
  Transport,
  TransportHandler,
} from "../node/ports.ts";
import type { Carrier } from "./carrier.ts";
import type { EventQueue } from "./event_queue.ts";
import type { Link as LinkOf, Pending as PendingOf } from "./link.ts";
import type { SimClock } from "./sim_clock.ts";

type Link = LinkOf<SimTransport>;
type Pending = PendingOf<SimTransport>;

/** What lies between the transports of one network. */
export interface Surroundings {
  readonly queue: EventQueue;
  readonly carrier: Carrier;
  /** Connections dialled by others that a node keeps open. */
  readonly inboundMax: number;
  /** How long a message takes in milliseconds. */
  delayMs(from: Contact, to: Contact): number;
  /** How long it takes until a node hears that another has ended a connection, in milliseconds; infinite if it does not. */
  endMs(from: Contact, to: Contact): number;
  /** How long a handshake takes in milliseconds, and its first round trip; infinite if it cannot succeed. */
  handshakeMs(from: Contact, to: Contact): { readonly connect: number; readonly total: number };
  /** Whether the message that is about to leave gets through. */
  passes(from: Contact, to: Contact): boolean;
  /** Whether the machine at a contact's address is off. */
  isOff(contact: Contact): boolean;
  /** Who listens at a contact's address. */
  at(contact: Contact): SimTransport | null;
  /** Notes that a transport is closed. */
  forget(transport: SimTransport): void;
}

/** Whose transport it is. */
export interface SimTransportOptions {
  readonly self: Contact;
  readonly clock: SimClock;
  /** Where its packets come from. */
  readonly source: Address;
  /** Makes the node's contacts of records. */
  readonly toContact: RecordToContact;
  /** Whether a connection says who has dialled it, as a node's HELLO does, which is not lost while the connection lives. */
  readonly saysWho: boolean;
}

/** A connection without a message for this long is closed by its dialler, as real ones are. */
const IDLE_MS = 600_000;

/** The connections of one simulated node. */
export class SimTransport implements Transport {
  readonly self: Contact;
  readonly clock: SimClock;
  readonly source: Address;
  readonly toContact: RecordToContact;
  readonly #saysWho: boolean;
  readonly #network: Surroundings;
  readonly #links = new ContactMap<Link>();
  /** Connections that others have dialled. */
  readonly #inbound = new Set<Link>();
  readonly #pending = new Set<Pending>();
  #handler: TransportHandler | null = null;
  #closed = false;

  constructor(network: Surroundings, options: SimTransportOptions) {
    this.#network = network;
    this.self = options.self;
    this.clock = options.clock;
    this.source = options.source;
    this.toContact = options.toContact;
    this.#saysWho = options.saysWho;
  }

  /** Whether the node has left, by itself or by being killed. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Connections dialled by others that it keeps open at most. */
  get inboundMax(): number {
    return this.#network.inboundMax;
  }

  /** Connections that others have dialled. */
  get inbound(): number {
    return this.#inbound.size;
  }

  attach(handler: TransportHandler): void {
    this.#handler = handler;
  }

  isConnected(contact: Contact): boolean {
    const link = this.#links.get(contact);
    return link !== undefined && this.#isUsable(link) && link.openAt <= this.#now();
  }

  suspect(contact: Contact, since: number): boolean {
    const link = this.#links.get(contact);
    if (this.#closed || !link || link.openAt > since || link.receivedAt > since) return false;
    this.#drop(link);
    link.isDead = true; // nobody reads what may still come on it
    for (const pending of [...this.#pending]) {
      if (pending.link === link) this.#connectAndSend(contact, pending);
    }
    return true;
  }

  request(contact: Contact, request: PeerRequest, onAnswer: OnAnswer): SentRequest {
    const pending: Pending = { request, onAnswer, link: null };
    this.#pending.add(pending);
    if (this.#closed) this.#failAt(this.#now(), pending, "closed");
    else this.#connectAndSend(contact, pending);
    return { cancel: () => void this.#pending.delete(pending) };
  }

  /** Leaves at once: nothing more is sent, and the system closes the connections. */
  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#closed = true;
    // Others may remember this end of a connection for long; the node behind it is gone.
    this.#handler = null;
    this.#network.forget(this);
    for (const link of this.#links.values()) {
      link.isOver = true;
      link.listener.#inbound.delete(link);
    }
    this.#links.clear();
    for (const link of this.#inbound) link.dialler.#hearOfEnd(link);
    this.#inbound.clear();
    for (const pending of [...this.#pending]) this.#finish(pending, null, "closed");
    return Promise.resolve();
  }

  /** Gives the node a request that no other has sent, and drops the answer. */
  deliver(request: PeerRequest): void {
    this.#handler?.onRequest(request, makeOrigin(this.source, this.#now()), () => {});
  }

  /** Lets the packets of all its connections vanish from now on; new connections are not concerned. */
  loseConnections(): void {
    for (const link of this.#links.values()) link.isDead = true;
    for (const link of this.#inbound) link.isDead = true;
  }

  #now(): number {
    return this.#network.queue.now();
  }

  #isUsable({ isOver, usedAt }: Link): boolean {
    return !isOver && this.#now() - usedAt < IDLE_MS;
  }

  #connectAndSend(contact: Contact, pending: Pending): void {
    pending.link = this.#linkTo(contact, pending);
    if (pending.link) this.#send(pending.link, pending);
  }

  #linkTo(contact: Contact, pending: Pending): Link | null {
    const known = this.#links.get(contact);
    if (known && this.#isUsable(known)) return known;
    if (known) this.#drop(known);
    const network = this.#network;
    const now = this.#now();
    const remote = network.at(contact);
    const { connect, total: handshake } = network.handshakeMs(this.self, contact);
    const isMute = network.isOff(contact) || (remote && !remote.clock.isRunning);
    if (handshake > HANDSHAKE_LIMIT_MS || isMute) {
      this.#failAt(now + HANDSHAKE_LIMIT_MS, pending, "unreachable");
    } else if (!remote) {
      this.#failAt(now + connect, pending, "unreachable");
    } else if (!sameContact(remote.self, contact)) {
      this.#failAt(now + handshake, pending, "untrusted");
    } else {
      return this.#connect(contact, remote, { connect, total: handshake });
    }
    return null;
  }

  #connect(
    contact: Contact,
    listener: SimTransport,
    { connect: roundTripMs, total }: { readonly connect: number; readonly total: number },
  ): Link {
    const now = this.#now();
    const openAt = now + total;
    const link: Link = {
      dialler: this,
      listener,
      contact,
      origin: makeOrigin(this.source, openAt),
      openAt,
      arrivesAt: openAt,
      returnsAt: openAt,
      usedAt: openAt,
      receivedAt: openAt,
      contacts: null,
      isDead: false,
      isOver: false,
    };
    if (this.#saysWho) link.origin.peer = listener.toContact(this.self.record);
    this.#links.set(contact, link);
    const { queue, carrier } = this.#network;
    carrier.counts.connections++;
    queue.runAt(now + roundTripMs, () => {
      if (!this.#closed) {
        this.clock.whenRunning(() => this.#handler?.onReached?.(contact, roundTripMs));
      }
    });
    queue.runAt(openAt, () => {
      if (this.#closed) return;
      if (listener.#closed) return this.#end(link);
      listener.#admit(link);
      this.clock.whenRunning(() => this.#handler?.onConnected(contact));
    });
    return link;
  }

  /** Takes a connection in; if there are too many, the dialler of the one used least recently closes it. */
  #admit(link: Link): void {
    if (this.#inbound.size >= this.#network.inboundMax) {
      let oldest: Link | null = null;
      for (const one of this.#inbound) if (!oldest || one.usedAt < oldest.usedAt) oldest = one;
      if (oldest) {
        this.#inbound.delete(oldest);
        oldest.dialler.#hearOfGoingAway(oldest);
      }
    }
    this.#inbound.add(link);
  }

  /** A lost message is simply never answered: the node has a time limit of its own. */
  #send(link: Link, pending: Pending): void {
    const { queue } = this.#network;
    const { listener } = link;
    const now = this.#now();
    link.usedAt = Math.max(link.usedAt, now);
    if (link.isDead || !this.#network.passes(this.self, listener.self)) return;
    const there = this.#network.delayMs(this.self, listener.self);
    link.arrivesAt = Math.max(link.arrivesAt, Math.max(now, link.openAt) + there);
    queue.runAt(link.arrivesAt, () => {
      if (listener.#closed) listener.#refuse(link);
      else listener.clock.whenRunning(() => listener.#receive(link, pending));
    });
  }

  #receive(link: Link, pending: Pending): void {
    if (this.#closed || link.isDead) return;
    const { dialler } = link;
    const arrived = this.#network.carrier.carryRequest(dialler, this, pending.request);
    if (!arrived) return this.#refuse(link);
    this.#handler?.onRequest(arrived, link.origin, (answer) => this.#answer(link, answer, pending));
  }

  #answer(link: Link, answer: PeerAnswer, pending: Pending): void {
    const { queue } = this.#network;
    const { dialler } = link;
    if (this.#closed || link.isDead || !this.#network.passes(this.self, dialler.self)) return;
    link.usedAt = Math.max(link.usedAt, this.#now());
    link.returnsAt = Math.max(
      link.returnsAt,
      this.#now() + this.#network.delayMs(this.self, dialler.self),
    );
    queue.runAt(link.returnsAt, () => {
      dialler.clock.whenRunning(() => dialler.#take(link, answer, pending));
    });
  }

  #take(link: Link, answer: PeerAnswer, pending: Pending): void {
    if (link.isDead) return;
    link.receivedAt = this.#now();
    if (!this.#pending.has(pending)) return;
    const { request } = pending;
    const { carrier } = this.#network;
    const arrived = carrier.carryAnswer(link.listener, this, { request, answer, link });
    this.#finish(pending, arrived, arrived ? null : "protocolError");
  }

  /** The system answers that there is no such connection; one that is off answers nothing. */
  #refuse(link: Link): void {
    this.#inbound.delete(link);
    link.dialler.#hearOfEnd(link);
  }

  /** The other end is over: its system says so, after all that it has sent. */
  #hearOfEnd(link: Link): void {
    this.#afterAllSent(link, () => this.#end(link));
  }

  /** The listener wants the connection to end: what was asked is still answered on it. */
  #hearOfGoingAway(link: Link): void {
    this.#afterAllSent(link, () => this.clock.whenRunning(() => this.#drop(link)));
  }

  /** Does something when a last message of the listener's has come, if it comes. */
  #afterAllSent(link: Link, action: () => void): void {
    const { queue } = this.#network;
    const { listener: { self } } = link;
    if (link.isDead || this.#network.isOff(self)) return;
    const arrivesAt = queue.now() + this.#network.endMs(self, this.self);
    if (arrivesAt < Infinity) queue.runAt(Math.max(link.returnsAt, arrivesAt), action);
  }

  /** A connection has been ended by the other side: what is under way on it fails. */
  #end(link: Link): void {
    this.clock.whenRunning(() => {
      if (link.isOver || link.isDead || this.#closed) return;
      this.#drop(link);
      if (link.openAt < this.#now()) this.#handler?.onDisconnected?.(link.contact);
      for (const pending of [...this.#pending]) {
        if (pending.link === link) this.#finish(pending, null, "unreachable");
      }
    });
  }

  #drop(link: Link): void {
    link.isOver = true;
    link.listener.#inbound.delete(link);
    if (this.#links.get(link.contact) === link) this.#links.delete(link.contact);
  }

  #failAt(time: number, pending: Pending, failure: RequestFailure): void {
    this.#network.queue.runAt(time, () => {
      this.clock.whenRunning(() => this.#finish(pending, null, failure));
    });
  }

  #finish(pending: Pending, answer: PeerAnswer | null, failure: RequestFailure | null): void {
    if (this.#pending.delete(pending)) pending.onAnswer(answer, failure);
  }
}

/** A connection from an address, of which nothing else is known. */
function makeOrigin(address: Address, openAt: number): Origin {
  return {
    address,
    contact: null,
    peer: null,
    checkedAt: -Infinity,
    reachability: "untried",
    storesLeft: STORES_BURST_MAX,
    storesCountedAt: openAt,
  };
}

/**
 * A simulated network: the transport of nodes that share one event queue.
 *
 * It does what connections do, without sockets: a first request to a contact costs two round trips more
 * (TCP, TLS) and introduces the sender; messages between two nodes arrive in order; a node that has left
 * refuses connections, one that is frozen takes everything and answers nothing. What a link does to a
 * message is decided by {@linkcode SimNetworkOptions.delayMs}.
 *
 * @module
 */

import { Writer } from "../core/bytes.ts";
import { type Contact, sameContact } from "../core/contact.ts";
import { ContactCache } from "../core/contact_cache.ts";
import { HANDSHAKE_LIMIT_MS, STORES_BURST_MAX } from "../core/limits.ts";
import type { PeerAnswer, PeerRequest } from "../core/messages.ts";
import { type Hash, idKey } from "../core/node_id.ts";
import {
  decodePeerAnswer,
  decodePeerRequest,
  encodePeerAnswer,
  encodePeerRequest,
} from "../core/peer_codec.ts";
import type {
  OnAnswer,
  Origin,
  RequestFailure,
  SentRequest,
  Transport,
  TransportHandler,
} from "../node/ports.ts";
import type { EventQueue } from "./event_queue.ts";

/** What kind of network it is. */
export interface SimNetworkOptions {
  readonly queue: EventQueue;
  readonly sha256: Hash;
  /** How long a message takes from one node to another in milliseconds; null if it is lost. */
  readonly delayMs: (from: Contact, to: Contact) => number | null;
  /** Whether every message is encoded and decoded, as on a real network. */
  readonly throughCodec: boolean;
}

/** What has been carried. */
export interface NetworkCounts {
  messages: number;
  /** Only counted when messages go through the codec. */
  bytes: number;
  connections: number;
}

/** All links between simulated nodes. */
export class SimNetwork {
  readonly options: SimNetworkOptions;
  readonly counts: NetworkCounts = { messages: 0, bytes: 0, connections: 0 };
  readonly #transports = new Map<string, SimTransport>();
  readonly #contacts: ContactCache;
  readonly #writer = new Writer();

  constructor(options: SimNetworkOptions) {
    this.options = options;
    this.#contacts = new ContactCache(options.sha256);
  }

  /** The transport of a node at this contact's address; takes the place of one that has left. */
  open(self: Contact): SimTransport {
    const transport = new SimTransport(self, this);
    this.#transports.set(idKey(self.id), transport);
    return transport;
  }

  /** Who listens at a contact's address. */
  at(contact: Contact): SimTransport | null {
    const transport = this.#transports.get(idKey(contact.id));
    return transport && !transport.closed ? transport : null;
  }

  /** A request as it arrives. */
  carryRequest(request: PeerRequest): PeerRequest {
    this.counts.messages++;
    if (!this.options.throughCodec) return request;
    this.#writer.clear();
    encodePeerRequest(this.#writer, 0, request);
    this.counts.bytes += this.#writer.length;
    return decodePeerRequest(this.#writer.written, this.#contacts.toContact).message;
  }

  /** An answer as it arrives. */
  carryAnswer(request: PeerRequest, answer: PeerAnswer): PeerAnswer {
    this.counts.messages++;
    if (!this.options.throughCodec) return answer;
    this.#writer.clear();
    encodePeerAnswer(this.#writer, 0, answer);
    this.counts.bytes += this.#writer.length;
    return decodePeerAnswer(this.#writer.written, request, this.#contacts.toContact);
  }
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
}

/** The transport of one simulated node. */
export class SimTransport implements Transport {
  readonly self: Contact;
  /** Takes messages and answers none. */
  frozen = false;
  readonly #network: SimNetwork;
  readonly #links = new Map<Contact, Link>();
  /** Requests whose callback has not been called. */
  readonly #pending = new Set<OnAnswer>();
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
    this.#pending.add(onAnswer);
    const cancel = () => void this.#pending.delete(onAnswer);
    if (this.#closed) {
      this.#failAt(this.#now(), onAnswer, "closed");
      return { cancel };
    }
    const link = this.#linkTo(contact, onAnswer);
    if (link) this.#send(link, request, onAnswer);
    return { cancel };
  }

  /** Leaves at once: nothing more is sent, and whoever asks is refused. */
  close(): Promise<void> {
    this.#closed = true;
    this.#links.clear();
    for (const onAnswer of [...this.#pending]) this.#finish(onAnswer, null, "closed");
    return Promise.resolve();
  }

  #now(): number {
    return this.#network.options.queue.now();
  }

  #linkTo(contact: Contact, onAnswer: OnAnswer): Link | null {
    const known = this.#links.get(contact);
    if (known && !known.remote.closed) return known;
    this.#links.delete(contact);
    const now = this.#now();
    const delays = [0, 1, 2, 3].map((i) =>
      i % 2 === 0
        ? this.#network.options.delayMs(this.self, contact)
        : this.#network.options.delayMs(contact, this.self)
    );
    const remote = this.#network.at(contact);
    const roundTrip = (delays[0] ?? Infinity) + (delays[1] ?? Infinity);
    const handshake = roundTrip + (delays[2] ?? Infinity) + (delays[3] ?? Infinity);
    if (roundTrip === Infinity || handshake > HANDSHAKE_LIMIT_MS || remote?.frozen) {
      this.#failAt(now + HANDSHAKE_LIMIT_MS, onAnswer, "unreachable");
    } else if (!remote) {
      this.#failAt(now + roundTrip, onAnswer, "unreachable");
    } else if (!sameContact(remote.self, contact)) {
      this.#failAt(now + handshake, onAnswer, "untrusted");
    } else {
      return this.#connect(contact, remote, now + handshake);
    }
    return null;
  }

  #connect(contact: Contact, remote: SimTransport, openAt: number): Link {
    const origin: Origin = {
      hostname: this.self.address.hostname,
      contact: null,
      introduced: false,
      storesLeft: STORES_BURST_MAX,
      storesCountedAt: openAt,
    };
    const link: Link = { remote, origin, openAt, arrivesAt: openAt, returnsAt: openAt };
    this.#links.set(contact, link);
    this.#network.counts.connections++;
    this.#network.options.queue.runAt(openAt, () => {
      if (!this.#closed && !remote.#closed) this.#handler?.onConnected(contact);
    });
    return link;
  }

  /** A lost message is simply never answered: the node has a time limit of its own. */
  #send(link: Link, request: PeerRequest, onAnswer: OnAnswer): void {
    const { queue, delayMs } = this.#network.options;
    const { remote } = link;
    const there = delayMs(this.self, remote.self);
    if (there === null) return;
    link.arrivesAt = Math.max(link.arrivesAt, Math.max(this.#now(), link.openAt) + there);
    queue.runAt(link.arrivesAt, () => {
      if (remote.#closed) this.#failAt(this.#now() + there, onAnswer, "unreachable");
      if (remote.#closed || remote.frozen) return;
      remote.#handler?.onRequest(this.#network.carryRequest(request), link.origin, (answer) => {
        const back = delayMs(remote.self, this.self);
        if (back === null) return;
        link.returnsAt = Math.max(link.returnsAt, this.#now() + back);
        queue.runAt(link.returnsAt, () => {
          if (this.#pending.has(onAnswer) && !this.frozen) {
            this.#finish(onAnswer, this.#network.carryAnswer(request, answer), null);
          }
        });
      });
    });
  }

  #failAt(time: number, onAnswer: OnAnswer, failure: RequestFailure): void {
    this.#network.options.queue.runAt(time, () => this.#finish(onAnswer, null, failure));
  }

  #finish(onAnswer: OnAnswer, answer: PeerAnswer | null, failure: RequestFailure | null): void {
    if (this.#pending.delete(onAnswer)) onAnswer(answer, failure);
  }
}

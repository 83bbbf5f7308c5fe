/**
 * Carries messages between simulated nodes: counts them, hashes what happens, and puts them through the
 * codec if they are to be as on a real network.
 *
 * @module
 */

import { FrameError, Writer } from "../core/wire/bytes.ts";
import type { Contact } from "../core/kademlia/contact.ts";
import type { PeerAnswer, PeerRequest } from "../core/wire/messages.ts";
import {
  decodePeerAnswer,
  decodePeerRequest,
  encodePeerAnswer,
  encodePeerRequest,
} from "../core/wire/peer_codec.ts";
import {
  ReceivedContacts,
  type RecordToContact,
  SentContacts,
} from "../core/wire/contact_codec.ts";
import type { EventQueue } from "./event_queue.ts";

/** What has been carried. */
export interface NetworkCounts {
  messages: number;
  /** Bytes of frames with all records in full; deduplication would need memory for each connection. */
  bytes: number;
  connections: number;
  /** Requests among the messages, by type. */
  readonly requests: Record<PeerRequest["type"], number>;
}

/** An answer on its way back, with the connection that carries it. */
export interface CarriedAnswer {
  readonly request: PeerRequest;
  readonly answer: PeerAnswer;
  /** The contacts that the connection has carried, seen from both ends; null until the codec needs it. */
  readonly link: { contacts: LinkContacts | null };
}

/** What both ends of a connection know of the contacts that it has carried. */
export interface LinkContacts {
  readonly sent: SentContacts;
  readonly received: ReceivedContacts;
}

/** One end of a connection, as messages come from it and go to it. */
export interface End {
  readonly self: Contact;
  /** Makes the node's contacts of the records that it reads. */
  readonly toContact: RecordToContact;
}

/** Carries the messages of one network. */
export class Carrier {
  readonly counts: NetworkCounts = {
    messages: 0,
    bytes: 0,
    connections: 0,
    requests: { ping: 0, store: 0, findNode: 0, findValue: 0, digest: 0, offer: 0 },
  };
  /** A hash of all that was carried: when, between whom, what. */
  trace = 0x811c9dc5;
  readonly #queue: EventQueue;
  readonly #isEncoded: boolean;
  readonly #writer = new Writer();

  /** Carries messages as they are, or encodes and decodes each. */
  constructor(queue: EventQueue, { throughCodec }: { readonly throughCodec: boolean }) {
    this.#queue = queue;
    this.#isEncoded = throughCodec;
  }

  /** A request as it arrives; null if it breaks the protocol. */
  carryRequest(from: End, to: End, request: PeerRequest): PeerRequest | null {
    this.#count(from.self, to.self, request);
    this.counts.requests[request.type]++;
    if (!this.#isEncoded) return request;
    return this.#throughCodec(
      (writer) => encodePeerRequest(writer, 0, request),
      (frame) => decodePeerRequest(frame, this.#askerOf(request, to)).message,
    );
  }

  /** Who a PING says that it is from, as the one knows it that gets it. */
  #askerOf(request: PeerRequest, { toContact }: End): Contact | null {
    return request.type === "ping" ? toContact(request.sender.record) : null;
  }

  /** The answer to a request as it arrives; null if it breaks the protocol. */
  carryAnswer(from: End, to: End, { request, answer, link }: CarriedAnswer): PeerAnswer | null {
    this.#count(from.self, to.self, answer);
    if (!this.#isEncoded) return answer;
    link.contacts ??= {
      sent: new SentContacts(),
      received: new ReceivedContacts(to.toContact),
    };
    const { sent, received } = link.contacts;
    return this.#throughCodec(
      (writer) => encodePeerAnswer(writer, 0, answer, sent),
      (frame) => decodePeerAnswer(frame, request, received),
    );
  }

  #throughCodec<Message>(
    encode: (writer: Writer) => void,
    decode: (frame: Uint8Array) => Message,
  ): Message | null {
    this.#writer.clear();
    encode(this.#writer);
    try {
      return decode(this.#writer.written);
    } catch (error) {
      if (error instanceof FrameError) return null;
      throw error;
    }
  }

  #count(from: Contact, to: Contact, message: PeerRequest | PeerAnswer): void {
    const bytes = frameBytes(message);
    this.counts.messages++;
    this.counts.bytes += bytes;
    this.#mix(Math.floor(this.#queue.now() * 1024));
    this.#mix(from.head);
    this.#mix(to.head);
    this.#mix(bytes);
  }

  #mix(word: number): void {
    this.trace = Math.imul(this.trace ^ word, 0x01000193) >>> 0;
  }
}

/** Length of a version in an offer. */
const VERSION_BYTES = 45;

/** Length of a message's frame, without encoding it. */
function frameBytes(message: PeerRequest | PeerAnswer): number {
  switch (message.type) {
    case "ping":
      return 18;
    case "store":
      return 95 + message.value.length;
    case "findNode":
    case "findValue":
      return 43;
    case "foundNode":
      return message.contacts.reduce((sum, { record }) => sum + 1 + record.length, 11);
    case "foundValue":
      return 55 + message.value.length;
    case "pong":
      return 37;
    case "stored":
      return 11;
    case "digest":
      return message.ranges.reduce((sum, { range }) => sum + 13 + range.bits / 8, 11);
    case "different":
      return 11 + 5 * message.ranges.length;
    case "offer":
      return 13 + message.range.bits / 8 + VERSION_BYTES * message.versions.length;
    case "wanted":
      return 16 + 2 * (message.wanted.length + message.replaced.length) +
        VERSION_BYTES * message.offered.length;
  }
}

/**
 * Tries what a node decides: requests, answers and clients' frames come from nowhere good, in virtual time.
 *
 * @module
 */

import { makeAddress } from "../../lib/core/kademlia/address.ts";
import { ContactCache } from "../../lib/core/kademlia/contact_cache.ts";
import { type Contact, makeContact } from "../../lib/core/kademlia/contact.ts";
import { decodeApiRequest, encodeApiRequest } from "../../lib/core/wire/api_codec.ts";
import { FrameError, Writer } from "../../lib/core/wire/bytes.ts";
import { ReceivedContacts, SentContacts } from "../../lib/core/wire/contact_codec.ts";
import type { PeerAnswer, PeerRequest } from "../../lib/core/wire/messages.ts";
import {
  decodePeerAnswer,
  decodePeerRequest,
  encodePeerAnswer,
  encodePeerRequest,
} from "../../lib/core/wire/peer_codec.ts";
import { sha256 } from "../../lib/hash/sha256.ts";
import { Node } from "../../lib/node/node.ts";
import { NODE_OPTIONS_DEFAULT } from "../../lib/node/options.ts";
import type { OnAnswer, Origin, Transport, TransportHandler } from "../../lib/node/ports.ts";
import { EventQueue } from "../../lib/sim/event_queue.ts";
import { SeededRandom } from "../../lib/sim/random/seeded_random.ts";
import { SimClock } from "../../lib/sim/sim_clock.ts";
import { FrameSource } from "./frames.ts";
import { MessageSource } from "./messages.ts";
import { blaming, FuzzFault, type Target } from "./target.ts";

const ORIGINS = 20;
const BOOTSTRAPPERS = 5;
/** What is mutated, and what comes as it is. */
const MUTATED_SHARE = 0.4;
/** Frames of clients: each makes a lookup, with many answers. */
const CLIENT_SHARE = 0.05;
/** The most that passes between two frames; sometimes it is long. */
const STEP_MS = 10;
const LEAP_MS = 1_800_000;
const LEAP_SHARE = 1e-4;
/** How often the node is looked at. */
const LOOK_SHARE = 1e-3;

/** A node whose peers and clients send anything. */
export class NodeTarget implements Target {
  readonly #random: SeededRandom;
  readonly #queue = new EventQueue();
  readonly #clock = new SimClock(this.#queue);
  readonly #frames: FrameSource;
  readonly #messages: MessageSource;
  readonly #origins: readonly Origin[];
  readonly #node: Node;
  readonly #toContact = new ContactCache(sha256).toContact;
  readonly #connected = new Set<Contact>();
  #handler: TransportHandler | null = null;
  /** The frame that was looked at last. */
  #last = new Uint8Array(0);
  /** Frames that were tried: requests, answers, and those of clients. */
  #tried = 0;
  /** Requests and clients' frames that the node has answered. */
  answered = 0;

  constructor(seed: number) {
    const random = this.#random = new SeededRandom(seed);
    this.#frames = new FrameSource(random);
    this.#messages = new MessageSource(random, () => this.#clock.unixNow());
    this.#origins = Array.from({ length: ORIGINS }, () => this.#makeOrigin());
    const self = makeContact(makeAddress("10.9.9.9", 7402), new Uint8Array(8), sha256);
    const { contacts } = this.#messages;
    const options = { ...NODE_OPTIONS_DEFAULT, proofOfWorkBits: 0 };
    this.#node = Node.create({ self, options, bootstrappers: contacts.slice(0, BOOTSTRAPPERS) }, {
      transport: this.#makeTransport(),
      clock: this.#clock,
      random,
      sha256,
      log: () => {},
    }).start();
  }

  run(frames: number): number {
    const before = this.#tried;
    while (this.#tried < before + frames) {
      if (this.#random.next() < CLIENT_SHARE) this.#sendAsClient();
      else this.#sendAsPeer();
      this.#pass(this.#random.below(this.#random.next() < LEAP_SHARE ? LEAP_MS : STEP_MS));
      if (this.#random.next() < LOOK_SHARE) this.#look();
    }
    return this.#tried - before;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closing = this.#node.close();
    for (let left = 100; left > 0; left--) {
      this.#pass(1_000);
      await Promise.resolve();
    }
    await closing;
  }

  #sendAsClient(): void {
    const frame = this.#frame("api", (writer) => {
      encodeApiRequest(writer, this.#messages.apiRequest());
    });
    this.#blaming(frame, () => {
      const request = decodeApiRequest(frame);
      const { key } = request;
      if (request.type === "get") return this.#node.getWith(key, () => this.answered++);
      const { value, replication, ttlSeconds } = request;
      const put = {
        key: key.slice(),
        value: value.slice(),
        replication,
        ttlMs: 1_000 * ttlSeconds,
      };
      this.#node.putWith(put, () => this.answered++);
    });
  }

  #sendAsPeer(): void {
    const random = this.#random;
    const origin = this.#origins[random.below(ORIGINS)]!;
    const asker = origin.peer ?? this.#messages.contact();
    const frame = this.#frame("peer", (writer) => {
      encodePeerRequest(writer, random.u32(), this.#messages.request(asker));
    });
    this.#blaming(frame, () => {
      const { message, requestId } = decodePeerRequest(frame, origin.peer);
      const sent = new SentContacts();
      this.#handler!.onRequest(message, origin, (answer) => {
        this.answered++;
        encodePeerAnswer(new Writer(), requestId, answer, sent);
      });
    });
    // Its bytes were the node's during the call alone.
    frame.fill(0xaa);
  }

  /** A well-formed frame, or one that was, or something near a vector. */
  #frame(protocol: "api" | "peer", encode: (writer: Writer) => void): Uint8Array {
    const random = this.#random;
    this.#tried++;
    if (random.next() < 0.2) return this.#frames.next(protocol);
    const writer = new Writer();
    encode(writer);
    const frame = writer.written.slice();
    return random.next() < MUTATED_SHARE ? this.#frames.mutate(frame, protocol) : frame;
  }

  #blaming(frame: Uint8Array, act: () => void): void {
    this.#last = frame.slice();
    blaming(this.#last, () => {
      try {
        act();
      } catch (error) {
        if (!(error instanceof FrameError)) throw error;
      }
    });
  }

  #pass(ms: number): void {
    blaming(this.#last, () => this.#queue.runUntil(this.#queue.now() + ms));
  }

  /** What an operator sees can be told at any time, and is within limits. */
  #look(): void {
    blaming(this.#last, () => {
      this.#node.health();
      const { contacts, store } = this.#node.snapshot();
      if (contacts > 256 * NODE_OPTIONS_DEFAULT.bucketSize || store.bytes > store.bytesMax) {
        throw new FuzzFault(`${contacts} contacts, ${store.bytes} bytes in the store`, this.#last);
      }
    });
    for (const origin of this.#origins) if (this.#random.next() < 0.05) this.#renew(origin);
  }

  #makeTransport(): Transport {
    return {
      attach: (handler) => this.#handler = handler,
      isConnected: (contact) => this.#connected.has(contact),
      suspect: () => false,
      close: () => Promise.resolve(),
      request: (contact, request, onAnswer) => {
        const sent = { isCancelled: false, cancel: () => void (sent.isCancelled = true) };
        this.#connect(contact);
        const delayMs = this.#random.below(this.#random.next() < 0.9 ? 50 : 10_000);
        if (this.#random.next() < 0.1) return sent;
        this.#clock.runAt(this.#clock.now() + delayMs, () => {
          if (!sent.isCancelled) this.#answer(contact, request, onAnswer);
        });
        return sent;
      },
    };
  }

  #connect(contact: Contact): void {
    if (this.#connected.has(contact)) return;
    this.#connected.add(contact);
    this.#clock.runAt(this.#clock.now() + 1, () => this.#handler!.onConnected(contact));
  }

  #answer(contact: Contact, request: PeerRequest, onAnswer: OnAnswer): void {
    const frame = this.#frame("peer", (writer) => {
      encodePeerAnswer(writer, 1, this.#messages.answerTo(request), new SentContacts());
    });
    this.#last = frame.slice();
    let answer: PeerAnswer;
    try {
      answer = decodePeerAnswer(frame, request, new ReceivedContacts(this.#toContact));
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.#connected.delete(contact);
      onAnswer(null, this.#random.next() < 0.5 ? "protocolError" : "unreachable");
      if (this.#random.next() < 0.5) this.#handler!.onDisconnected?.(contact);
      return;
    }
    onAnswer(answer, null);
  }

  #makeOrigin(): Origin {
    const { address } = this.#messages.contact();
    const origin: Origin = {
      address,
      contact: null,
      peer: null,
      checkedAt: -Infinity,
      reachability: "untried",
      storesLeft: 0,
      storesCountedAt: 0,
    };
    this.#renew(origin);
    return origin;
  }

  /** Another connection. */
  #renew(origin: Origin): void {
    const peer = this.#messages.contact();
    Object.assign(origin, {
      address: this.#random.next() < 0.8 ? peer.address : this.#messages.contact().address,
      peer: this.#random.next() < 0.8 ? peer : null,
      contact: null,
      checkedAt: -Infinity,
      reachability: "untried",
      storesLeft: 1_000,
      storesCountedAt: this.#clock.now(),
    });
  }
}

/**
 * Tries the framer and the codecs of both protocols: each frame is read or refused, and nothing else happens.
 *
 * @module
 */

import { equals } from "@std/bytes/equals";
import { ContactCache } from "../../lib/core/kademlia/contact_cache.ts";
import type { PeerRequest } from "../../lib/core/wire/messages.ts";
import {
  API_FRAMES,
  decodeApiAnswer,
  decodeApiRequest,
  encodeApiRequest,
} from "../../lib/core/wire/api_codec.ts";
import { FrameError, Writer } from "../../lib/core/wire/bytes.ts";
import { ReceivedContacts } from "../../lib/core/wire/contact_codec.ts";
import { Framer } from "../../lib/core/wire/framer.ts";
import { decodeHello, decodeRefused, isHello } from "../../lib/core/wire/hello_codec.ts";
import {
  decodePeerAnswer,
  decodePeerRequest,
  encodePeerRequest,
  isGoingAway,
  isNudge,
  noteLateAnswer,
  PEER_FRAMES,
  requestIdOf,
} from "../../lib/core/wire/peer_codec.ts";
import { sha256 } from "../../lib/hash/sha256.ts";
import { SeededRandom } from "../../lib/sim/random/seeded_random.ts";
import { testContact } from "../support/core/contacts.ts";
import { messageOfVector } from "../support/core/vectors.ts";
import peerVectors from "../vectors/peer_frames.json" with { type: "json" };
import { FrameSource, type Protocol } from "./frames.ts";
import { blaming, FuzzFault, type Target } from "./target.ts";

/** Who asks, in frames that do not say it. */
const ASKER = testContact(1);
/** What answers may be to. */
const REQUESTS = peerVectors.requests.map(({ message }) => messageOfVector(message) as PeerRequest);
/** Contacts that are remembered: few, so that they are forgotten too. */
const CONTACTS_MAX = 16;
/** The share of streams that come cut into pieces. */
const CUT_SHARE = 0.1;

/** The codecs, without a node. */
export class CodecTarget implements Target {
  readonly #random: SeededRandom;
  readonly #source: FrameSource;
  readonly #toContact = new ContactCache(sha256, CONTACTS_MAX).toContact;
  #received = new ReceivedContacts(this.#toContact);
  /** Decodings that were not refused. */
  read = 0;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
    this.#source = new FrameSource(this.#random);
  }

  run(frames: number): number {
    for (let i = 0; i < frames; i++) {
      const protocol = this.#random.next() < 0.2 ? "api" : "peer";
      const frame = this.#source.next(protocol);
      const before = frame.slice();
      blaming(before, () => this.#try(frame, protocol));
      if (!equals(frame, before)) throw new FuzzFault("a decoder has changed the frame", before);
    }
    return frames;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  #try(frame: Uint8Array, protocol: Protocol): void {
    if (this.#random.next() < CUT_SHARE) this.#cut(frame, protocol);
    if (protocol === "api") {
      this.#decode(() => this.#readTwice(frame, decodeApiRequest, encodeApiRequest));
      this.#decode(() => decodeApiAnswer(frame));
      return;
    }
    this.#decode(() => isNudge(frame) || isGoingAway(frame) || isHello(frame));
    this.#decode(() => requestIdOf(frame));
    this.#decode(() => decodePeerRequest(frame, null));
    this.#decode(() =>
      this.#readTwice(
        frame,
        (bytes) => decodePeerRequest(bytes, ASKER),
        (writer, { requestId, message }) => encodePeerRequest(writer, requestId, message),
      )
    );
    this.#decode(() => decodeHello(frame, this.#toContact));
    this.#decode(() => decodeRefused(frame));
    this.#decode(() => noteLateAnswer(frame, this.#received));
    const request = REQUESTS[this.#random.below(REQUESTS.length)]!;
    const isRead = this.#decode(() => decodePeerAnswer(frame, request, this.#received));
    // A refused answer ends its connection.
    if (!isRead) this.#received = new ReceivedContacts(this.#toContact);
  }

  /** Whether a decoder has read its frame. */
  #decode(decode: () => unknown): boolean {
    try {
      decode();
      this.read++;
      return true;
    } catch (error) {
      if (error instanceof FrameError) return false;
      throw error;
    }
  }

  /** What was read is written, and read again as the same. */
  #readTwice<Message>(
    frame: Uint8Array,
    decode: (frame: Uint8Array) => Message,
    encode: (writer: Writer, message: Message) => void,
  ): void {
    const write = (bytes: Uint8Array) => {
      const writer = new Writer();
      encode(writer, decode(bytes));
      return writer.written;
    };
    const written = write(frame);
    if (!equals(written, write(written))) {
      throw new FuzzFault("what was read is written as something else", frame);
    }
  }

  /** A stream in pieces of any size gives the frames that it has, and no byte is lost. */
  #cut(stream: Uint8Array, protocol: Protocol): void {
    const framer = new Framer(protocol === "api" ? API_FRAMES : PEER_FRAMES);
    let taken = 0;
    this.#decode(() => {
      for (let at = 0; at < stream.length;) {
        const end = at + 1 + this.#random.below(stream.length - at);
        framer.push(stream.subarray(at, end), (frame) => {
          if (!equals(frame, stream.subarray(taken, taken + frame.length))) {
            throw new FuzzFault("the framer gives other bytes than it got", stream);
          }
          taken += frame.length;
        });
        at = end;
        if (taken + framer.pendingBytes !== at) throw new FuzzFault("bytes are lost", stream);
      }
    });
  }
}

/**
 * A connection that this node dialled: it asks, the other side answers.
 *
 * @module
 */

import { FrameError } from "../../core/wire/bytes.ts";
import type { Contact } from "../../core/kademlia/contact.ts";
import type { ContactCache } from "../../core/kademlia/contact_cache.ts";
import { GIVEN_UP_MAX, PEER_UNSENT_BYTES_MAX, REQUESTS_PER_CONNECTION_MAX } from "../limits.ts";
import type { PeerRequest, Refusal } from "../../core/wire/messages.ts";
import {
  decodePeerAnswer,
  encodeNudge,
  encodePeerRequest,
  isGoingAway,
  noteLateAnswer,
  PEER_FRAMES,
  requestIdOf,
} from "../../core/wire/peer_codec.ts";
import { ReceivedContacts } from "../../core/wire/contact_codec.ts";
import {
  decodeHello,
  decodeRefused,
  encodeHello,
  encodeRefused,
  isHello,
  isRefused,
} from "../../core/wire/hello_codec.ts";
import type { Credentials } from "../../identity/credentials.ts";
import { formatAddress } from "../../core/kademlia/address.ts";
import type { Clock, Log, OnAnswer, RequestFailure, SentRequest } from "../../node/ports.ts";
import { type ByteConn, FrameStream, type FrameStreamHandler, logIfOurs } from "../frame_stream.ts";
import type { StreamGuard } from "../stream_guard.ts";
import { failureOf, REFUSALS } from "./refusals.ts";

/** What such a connection needs. */
export interface OutboundOptions {
  readonly clock: Clock;
  readonly onBytes?: FrameStreamHandler["onBytes"];
  readonly guard?: StreamGuard;
  readonly contacts: ContactCache;
  /** Who asks, and what it takes to be let in. */
  readonly credentials: Credentials;
  readonly log: Log;
  /** Called when answers have come and others are still waited for, see `nudger.ts`. */
  readonly onWaiting?: (connection: OutboundConnection) => void;
  /** The id of the first request; 0 by default. */
  readonly firstRequestId?: number;
  /** Called when the other side is going away: further requests need another connection. */
  readonly onDraining?: () => void;
  /** Called once, at the end; `byOther` if it was open and has ended without a word from either side. */
  readonly onClosed: (byOther: boolean) => void;
}

/** A request without an answer. */
interface Pending {
  readonly request: PeerRequest;
  readonly onAnswer: OnAnswer;
  /** Takes it out of the connection on which it waits, which may change. */
  cancel: () => void;
}

/** Requests to one contact. Those made before the connection is open wait for it. */
export class OutboundConnection {
  readonly contact: Contact;
  /** When it last carried anything, by the clock. */
  usedAt: number;
  readonly #options: OutboundOptions;
  readonly #received: ReceivedContacts;
  /** Requests without an answer, in the order in which they were made. */
  readonly #pending = new Map<number, Pending>();
  /** Ids of requests that were given up and may still be answered, once; the oldest first. */
  readonly #givenUp = new Set<number>();
  #nextId: number;
  /** When the last request was sent, by the clock. */
  #sentAt = -Infinity;
  /** Bytes of values in the requests that wait. */
  #waitingBytes = 0;
  #stream: FrameStream | null = null;
  /** When it was opened, and when anything last came, by the clock. */
  #openedAt = Infinity;
  #receivedAt = -Infinity;
  /** Whether the other side has proven that it is this contact, and of this network. */
  #isProven = false;
  /** Requests that wait for the connection, or for that. */
  readonly #waiting = new Set<number>();
  #draining = false;
  #closed = false;

  constructor(contact: Contact, options: OutboundOptions) {
    this.contact = contact;
    this.#options = options;
    this.#nextId = options.firstRequestId ?? 0;
    this.#received = new ReceivedContacts(options.contacts.toContact);
    this.usedAt = options.clock.now();
  }

  /** Whether a request would be sent at once. */
  get connected(): boolean {
    return this.#stream !== null && !this.#closed;
  }

  /** Whether it takes no more requests. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Whether nothing is under way. */
  get idle(): boolean {
    return this.#pending.size === 0;
  }

  /** Sends a request, or keeps it until the connection is open. */
  request(request: PeerRequest, onAnswer: OnAnswer): SentRequest {
    const unsent = (this.#stream?.unsentBytes ?? 0) + this.#waitingBytes;
    if (this.#pending.size >= REQUESTS_PER_CONNECTION_MAX || unsent > PEER_UNSENT_BYTES_MAX) {
      queueMicrotask(() => onAnswer(null, "busy"));
      return { cancel: () => {} };
    }
    const pending: Pending = { request, onAnswer, cancel: () => {} };
    this.#send(pending);
    return { cancel: () => pending.cancel() };
  }

  #send(pending: Pending): void {
    const { request } = pending;
    const id = this.#takeId();
    pending.cancel = () => {
      const isUnanswered = this.#pending.delete(id);
      if (this.#waiting.delete(id)) this.#waitingBytes -= valueBytesOf(request);
      else if (isUnanswered) this.#noteGivenUp(id);
      this.#closeIfDrained();
    };
    this.#pending.set(id, pending);
    this.usedAt = this.#sentAt = this.#options.clock.now();
    if (this.#stream && this.#mayGo(request)) {
      this.#stream.send((writer) => encodePeerRequest(writer, id, request));
    } else {
      this.#waitingBytes += valueBytesOf(request);
      this.#waiting.add(id);
    }
  }

  /** Strangers to a private network get no value, and no key of one. */
  #mayGo({ type }: PeerRequest): boolean {
    return this.#isProven || !this.#options.credentials.isPrivate ||
      (type !== "store" && type !== "offer");
  }

  /** Sends what has waited and need wait no more. */
  #sendWaiting(): void {
    for (const id of this.#waiting) {
      const { request } = this.#pending.get(id)!;
      if (!this.#mayGo(request)) continue;
      this.#waiting.delete(id);
      this.#waitingBytes -= valueBytesOf(request);
      this.#stream!.send((writer) => encodePeerRequest(writer, id, request));
    }
  }

  /** Takes the connection that was dialled, and sends what waits for it. Settles when it has ended. */
  open(conn: ByteConn): Promise<void> {
    const stream = new FrameStream(conn, PEER_FRAMES, {
      onFrame: (frame) => this.#onFrame(frame),
      onEnd: (error) => this.#onEnd(error),
      onRead: () => {
        this.#receivedAt = this.#options.clock.now();
        if (this.#pending.size > 0) this.#options.onWaiting?.(this);
      },
      mayRead: () => true,
      onBytes: this.#options.onBytes,
      guard: this.#options.guard,
    });
    this.#stream = stream;
    const { credentials, clock } = this.#options;
    this.#openedAt = clock.now();
    stream.send((writer) => encodeHello(writer, credentials.hello("dialler", this.contact)));
    this.#sendWaiting();
    return stream.ended;
  }

  /**
   * Sends a frame that asks for nothing, if answers are waited for and nothing has been sent since the last
   * one came, which was before a time.
   *
   * @returns whether it came later than that, so that the same may be asked again.
   */
  nudgeIfSilentSince(time: number): boolean {
    if (this.#closed || this.#pending.size === 0 || this.#sentAt >= this.usedAt) return false;
    if (this.usedAt > time) return true;
    this.#sentAt = this.#options.clock.now();
    this.#stream?.send(encodeNudge);
    return false;
  }

  /** Whether it was open at a time, and nothing has come since. */
  hasBeenSilentSince(time: number): boolean {
    return this.connected && this.#openedAt <= time && this.#receivedAt <= time;
  }

  /** Sends what waits for an answer on another connection, and closes this one. */
  replaceBy(connect: () => OutboundConnection): void {
    const waiting = [...this.#pending.values()];
    this.#pending.clear();
    this.close("timeout");
    if (waiting.length === 0) return;
    const other = connect();
    for (const pending of waiting) other.#send(pending);
  }

  /** Closes it; what is under way fails for this reason. Idempotent. */
  close(failure: RequestFailure): void {
    this.#close(failure, false);
  }

  #close(failure: RequestFailure, byOther: boolean): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stream?.close();
    this.#options.onClosed(byOther);
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { onAnswer } of pending) onAnswer(null, failure);
  }

  /** Ids count up from 0 and start over at the end; one whose request is still under way is passed over. */
  #takeId(): number {
    let id: number;
    do {
      id = this.#nextId;
      this.#nextId = (id + 1) >>> 0;
    } while (this.#pending.has(id) || this.#givenUp.has(id));
    return id;
  }

  #noteGivenUp(id: number): void {
    this.#givenUp.add(id);
    if (this.#givenUp.size <= GIVEN_UP_MAX) return;
    for (const oldest of this.#givenUp) {
      this.#givenUp.delete(oldest);
      return;
    }
  }

  #onFrame(frame: Uint8Array): void {
    if (this.#closed) return;
    if (isGoingAway(frame)) return this.#drain();
    if (!this.#isProven) return this.#onFirstFrame(frame);
    const id = requestIdOf(frame);
    const pending = this.#pending.get(id);
    if (!pending) {
      if (!this.#givenUp.delete(id)) {
        throw new FrameError(`answer to request ${id}, for which none is waited`);
      }
      noteLateAnswer(frame, this.#received);
      return;
    }
    const answer = decodePeerAnswer(frame, pending.request, this.#received);
    this.#pending.delete(id);
    this.usedAt = this.#options.clock.now();
    pending.onAnswer(answer, null);
    this.#closeIfDrained();
  }

  /** The other side says who it is, or that this node must go. */
  #onFirstFrame(frame: Uint8Array): void {
    if (isRefused(frame)) {
      const refusal = decodeRefused(frame);
      this.#logEnd(`it refuses this node, which ${REFUSALS[refusal]}`);
      return this.close(failureOf(refusal));
    }
    if (!isHello(frame)) throw new FrameError("connection does not begin with HELLO");
    const { contacts, credentials } = this.#options;
    const hello = decodeHello(frame, contacts.toContact);
    const refusal = credentials.judgeContact(this.contact, hello);
    if (refusal) return this.#refuse(refusal);
    this.#isProven = true;
    this.#sendWaiting();
  }

  #refuse(refusal: Refusal): void {
    this.#logEnd(`it ${REFUSALS[refusal]}`);
    const stream = this.#stream!;
    stream.send((writer) => encodeRefused(writer, refusal));
    this.#stream = null; // closes when the reason is on its way
    void stream.closeWhenSent();
    this.close(failureOf(refusal));
  }

  #logEnd(why: string): void {
    this.#options.log(
      "warn",
      `Closed connection to ${formatAddress(this.contact.address)}: ${why}`,
    );
  }

  /** The other side wants the connection to end: what was asked is still answered. */
  #drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    this.#options.onDraining?.();
    this.#closeIfDrained();
  }

  #closeIfDrained(): void {
    if (this.#draining && this.idle) this.close("unreachable");
  }

  #onEnd(error: Error | null): void {
    if (error instanceof FrameError) {
      this.#logEnd(error.message);
      this.close("protocolError");
    } else {
      if (error) logIfOurs(error, this.#options.log);
      this.#close("unreachable", !this.#draining);
    }
  }
}

function valueBytesOf(request: PeerRequest): number {
  return request.type === "store" ? request.value.length : 0;
}

/**
 * A connection between this node and another, or a client that is none: whoever dialled it, both ends ask and answer.
 *
 * @module
 */

import type { Address } from "../../core/kademlia/address.ts";
import type { Contact } from "../../core/kademlia/contact.ts";
import type { ContactCache } from "../../core/kademlia/contact_cache.ts";
import { HANDSHAKE_LIMIT_MS } from "../../core/limits.ts";
import { FrameError, type Writer } from "../../core/wire/bytes.ts";
import {
  decodeHello,
  decodeRefused,
  encodeHello,
  encodeRefused,
  isHello,
  isRefused,
} from "../../core/wire/hello_codec.ts";
import type { PeerRequest, Refusal } from "../../core/wire/messages.ts";
import {
  encodeGoingAway,
  encodeNudge,
  isAnswer,
  isGoingAway,
  isNudge,
  PEER_FRAMES,
} from "../../core/wire/peer_codec.ts";
import type { Credentials } from "../../identity/credentials.ts";
import type { Clock, OnAnswer, RequestFailure, SentRequest } from "../../node/ports.ts";
import { type ByteConn, FrameStream, type FrameStreamHandler } from "../frame_stream.ts";
import { DRAIN_LIMIT_MS, PEER_UNREAD_BYTES_MAX, PEER_UNSENT_BYTES_MAX } from "../limits.ts";
import type { StreamGuard } from "../stream_guard.ts";
import { type Answerer, Answering } from "./answering.ts";
import { Asking } from "./asking.ts";
import { failureOf, REFUSALS } from "./refusals.ts";

/** How a connection has ended. */
export interface ConnectionEnd {
  /** What went wrong, if anything did. */
  readonly error: Error | null;
  /** Whether it was open and the other side, or the network, has ended it without a word. */
  readonly byOther: boolean;
}

/** What a connection needs. */
export interface PeerConnectionOptions {
  readonly clock: Clock;
  readonly onBytes?: FrameStreamHandler["onBytes"];
  readonly guard?: StreamGuard;
  readonly contacts: ContactCache;
  /** Who this node is, and what it takes to be let in. */
  readonly credentials: Credentials;
  /** Nobody for a client, which is asked nothing. */
  readonly answerer?: Answerer;
  /** Called when something has come and answers are still waited for, see `nudger.ts`. */
  readonly onWaiting?: (connection: PeerConnection) => void;
  /** The id of the first request; 0 by default. */
  readonly firstRequestId?: number;
  /** Called when the other side has proven who it is, or has been let in as a client. */
  readonly onProven?: () => void;
  /** Called when it is about to end: further requests need another connection. */
  readonly onDraining?: () => void;
  /** Called once, when it takes no more requests. */
  readonly onClosed: (end: ConnectionEnd) => void;
}

/** One connection. */
export class PeerConnection {
  /** Who is at the other end: whom this node has dialled, or who has proven it by HELLO; null for a client. */
  contact: Contact | null;
  /** When it was opened, and when it last carried a message, by the clock. */
  openedAt = Infinity;
  usedAt: number;
  readonly #isDialler: boolean;
  readonly #options: PeerConnectionOptions;
  readonly #asking: Asking;
  readonly #answering: Answering | null;
  #stream: FrameStream | null = null;
  /** When a message last came, and when bytes did, by the clock. */
  #cameAt = -Infinity;
  #receivedAt = -Infinity;
  /** Whether anything has been sent since that message came. */
  #hasSent = true;
  /** Whether the other side has said who it is, and may be that. */
  #isProven = false;
  /** Whether this side has asked the other to close it, and the other this one. */
  #isDraining = false;
  #isAskedToGo = false;
  /** Whether the other side sends no more, but may still take answers. */
  #hasSaidAll = false;
  #closed = false;
  #stopTimer: () => void = () => {};

  /** @param contact whom this node dials; null for a connection that another has dialled. */
  constructor(contact: Contact | null, options: PeerConnectionOptions) {
    const { clock, contacts, answerer, firstRequestId = 0 } = options;
    this.contact = contact;
    this.#isDialler = contact !== null;
    this.#options = options;
    this.usedAt = clock.now();
    const send = (encode: (writer: Writer) => void) => this.#send(encode);
    this.#asking = new Asking({
      toContact: contacts.toContact,
      firstRequestId,
      maySend: (request) => this.#maySend(request),
      send,
      onEnded: () => this.#closeIfDone(),
    });
    this.#answering = answerer
      ? new Answering({
        ...answerer,
        isDialled: this.#isDialler,
        clock,
        hasRoom: () => this.#hasRoom(),
        send,
        hold: (bytes) => this.#stream?.await(bytes),
        onAnswered: () => {
          this.#resume();
          this.#closeIfDone();
        },
      })
      : null;
  }

  /** The remote end, for those that answer. */
  get address(): Address {
    return this.#answering!.origin.address;
  }

  /** Whether a request would be sent at once. */
  get connected(): boolean {
    return this.#stream !== null && !this.#closed;
  }

  /** Whether it takes no more requests. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Whether the other side has proven who it is, or has been let in as a client. */
  get isProven(): boolean {
    return this.#isProven;
  }

  /** Whether nothing is under way in either direction. */
  get idle(): boolean {
    return this.#asking.idle && (this.#answering?.idle ?? true);
  }

  /** Sends a request, or keeps it until the connection is open. */
  request(request: PeerRequest, onAnswer: OnAnswer): SentRequest {
    const unsent = (this.#stream?.unsentBytes ?? 0) + this.#asking.waitingBytes;
    if (this.#asking.isFull || unsent > PEER_UNSENT_BYTES_MAX) {
      queueMicrotask(() => onAnswer(null, "busy"));
      return { cancel: () => {} };
    }
    this.usedAt = this.#options.clock.now();
    const sent = this.#asking.request(request, onAnswer);
    this.#stream?.wake(); // its answer must be read, see `answering.ts`
    return sent;
  }

  /** Takes the connection that has been made. Settles when it has ended. */
  open(conn: ByteConn): Promise<void> {
    const { clock, credentials, guard, onBytes } = this.#options;
    const stream = new FrameStream(conn, PEER_FRAMES, {
      onFrame: (frame) => this.#onFrame(frame),
      onEnd: (error) => this.#onEnd(error),
      onRead: () => this.#onRead(),
      onWritten: () => this.#resume(),
      mayRead: () => this.#mayRead(),
      onBytes,
      guard,
    });
    this.#stream = stream;
    this.openedAt = clock.now();
    if (this.#isDialler) {
      this.#send((writer) => encodeHello(writer, credentials.hello("dialler", this.contact)));
      this.#asking.sendWaiting();
    } else {
      this.usedAt = this.openedAt;
      this.#stopTimer = clock.runAt(this.openedAt + HANDSHAKE_LIMIT_MS, () => {
        this.#end("protocolError", new FrameError("it says nothing in time"));
        stream.close();
      });
    }
    return stream.ended.then(() => this.#stopTimer());
  }

  /**
   * Sends a frame that asks for nothing, if answers are waited for and nothing has been sent since the last message
   * came, which was before a time.
   *
   * @returns whether it came later than that, so that the same may be asked again.
   */
  nudgeIfSilentSince(time: number): boolean {
    if (this.#closed || this.#asking.idle || this.#hasSent) return false;
    if (this.#cameAt > time) return true;
    this.#send(encodeNudge);
    return false;
  }

  /** Whether it was open at a time, and nothing has come since. */
  hasBeenSilentSince(time: number): boolean {
    return this.connected && this.openedAt <= time && this.#receivedAt <= time;
  }

  /**
   * Sends what waits for an answer on another connection. This one may be dead, or the other side slow: then what that
   * asks is still answered.
   */
  replaceBy(connect: () => PeerConnection): void {
    const waiting = this.#asking.takeAll();
    if (waiting.length === 0) return;
    const other = connect();
    for (const pending of waiting) other.#asking.add(pending);
  }

  /**
   * Asks the other side to close it, which may wait for its answers and first gives those that it owes; closes it if
   * that takes too long. Nothing must be asked on it after that.
   */
  drain(): void {
    if (this.#closed || this.#isDraining) return;
    this.#isDraining = true;
    this.#options.onDraining?.();
    this.#send(encodeGoingAway);
    this.#closeInTime();
  }

  /** Closes it; what is under way fails for this reason. Idempotent. */
  close(failure: RequestFailure): void {
    this.#end(failure);
    this.#stream?.close();
  }

  /** It takes no more requests; what has been asked on it fails. */
  #end(failure: RequestFailure, error: Error | null = null, byOther = false): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopTimer();
    this.#answering?.close();
    this.#options.onClosed({ error, byOther });
    this.#asking.failAll(failure);
  }

  #send(encode: (writer: Writer) => void): void {
    this.#hasSent = true;
    this.#stream?.send(encode);
  }

  /** Strangers to a private network get no value, and no key of one. */
  #maySend({ type }: PeerRequest): boolean {
    if (!this.#stream) return false;
    return this.#isProven || !this.#options.credentials.isPrivate ||
      (type !== "store" && type !== "offer");
  }

  #hasRoom(): boolean {
    const { guard } = this.#options;
    const { unsentBytes, heldBytes } = this.#stream!;
    return unsentBytes <= PEER_UNREAD_BYTES_MAX && (guard?.mayHold(heldBytes) ?? true);
  }

  #mayRead(): boolean {
    if (!this.#answering) return true;
    if (this.#answering.owes) return false;
    if (this.#answering.mayTake) return true;
    return !this.#asking.idle && this.#answering.mayPutAside;
  }

  #onRead(): void {
    this.#receivedAt = this.#options.clock.now();
    if (this.#isDialler && !this.#asking.idle) this.#options.onWaiting?.(this);
  }

  #onFrame(frame: Uint8Array): void {
    if (this.#closed) return;
    if (!this.#isProven && !this.#isDialler) return this.#onFirstFrame(frame);
    if (isGoingAway(frame)) return this.#onGoingAway();
    if (isRefused(frame)) return this.#onRefused(decodeRefused(frame));
    if (!this.#isProven) return this.#onFirstFrame(frame);
    if (isAnswer(frame)) {
      this.#noteMessage();
      return this.#asking.take(frame);
    }
    this.#answering?.spend(frame);
    if (isNudge(frame)) return;
    if (!this.#answering) throw new FrameError("request to a client that is no node");
    this.#noteMessage();
    this.#answering.take(frame);
  }

  #noteMessage(): void {
    this.usedAt = this.#cameAt = this.#options.clock.now();
    this.#hasSent = false;
  }

  /** The other side says who it is. */
  #onFirstFrame(frame: Uint8Array): void {
    if (!isHello(frame)) throw new FrameError("connection does not begin with HELLO");
    const { contacts, credentials, onProven } = this.#options;
    const hello = decodeHello(frame, contacts.toContact);
    const refusal = this.#isDialler
      ? credentials.judgeContact(this.contact!, hello)
      : credentials.judge("dialler", hello);
    if (refusal) return this.#refuse(refusal);
    this.#isProven = true;
    this.contact = hello.introduction?.self ?? null;
    if (this.#answering) this.#answering.origin.peer = this.contact;
    if (this.#isDialler) {
      this.#asking.sendWaiting();
    } else {
      this.#answering?.spend(frame);
      if (!this.#isDraining) this.#stopTimer();
      this.#send((writer) => encodeHello(writer, credentials.hello("listener", this.contact)));
    }
    onProven?.();
  }

  #refuse(refusal: Refusal): void {
    this.#send((writer) => encodeRefused(writer, refusal));
    this.#end(failureOf(refusal), new FrameError(`it ${REFUSALS[refusal]}`));
    void this.#stream!.closeWhenSent();
  }

  #onRefused(refusal: Refusal): void {
    const error = new FrameError(`it refuses this node, which ${REFUSALS[refusal]}`);
    this.#end(failureOf(refusal), error);
    this.#stream!.close();
  }

  /** The other side wants the connection to end: what was asked is still answered, on both sides. */
  #onGoingAway(): void {
    if (this.#isAskedToGo) return;
    this.#isAskedToGo = true;
    if (!this.#isDraining) this.#options.onDraining?.();
    this.#closeIfDone();
  }

  /** Looks at requests that were put aside, and reads on, if there is room again. */
  #resume(): void {
    try {
      this.#answering?.resume();
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.#end("protocolError", error);
      return this.#stream!.close();
    }
    this.#stream!.wake();
  }

  #closeIfDone(): void {
    if (!this.#isAskedToGo && !this.#hasSaidAll) return;
    if (!this.idle) return;
    this.#end("unreachable");
    void this.#stream!.closeWhenSent();
  }

  #onEnd(error: Error | null): void {
    if (error) {
      const byOther = !(error instanceof FrameError) && !this.#isDraining && !this.#isAskedToGo;
      this.#end(error instanceof FrameError ? "protocolError" : "unreachable", error, byOther);
      return this.#stream!.close();
    }
    this.#end("unreachable", null, !this.#isDraining && !this.#isAskedToGo);
    // An asker that has said all is still answered.
    this.#hasSaidAll = true;
    this.#closeIfDone();
    if (!this.idle) this.#closeInTime();
  }

  #closeInTime(): void {
    const { clock } = this.#options;
    this.#stopTimer();
    this.#stopTimer = clock.runAt(clock.now() + DRAIN_LIMIT_MS, () => this.close("unreachable"));
  }
}

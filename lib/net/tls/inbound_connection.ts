/**
 * A connection that another node, or a client that is none, dialled: it asks, this node answers.
 *
 * @module
 */

import type { Address } from "../../core/kademlia/address.ts";
import type { ContactCache } from "../../core/kademlia/contact_cache.ts";
import { HANDSHAKE_LIMIT_MS, PEER_FRAME_BYTES_MAX } from "../../core/limits.ts";
import {
  DRAIN_LIMIT_MS,
  PEER_UNANSWERED_LARGE_MAX,
  PEER_UNANSWERED_MAX,
  PEER_UNREAD_BYTES_MAX,
} from "../limits.ts";
import { STORES_BURST_MAX } from "../../node/limits.ts";
import {
  decodePeerRequest,
  encodeGoingAway,
  encodePeerAnswer,
  isNudge,
  PEER_FRAMES,
} from "../../core/wire/peer_codec.ts";
import { FrameError } from "../../core/wire/bytes.ts";
import { SentContacts } from "../../core/wire/contact_codec.ts";
import {
  decodeHello,
  decodeRefused,
  encodeHello,
  encodeRefused,
  isHello,
  isRefused,
} from "../../core/wire/hello_codec.ts";
import type { Refusal } from "../../core/wire/messages.ts";
import type { Credentials } from "../../identity/credentials.ts";
import type { Clock, Origin, TransportHandler } from "../../node/ports.ts";
import { type ByteConn, FrameStream, type FrameStreamHandler } from "../frame_stream.ts";
import type { StreamGuard } from "../stream_guard.ts";
import { costOf, type PeerBudget } from "./peer_budgets.ts";
import { REFUSALS } from "./refusals.ts";

/** The peer does not want this node. */
class RefusedError extends FrameError {
  constructor(refusal: Refusal) {
    super(`it refuses this node, which ${REFUSALS[refusal]}`);
  }
}

/** This node does not want the peer, which is told why. */
class RefusingError extends FrameError {
  constructor(refusal: Refusal) {
    super(`it ${REFUSALS[refusal]}`);
  }
}

/** What such a connection needs. */
export interface InboundOptions {
  /** The remote end of the connection. */
  readonly address: Address;
  readonly clock: Clock;
  readonly onBytes?: FrameStreamHandler["onBytes"];
  readonly guard: StreamGuard;
  /** What it may have this node do; null for anything. */
  readonly budget?: PeerBudget | null;
  readonly contacts: ContactCache;
  /** Who answers, and what it takes to be let in. */
  readonly credentials: Credentials;
  readonly handler: TransportHandler;
  /** Called once, with the error that ended it if there was one. */
  readonly onEnd: (error: Error | null) => void;
}

/** Requests of one peer. */
export class InboundConnection {
  readonly address: Address;
  /** When it was opened, and when it last carried anything, by the clock. */
  readonly openedAt: number;
  usedAt: number;
  readonly #options: InboundOptions;
  readonly #origin: Origin;
  readonly #stream: FrameStream;
  readonly #sent = new SentContacts();
  /** Whether the peer has said what it must say first. */
  #isAdmitted = false;
  /** Whether it has not said that in time. */
  #wasLate = false;
  /** Whether the peer has been asked to go. */
  #isDraining = false;
  #stopTimer: () => void = () => {};
  /** Requests whose answers wait, for the disk or for a comparison. */
  #unanswered = 0;
  /** Those of them that are no STORE. */
  #unansweredLarge = 0;
  #hasSaidAll = false;
  /** Whether it has spent its budget, and is not read from for a while. */
  #owes = false;
  #stopOwing: () => void = () => {};

  constructor(conn: ByteConn, options: InboundOptions) {
    const { clock, address } = options;
    this.#options = options;
    this.address = address;
    this.openedAt = this.usedAt = clock.now();
    this.#origin = {
      address,
      contact: null,
      peer: null,
      checkedAt: -Infinity,
      reachability: "untried",
      storesLeft: STORES_BURST_MAX,
      storesCountedAt: this.usedAt,
    };
    this.#stream = new FrameStream(conn, PEER_FRAMES, {
      onFrame: (frame) => this.#onFrame(frame),
      onEnd: (error) => this.#onEnd(error),
      mayRead: () =>
        !this.#owes &&
        this.#unanswered < PEER_UNANSWERED_MAX &&
        this.#unansweredLarge < PEER_UNANSWERED_LARGE_MAX &&
        this.#stream.unsentBytes <= PEER_UNREAD_BYTES_MAX &&
        options.guard.mayHold(this.#stream.heldBytes),
      onBytes: options.onBytes,
      guard: options.guard,
    });
    this.#stopTimer = clock.runAt(this.usedAt + HANDSHAKE_LIMIT_MS, () => this.#closeUnadmitted());
  }

  /** Whether nothing is under way here. */
  get idle(): boolean {
    return this.#unanswered === 0;
  }

  /** Settles when the connection has ended. */
  get ended(): Promise<void> {
    return this.#stream.ended;
  }

  /** Asks the dialler to close it, which may wait for its answers; closes it if that takes too long. */
  drain(): void {
    this.#isDraining = true;
    this.#stream.send(encodeGoingAway);
    this.#closeInTime();
  }

  /** Closes it. Idempotent. */
  close(): void {
    this.#stopTimer();
    this.#stream.close();
  }

  #onFrame(frame: Uint8Array): void {
    this.#spend(frame);
    if (!this.#isAdmitted) return this.#onFirstFrame(frame);
    if (isNudge(frame)) return;
    if (isRefused(frame)) throw new RefusedError(decodeRefused(frame));
    const { requestId, message } = decodePeerRequest(frame, this.#origin.peer);
    this.usedAt = this.#options.clock.now();
    const large = message.type === "store" ? 0 : 1;
    const bytesMax = large * PEER_FRAME_BYTES_MAX;
    this.#unanswered++;
    this.#unansweredLarge += large;
    this.#stream.await(bytesMax);
    this.#options.handler.onRequest(message, this.#origin, (answer) => {
      this.#unanswered--;
      this.#unansweredLarge -= large;
      this.#stream.await(-bytesMax);
      this.#stream.send((writer) => encodePeerAnswer(writer, requestId, answer, this.#sent));
      this.#stream.wake();
      if (this.#hasSaidAll && this.idle) void this.#stream.closeWhenSent();
    });
  }

  /** The peer says who it is. */
  #onFirstFrame(frame: Uint8Array): void {
    if (!isHello(frame)) throw new FrameError("connection does not begin with HELLO");
    const { contacts, credentials } = this.#options;
    const hello = decodeHello(frame, contacts.toContact);
    const refusal = credentials.judge("dialler", hello);
    if (refusal) {
      this.#stream.send((writer) => encodeRefused(writer, refusal));
      throw new RefusingError(refusal);
    }
    if (!this.#isDraining) this.#stopTimer();
    this.#isAdmitted = true;
    const peer = hello.introduction?.self ?? null;
    this.#origin.peer = peer;
    this.#stream.send((writer) => encodeHello(writer, credentials.hello("listener", peer)));
  }

  #closeUnadmitted(): void {
    this.#wasLate = true;
    this.#stream.close();
  }

  #spend(frame: Uint8Array): void {
    const { budget, clock } = this.#options;
    if (!budget) return;
    const now = clock.now();
    const waitMs = budget.spend(costOf(frame), now);
    if (waitMs === 0) return;
    this.#owes = true;
    this.#stopOwing = clock.runAt(now + waitMs, () => {
      this.#owes = false;
      this.#stream.wake();
    });
  }

  /** An asker that has said all is still answered. */
  #onEnd(error: Error | null): void {
    this.#stopTimer();
    this.#stopOwing();
    this.#options.onEnd(this.#wasLate ? new FrameError("it says nothing in time") : error);
    if (error instanceof RefusingError) return void this.#stream.closeWhenSent();
    if (error) return this.#stream.close();
    this.#hasSaidAll = true;
    if (this.idle) void this.#stream.closeWhenSent();
    else this.#closeInTime();
  }

  #closeInTime(): void {
    const { clock } = this.#options;
    this.#stopTimer();
    this.#stopTimer = clock.runAt(clock.now() + DRAIN_LIMIT_MS, () => this.close());
  }
}

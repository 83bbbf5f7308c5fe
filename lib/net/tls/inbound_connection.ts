/**
 * A connection that another node, or a client that is none, dialled: it asks, this node answers.
 *
 * @module
 */

import type { Address } from "../../core/kademlia/address.ts";
import type { ContactCache } from "../../core/kademlia/contact_cache.ts";
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
import { SentContacts } from "../../core/wire/contact_codec.ts";
import type { Clock, Origin, TransportHandler } from "../../node/ports.ts";
import { FrameStream, type FrameStreamHandler } from "../frame_stream.ts";

/** What such a connection needs. */
export interface InboundOptions {
  /** The remote end of the connection. */
  readonly address: Address;
  readonly clock: Clock;
  readonly onBytes?: FrameStreamHandler["onBytes"];
  readonly contacts: ContactCache;
  readonly handler: TransportHandler;
  /** Called once, with the error that ended it if there was one. */
  readonly onEnd: (error: Error | null) => void;
}

/** Requests of one peer. */
export class InboundConnection {
  /** When it last carried anything, by the clock. */
  usedAt: number;
  readonly #options: InboundOptions;
  readonly #origin: Origin;
  readonly #stream: FrameStream;
  readonly #sent = new SentContacts();
  #stopTimer: () => void = () => {};
  /** Requests whose answers wait, for the disk or for a comparison. */
  #unanswered = 0;
  /** Those of them that are no STORE. */
  #unansweredLarge = 0;
  #hasSaidAll = false;

  constructor(conn: Deno.TlsConn, options: InboundOptions) {
    const { clock, address } = options;
    this.#options = options;
    this.usedAt = clock.now();
    this.#origin = {
      address,
      contact: null,
      claimed: null,
      checkedAt: -Infinity,
      reachability: "untried",
      storesLeft: STORES_BURST_MAX,
      storesCountedAt: this.usedAt,
    };
    this.#stream = new FrameStream(conn, PEER_FRAMES, {
      onFrame: (frame) => this.#onFrame(frame),
      onEnd: (error) => this.#onEnd(error),
      mayRead: () =>
        this.#unanswered < PEER_UNANSWERED_MAX &&
        this.#unansweredLarge < PEER_UNANSWERED_LARGE_MAX &&
        this.#stream.unsentBytes <= PEER_UNREAD_BYTES_MAX,
      onBytes: options.onBytes,
    });
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
    this.#stream.send(encodeGoingAway);
    this.#closeInTime();
  }

  /** Closes it. Idempotent. */
  close(): void {
    this.#stopTimer();
    this.#stream.close();
  }

  #onFrame(frame: Uint8Array): void {
    if (isNudge(frame)) return;
    const { requestId, message } = decodePeerRequest(frame, this.#options.contacts.toContact);
    this.usedAt = this.#options.clock.now();
    const large = message.type === "store" ? 0 : 1;
    this.#unanswered++;
    this.#unansweredLarge += large;
    this.#options.handler.onRequest(message, this.#origin, (answer) => {
      this.#unanswered--;
      this.#unansweredLarge -= large;
      this.#stream.send((writer) => encodePeerAnswer(writer, requestId, answer, this.#sent));
      this.#stream.wake();
      if (this.#hasSaidAll && this.idle) void this.#stream.closeWhenSent();
    });
  }

  /** An asker that has said all is still answered. */
  #onEnd(error: Error | null): void {
    this.#stopTimer();
    this.#options.onEnd(error);
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

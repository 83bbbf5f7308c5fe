/**
 * What this node answers on one connection, whichever side dialled it.
 *
 * A side that does not take its answers is not read from, so that they do not pile up here. But where this node waits
 * for answers itself it must read on, or two nodes that ask each other much would wait for each other for ever: then
 * requests are put aside, whole, until there is room for their answers.
 *
 * @module
 */

import type { Address } from "../../core/kademlia/address.ts";
import type { Writer } from "../../core/wire/bytes.ts";
import { SentContacts } from "../../core/wire/contact_codec.ts";
import { decodePeerRequest, encodePeerAnswer } from "../../core/wire/peer_codec.ts";
import { PEER_FRAME_BYTES_MAX } from "../../core/limits.ts";
import { STORES_BURST_MAX } from "../../node/limits.ts";
import type { Clock, Origin, TransportHandler } from "../../node/ports.ts";
import {
  PEER_UNANSWERED_LARGE_MAX,
  PEER_UNANSWERED_MAX,
  PUT_ASIDE_BYTES_MAX,
  PUT_ASIDE_MAX,
} from "../limits.ts";
import { costOf, type PeerBudget } from "./peer_budgets.ts";

/** Who answers the other side of a connection. */
export interface Answerer {
  readonly handler: TransportHandler;
  /** The remote end of the connection. */
  readonly address: Address;
  /** What the other side may have this node do; null for anything. */
  readonly budget?: PeerBudget | null;
}

/** What answering takes of its connection. */
export interface AnsweringOptions extends Answerer {
  /** Whether this node has dialled the connection. */
  readonly isDialled: boolean;
  readonly clock: Clock;
  /** Whether there is room for further answers. */
  readonly hasRoom: () => boolean;
  readonly send: (encode: (writer: Writer) => void) => void;
  /** Counts bytes that are held for the other side; negative if they are no more. */
  readonly hold: (bytes: number) => void;
  /** Called when an answer has been given, and when the other side has earned what it owed. */
  readonly onAnswered: () => void;
}

/** The requests of one peer. */
export class Answering {
  /** Who asks. */
  readonly origin: Origin;
  readonly #options: AnsweringOptions;
  readonly #sent = new SentContacts();
  /** Requests whose answers wait, for the disk or for a comparison. */
  #unanswered = 0;
  /** Those of them that are no STORE. */
  #unansweredLarge = 0;
  /** Frames of requests that were put aside, in the order in which they came, and their bytes. */
  #aside: Uint8Array[] = [];
  #asideBytes = 0;
  #isResuming = false;
  /** Whether the other side has spent its budget, and is not read from for a while. */
  #owes = false;
  #stopOwing: () => void = () => {};

  constructor(options: AnsweringOptions) {
    this.#options = options;
    const { address, isDialled, clock } = options;
    this.origin = {
      address,
      isDialled,
      contact: null,
      peer: null,
      checkedAt: -Infinity,
      reachability: isDialled ? "reached" : "untried",
      storesLeft: STORES_BURST_MAX,
      storesCountedAt: clock.now(),
    };
  }

  /** Whether the other side has spent its budget, and is not to be read from for a while. */
  get owes(): boolean {
    return this.#owes;
  }

  /** Whether nothing is to be answered. */
  get idle(): boolean {
    return this.#unanswered === 0 && this.#aside.length === 0;
  }

  /** Whether a request that comes would be looked at. */
  get mayTake(): boolean {
    return this.#aside.length === 0 && this.#hasRoom();
  }

  /** Whether another request may be put aside. */
  get mayPutAside(): boolean {
    return this.#aside.length < PUT_ASIDE_MAX && this.#asideBytes < PUT_ASIDE_BYTES_MAX;
  }

  /** Counts what handling a frame takes. */
  spend(frame: Uint8Array): void {
    const { budget, clock, onAnswered } = this.#options;
    if (!budget) return;
    const now = clock.now();
    const waitMs = budget.spend(costOf(frame), now);
    if (waitMs === 0) return;
    this.#owes = true;
    this.#stopOwing = clock.runAt(now + waitMs, () => {
      this.#owes = false;
      onAnswered();
    });
  }

  /** Reads no further requests. */
  close(): void {
    this.#stopOwing();
  }

  /**
   * Takes in a request.
   *
   * @throws {FrameError} if it is none of the protocol.
   */
  take(frame: Uint8Array): void {
    if (this.mayTake) return this.#answer(frame);
    this.#aside.push(frame.slice());
    this.#asideBytes += frame.length;
    this.#options.hold(frame.length);
  }

  /**
   * Looks at what was put aside, as far as there is room again.
   *
   * @throws {FrameError} if there is a request that is none of the protocol.
   */
  resume(): void {
    if (this.#isResuming || this.#aside.length === 0) return;
    this.#isResuming = true; // what is answered at once asks for more
    try {
      while (this.#aside.length > 0 && this.#hasRoom()) {
        const frame = this.#aside.shift()!;
        this.#asideBytes -= frame.length;
        this.#options.hold(-frame.length);
        this.#answer(frame);
      }
    } finally {
      this.#isResuming = false;
    }
  }

  #hasRoom(): boolean {
    return this.#unanswered < PEER_UNANSWERED_MAX &&
      this.#unansweredLarge < PEER_UNANSWERED_LARGE_MAX && this.#options.hasRoom();
  }

  #answer(frame: Uint8Array): void {
    const { origin } = this;
    const { handler, send, hold, onAnswered } = this.#options;
    const { requestId, message } = decodePeerRequest(frame, origin.peer);
    const large = message.type === "store" ? 0 : 1;
    const bytesMax = large * PEER_FRAME_BYTES_MAX;
    this.#unanswered++;
    this.#unansweredLarge += large;
    hold(bytesMax);
    handler.onRequest(message, origin, (answer) => {
      this.#unanswered--;
      this.#unansweredLarge -= large;
      hold(-bytesMax);
      send((writer) => encodePeerAnswer(writer, requestId, answer, this.#sent));
      onAnswered();
    });
  }
}

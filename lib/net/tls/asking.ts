/**
 * What this node asks on one connection, whichever side dialled it.
 *
 * @module
 */

import { forgetOldest } from "../../core/forget_oldest.ts";
import { FrameError, type Writer } from "../../core/wire/bytes.ts";
import type { RecordToContact } from "../../core/wire/contact_codec.ts";
import { ReceivedContacts } from "../../core/wire/contact_codec.ts";
import type { PeerRequest } from "../../core/wire/messages.ts";
import {
  decodePeerAnswer,
  encodePeerRequest,
  noteLateAnswer,
  requestIdOf,
} from "../../core/wire/peer_codec.ts";
import type { OnAnswer, RequestFailure, SentRequest } from "../../node/ports.ts";
import { GIVEN_UP_MAX, REQUESTS_PER_CONNECTION_MAX } from "../limits.ts";

/** What asking takes of its connection. */
export interface AskingOptions {
  readonly toContact: RecordToContact;
  /** The id of the first request. */
  readonly firstRequestId: number;
  /** Whether a request may be sent now; one that may not waits. */
  readonly maySend: (request: PeerRequest) => boolean;
  readonly send: (encode: (writer: Writer) => void) => void;
  /** Called when a request waits for no answer any more. */
  readonly onEnded: () => void;
}

/** A request without an answer. */
export interface Pending {
  readonly request: PeerRequest;
  readonly onAnswer: OnAnswer;
  /** Takes it out of the connection on which it waits, which may change. */
  cancel: () => void;
}

/** Requests to one contact, in the order in which they were made. */
export class Asking {
  readonly #options: AskingOptions;
  readonly #received: ReceivedContacts;
  readonly #pending = new Map<number, Pending>();
  /** Ids of requests that were given up and may still be answered, once; the oldest first. */
  readonly #givenUp = new Set<number>();
  /** Requests that may not be sent yet, and the bytes of their values. */
  readonly #waiting = new Set<number>();
  #waitingBytes = 0;
  #nextId: number;

  constructor(options: AskingOptions) {
    this.#options = options;
    this.#nextId = options.firstRequestId;
    this.#received = new ReceivedContacts(options.toContact);
  }

  /** Whether no answer is waited for. */
  get idle(): boolean {
    return this.#pending.size === 0;
  }

  /** Whether there are as many requests as one connection may have. */
  get isFull(): boolean {
    return this.#pending.size >= REQUESTS_PER_CONNECTION_MAX;
  }

  /** Bytes of values in requests that may not be sent yet. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Makes a request. */
  request(request: PeerRequest, onAnswer: OnAnswer): SentRequest {
    const pending: Pending = { request, onAnswer, cancel: () => {} };
    this.add(pending);
    return { cancel: () => pending.cancel() };
  }

  /** Takes a request over, and sends it if it may be sent. */
  add(pending: Pending): void {
    const { request } = pending;
    const id = this.#takeId();
    pending.cancel = () => {
      const isUnanswered = this.#pending.delete(id);
      if (this.#waiting.delete(id)) this.#waitingBytes -= valueBytesOf(request);
      else if (isUnanswered) this.#noteGivenUp(id);
      if (isUnanswered) this.#options.onEnded();
    };
    this.#pending.set(id, pending);
    if (this.#options.maySend(request)) return this.#send(id, request);
    this.#waiting.add(id);
    this.#waitingBytes += valueBytesOf(request);
  }

  /** Sends what has waited and need wait no more. */
  sendWaiting(): void {
    for (const id of this.#waiting) {
      const { request } = this.#pending.get(id)!;
      if (!this.#options.maySend(request)) continue;
      this.#waiting.delete(id);
      this.#waitingBytes -= valueBytesOf(request);
      this.#send(id, request);
    }
  }

  /**
   * Takes in an answer.
   *
   * @throws {FrameError} if it is none of the protocol, or none is waited for.
   */
  take(frame: Uint8Array): void {
    const id = requestIdOf(frame);
    const pending = this.#pending.get(id);
    if (!pending) {
      if (!this.#givenUp.delete(id)) {
        throw new FrameError(`answer to request ${id}, for which none is waited`);
      }
      return noteLateAnswer(frame, this.#received);
    }
    const answer = decodePeerAnswer(frame, pending.request, this.#received);
    this.#pending.delete(id);
    pending.onAnswer(answer, null);
    this.#options.onEnded();
  }

  /** Gives back all that has no answer; an answer that still comes is ignored. */
  takeAll(): readonly Pending[] {
    for (const id of this.#pending.keys()) if (!this.#waiting.has(id)) this.#noteGivenUp(id);
    const all = [...this.#pending.values()];
    this.#pending.clear();
    this.#waiting.clear();
    this.#waitingBytes = 0;
    return all;
  }

  /** Ends all that has no answer for one reason. */
  failAll(failure: RequestFailure): void {
    for (const { onAnswer } of this.takeAll()) onAnswer(null, failure);
  }

  #send(id: number, request: PeerRequest): void {
    this.#options.send((writer) => encodePeerRequest(writer, id, request));
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
    forgetOldest(this.#givenUp, GIVEN_UP_MAX);
  }
}

function valueBytesOf(request: PeerRequest): number {
  return request.type === "store" ? request.value.length : 0;
}

/**
 * Where peers connect: what a transport takes of a listener, whichever runtime module is behind it.
 *
 * @module
 */

import type { Address } from "../../core/kademlia/address.ts";
import type { NodeCertificate } from "../../identity/make_certificate.ts";
import type { Clock, Log } from "../../node/ports.ts";
import type { Handshake } from "./handshake_failure.ts";

/** What a listener is made of, beside its address. */
export interface PeerListenerOptions {
  readonly certificate: NodeCertificate;
  /** Handshakes that may be under way. */
  readonly unfinishedMax: number;
}

/** How the handshake of a connection that a peer dialled has ended. */
export interface EndedAccept {
  /** The remote end. */
  readonly address: Address;
  readonly outcome: Handshake;
  /** How long it took, in milliseconds. */
  readonly ms: number;
}

/** What a listener is given when it begins. */
export interface PeerListenerHandler {
  readonly clock: Clock;
  readonly log: Log;
  /** Gets each connection that was tried, once. */
  onEnded(accept: EndedAccept): void;
  /** A connection could not be accepted; the listener goes on. */
  onError(error: Error): void;
}

/**
 * Accepts peers. Handshakes have a time limit, and there are so many under way at most: the bytes and descriptors of
 * those who never end theirs are bounded.
 */
export interface PeerListener {
  /** Where it listens. */
  readonly address: Address;
  /** Settles when peers can connect; rejects if it cannot listen after all. */
  readonly ready: Promise<void>;
  /** Whether small frames leave at once on what it accepts; else they may wait for an acknowledgement. */
  readonly isPrompt: boolean;
  /** Handshakes that have not ended, those included that were given up and cannot be freed. */
  readonly unfinished: number;
  /** Whether they are so many that nobody is accepted. */
  readonly isFull: boolean;
  /** Begins to accept; settles when it is closed and nothing is under way. */
  serve(handler: PeerListenerHandler): Promise<void>;
  /** Accepts no more, and ends the handshakes under way. Idempotent. */
  close(): void;
}

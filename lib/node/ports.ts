/**
 * What a node is given: a transport, a clock, randomness, a hash, a log. The network and the simulator
 * each bring their own; the node cannot tell them apart.
 *
 * Everything here runs to completion and reports by callback, so that the simulator decides the order
 * of all events. Promises start at the edge, in `node.ts`.
 *
 * @module
 */

import type { Address } from "../core/kademlia/address.ts";
import type { Contact } from "../core/kademlia/contact.ts";
import type { Replica } from "../core/value.ts";
import type { PeerAnswer, PeerRequest, Reachability } from "../core/wire/messages.ts";
import type { Hash } from "../core/kademlia/node_id.ts";
import type { Observer, RequestFailure } from "./observer.ts";

export type { RequestFailure };

/** Called exactly once for each request: with an answer, or with the reason that there is none. */
export type OnAnswer = (answer: PeerAnswer | null, failure: RequestFailure | null) => void;

/** Where a peer's request came from: one per connection, whichever side has dialled it. */
export interface Origin {
  /** The remote end of the connection: where the asker's packets come from. */
  readonly address: Address;
  /** Whether this node has dialled it, so that the peer is where it says. */
  readonly isDialled?: boolean;
  /** Who is there, once its introduction has been checked by dial-back, or as a contact that this node has dialled. */
  contact: Contact | null;
  /** Who the peer is by its signature, at whatever address; null if it has not said so. */
  peer: Contact | null;
  /** When the peer's introduction was last looked at, by the clock's `now`; never at first. */
  checkedAt: number;
  /** How dialling the address of its introduction has gone. */
  reachability: Reachability;
  /** STOREs that it may still send, and the time of that count; keeps one peer from taking the node. */
  storesLeft: number;
  storesCountedAt: number;
}

/** What a transport calls on its node. */
export interface TransportHandler {
  /**
   * A peer asks; `answer` is called at most once, before or after this returns. The bytes of the request
   * are valid during the call only.
   */
  onRequest(request: PeerRequest, origin: Origin, answer: (answer: PeerAnswer) => void): void;
  /** A first packet has come back from a contact that is being dialled, after so many milliseconds. */
  onReached?(contact: Contact, roundTripMs: number): void;
  /** A connection to this contact has just been opened: the place to introduce oneself. */
  onConnected(contact: Contact): void;
  /** The other side, or the network, has ended an open connection to this contact without a word. */
  onDisconnected?(contact: Contact): void;
}

/** Carries requests to contacts and answers back. */
export interface Transport {
  /** Says whose requests and connections these are. Called once, before anything else. */
  attach(handler: TransportHandler): void;
  /**
   * Sends a request to exactly this contact: at its address, holding its certificate. Connects when
   * there is no connection yet. `onAnswer` is never called from within this call. The transport knows no
   * time limit for answers: the node gives up by {@linkcode SentRequest.cancel}.
   */
  request(contact: Contact, request: PeerRequest, onAnswer: OnAnswer): SentRequest;
  /**
   * Whether a request to this contact would find an open connection: one that was dialled at its address, or one that
   * it has dialled itself and has been found at its address.
   */
  isConnected(contact: Contact): boolean;
  /**
   * A request that was made at a time, by the clock, has had no answer within its limit. If the connection was
   * open then and nothing has come on it since, it is taken for dead: it is left, and what waits for an
   * answer on it is sent on a new one.
   *
   * @returns whether that is so.
   */
  suspect(contact: Contact, since: number): boolean;
  /** Ends all connections; what is under way fails with `closed`. Idempotent. */
  close(): Promise<void>;
}

/** A request under way. */
export interface SentRequest {
  /** Gives it up: `onAnswer` will not be called, and a late answer is ignored. */
  cancel(): void;
}

/** Tells the time and runs callbacks. */
export interface Clock {
  /** Milliseconds that only go forward, also while the machine sleeps, from an unknown origin. */
  now(): number;
  /** Milliseconds since 1970 by the system's clock, which may jump; whole. */
  unixNow(): number;
  /** Runs `callback` once `now()` has reached `time`; returns how to call it off. */
  runAt(time: number, callback: () => void): () => void;
}

/** A generator of random numbers; the simulator's is seeded. */
export interface Random {
  /** A number from 0 (included) to 1 (excluded). */
  next(): number;
  /** Fills the bytes, for nonces and random ids. */
  fill(bytes: Uint8Array): void;
}

/** How much a line of the log matters. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** Takes one line of the log, without its end. */
export type Log = (level: LogLevel, message: string) => void;

/** Keeps what a node holds beyond the process. The node never waits for it, and serves on if it fails. */
export interface Journal {
  /** Whether it keeps replicas; otherwise it keeps contacts alone. */
  readonly keepsValues: boolean;
  /** Why nothing is kept at the moment; null if all is well. */
  readonly failure: string | null;
  /** Bytes that are still to be written. */
  readonly waitingBytes: number;
  /** Keeps a replica from now on; returns a number of 32 bits by which it is forgotten. Bytes are copied. */
  keep(replica: Replica): number;
  /** Keeps a replica no more. */
  forget(row: number): void;
  /** Calls back, maybe at once, when all changes up to now are as safe as they must be to be acknowledged. */
  whenSafe(onSafe: () => void): void;
  /** Replaces the contacts that are kept: their records, and when each was last seen, in milliseconds since 1970. */
  keepContacts(
    contacts: readonly { readonly record: Uint8Array; readonly lastSeenAt: number }[],
  ): void;
}

/** All that a node is given. */
export interface Ports {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly sha256: Hash;
  /** The public key in a certificate (DER), by which two are told to have the same; null if there is none. */
  readonly keyOf?: (certificate: Uint8Array) => Uint8Array | null;
  readonly log: Log;
  /** Gets what happens, if it is to be counted or traced. */
  readonly observer?: Observer;
  /** Keeps values and contacts, if they are to outlive the process. */
  readonly journal?: Journal;
}

/**
 * What a node reports to a program that counts or traces.
 *
 * A port that may be left out: each call is `observer?.x(...)`, so that a node that is not observed makes
 * nothing for it. Calls come when something has ended, with the time that
 * it took. An observer returns at once and does not call back into the node.
 *
 * @module
 */

import type { StoreStatus } from "../core/wire/messages.ts";

/** Why a request got no answer. */
export type RequestFailure =
  /** No connection could be made, or it ended before the answer came. */
  | "unreachable"
  /** The node at the address does not hold the contact's certificate. */
  | "untrusted"
  /** The time limit passed. */
  | "timeout"
  /** This side refused to send it: too much is under way or waiting to be written. */
  | "busy"
  /** One side is no member of the other's private network. */
  | "notMember"
  /** One side has been shut out of the private network of both. */
  | "shutOut"
  /** The peer broke the protocol; its connection is closed. */
  | "protocolError"
  /** The own node is closing. */
  | "closed";

/** What peers ask of each other. */
export type RequestType = "ping" | "store" | "findNode" | "findValue" | "digest" | "offer";

/** How a lookup ended: with the value, without it, with the closest nodes, or not at all. */
export type LookupOutcome = "found" | "notFound" | "closest" | "failed";

/** How a GET ended: with a value held here, with one of another node, or without. */
export type GetOutcome = "here" | "found" | "missed" | "failed";

/** How a PUT ended: on all nodes wanted, on some of them, on none, or before it was sent. */
export type PutOutcome = "stored" | "partly" | "nowhere" | "failed";

/**
 * How a comparison with a neighbour ended: it holds the same, it does not and what differs has been moved, or
 * it has not answered.
 */
export type ComparisonOutcome = "equal" | "different" | "failed";

/** A request to a peer that got its answer, or will get none. */
export interface EndedRequest {
  /** What was asked. */
  readonly type: RequestType;
  /** Whether it was answered, or why not. */
  readonly outcome: "answered" | RequestFailure;
  /** How long it took, in milliseconds. */
  readonly ms: number;
}

/** A lookup that is over. */
export interface EndedLookup {
  /** How it ended. */
  readonly outcome: LookupOutcome;
  /** Requests in a row that led to the value, or else to the deepest contact that answered. */
  readonly hops: number;
  /** Requests that were sent. */
  readonly requests: number;
  /** How long it took, in milliseconds. */
  readonly ms: number;
}

/** A PUT that is over, its last STORE included. */
export interface EndedPut {
  /** How it ended. */
  readonly outcome: PutOutcome;
  /** Nodes that have acknowledged the value. */
  readonly holders: number;
  /** How long it took, in milliseconds. */
  readonly ms: number;
}

/** A handshake with a peer that is over. */
export interface EndedHandshake {
  /** Whether the peer dialled, or this node. */
  readonly direction: "in" | "out";
  /** Whether there is a connection. */
  readonly succeeded: boolean;
  /** How long it took, in milliseconds. */
  readonly ms: number;
}

/** Counts what a node does. Times are in milliseconds. */
export interface Observer {
  /** A request to a peer got its answer, or will get none. */
  requestEnded(request: EndedRequest): void;
  /** A request of a peer has been answered. */
  requestHandled(type: RequestType): void;
  /** A STORE of a peer has been judged. */
  storeJudged(status: StoreStatus): void;
  /** A lookup is over. */
  lookupEnded(lookup: EndedLookup): void;
  /** A GET is over. */
  getEnded(outcome: GetOutcome, ms: number): void;
  /** A PUT is over, its last STORE included. */
  putEnded(put: EndedPut): void;
  /** A proof of work has been found. */
  workProven(ms: number): void;
  /** Values have come to their end. */
  expired(count: number): void;
  /** A value has been republished. */
  republished(): void;
  /** This node has compared its values with those of a neighbour. */
  compared(outcome: ComparisonOutcome): void;
  /** A comparison has brought a value of so many bytes to a neighbour, or here. */
  repaired(direction: "in" | "out", bytes: number): void;
  /** A connection to a peer has been made, or has not. */
  handshakeEnded(handshake: EndedHandshake): void;
  /** Bytes of frames have come from, or gone to, a peer. */
  bytesMoved(direction: "in" | "out", count: number): void;
}

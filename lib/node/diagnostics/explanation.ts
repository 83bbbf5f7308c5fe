/**
 * What is known of one search, as data.
 *
 * @module
 */

import type { Contact } from "../../core/kademlia/contact.ts";
import type { NodeId } from "../../core/kademlia/node_id.ts";
import type { RequestFailure } from "../observer.ts";

/** What a node gave that was asked: the value, other contacts, no answer and why, or nothing yet. */
export type AskedOutcome = "value" | "contacts" | "waiting" | RequestFailure;

/** One request of the search. */
export interface AskedNode {
  /** Who was asked. */
  readonly contact: Contact;
  /** Leading bits that its id shares with the key. */
  readonly prefixBits: number;
  /** Requests in a row that led to it, and the path of the search that it belongs to. */
  readonly hops: number;
  /** Number of that path. */
  readonly path: number;
  /** When it was asked, in milliseconds from the start. */
  readonly startedMs: number;
  /** How long it took; null if nothing had come when the search ended. */
  readonly ms: number | null;
  /** What it gave. */
  readonly outcome: AskedOutcome;
  /** How many contacts it named. */
  readonly contacts: number;
  /** Who named it first; null if this node knew it. */
  readonly from: Contact | null;
}

/** One node that should hold the value. */
export interface ResponsibleNode {
  /** The node. */
  readonly contact: Contact;
  /** Leading bits that its id shares with the key. */
  readonly prefixBits: number;
  /** Whether it is this node. */
  readonly self: boolean;
  /** Whether it holds the value; null if it did not say. */
  readonly holds: boolean | null;
  /** Why it did not say. */
  readonly reason: RequestFailure | null;
  /** The version that it holds: time of its PUT in milliseconds since 1970. */
  readonly stamp: number | null;
  /** Time until it expires, in milliseconds. */
  readonly ttlMs: number | null;
}

/** What a search did and found. */
export interface Explanation {
  /** What was searched. */
  readonly key: NodeId;
  /** Whether any node gave a value. */
  readonly verdict: "found" | "missing";
  /** What happened, in a sentence or two. */
  readonly summary: string;
  /** How long the search for the value took, in milliseconds. */
  readonly ms: number;
  /** Why the search stopped. */
  readonly stopped: string;
  /** What this node itself holds. */
  readonly here: {
    readonly held: boolean;
    readonly cached: boolean;
    readonly ttlMs: number | null;
  };
  /** Who was asked, in this order. */
  readonly asked: readonly AskedNode[];
  /** Who should hold the value, the closest first; those that do not answer among them. */
  readonly responsible: readonly ResponsibleNode[];
  /** How many of them hold it. */
  readonly holders: number;
  /** How many should: as many as its PUT asked for, or this node's default. */
  readonly wanted: number;
  /** What speaks for an attack on the key, as a sentence; null if nothing does. */
  readonly attack: string | null;
}

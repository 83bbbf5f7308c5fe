/**
 * How a node is, as plain data that does not change afterwards.
 *
 * @module
 */

import type { Contact } from "../core/kademlia/contact.ts";
import type { NodeId } from "../core/kademlia/node_id.ts";
import type { RoutingTable } from "../core/kademlia/routing_table.ts";
import type { ReachabilityState } from "./membership/reachability.ts";
import type { Transport } from "./ports.ts";

/** A node in numbers. Taking them goes through the contacts once, and through no values. */
export interface NodeFigures {
  /** Contacts in the routing table. */
  readonly contacts: number;
  /** Contacts whose last request did not fail. */
  readonly answering: number;
  /** Contacts by the level of their bucket, for levels that have any. */
  readonly contactsByLevel: ReadonlyMap<number, number>;
  /** Whether the node has ever reached its network. */
  readonly hasJoined: boolean;
  /** Share of the recent requests that failed, 0 to 1. */
  readonly failedShare: number;
  /** What the own wall clock lacks to the network's time, in milliseconds; 0 while nobody was measured. */
  readonly clockOffsetMs: number;
  /** Whether others can dial it, as they say. */
  readonly reachability: ReachabilityState;
  /** What the node stores. */
  readonly store: StoreFigures;
  /** What comparisons with neighbours have found and not mended yet. */
  readonly repair: RepairFigures;
  /** How keeping values and contacts beyond the process goes; null if they are not to be kept. */
  readonly journal: JournalFigures | null;
}

/** What is left of the differences between a node and its neighbours. */
export interface RepairFigures {
  /** Neighbours that held something else, or did not answer, when they were last asked. */
  readonly differing: number;
  /** Values that neighbours are about to send. */
  readonly awaited: number;
}

/** A journal in numbers. */
export interface JournalFigures {
  /** Why nothing is kept at the moment; null if all is well. */
  readonly failure: string | null;
  /** Bytes that are still to be written. */
  readonly waitingBytes: number;
}

/** A value store in numbers. */
export interface StoreFigures {
  /** Values kept because the node is among the closest to their keys. */
  readonly replicas: number;
  /** Values cached for a short time. */
  readonly cached: number;
  /** Bytes of keys, nonces and values. */
  readonly bytes: number;
  /** Most bytes that it takes. */
  readonly bytesMax: number;
  /** How full it is, 0 to 1. */
  readonly fill: number;
}

/** A node's figures and its routing table. */
export interface NodeSnapshot extends NodeFigures {
  /** The levels of the routing table that have buckets, in ascending order. */
  readonly levels: readonly LevelSnapshot[];
}

/** The contacts at one level of the routing table. */
export interface LevelSnapshot {
  /** Number of digits that the ids share with the node's own id. */
  readonly level: number;
  /** The contacts. */
  readonly contacts: readonly ContactSnapshot[];
  /** Number of contacts in the replacement caches. */
  readonly replacements: number;
}

/** A contact of the routing table and what is known of it. */
export interface ContactSnapshot {
  /** The contact. */
  readonly contact: Contact;
  /** Time since it was last heard of, in milliseconds. */
  readonly seenMs: number;
  /** Mean round trip in milliseconds; null if none has been measured. */
  readonly roundTripMs: number | null;
  /** Requests in a row that failed. */
  readonly failures: number;
  /** Whether a connection to it is open. */
  readonly connected: boolean;
}

/** A value that a node stores. Read it at once: it is a view into the store, whose next change ends it. */
export interface HeldValue {
  /** Where it is stored. */
  readonly key: NodeId;
  /** A copy of its bytes. */
  readonly value: Uint8Array;
  /** The proof of work. */
  readonly nonce: Uint8Array;
  /** Time of its PUT in milliseconds since 1970. */
  readonly stamp: number;
  /** Number of replicas that its PUT asked for. */
  readonly replication: number;
  /** When it expires, by the clock of the node. */
  readonly expiresAt: number;
  /** Whether it is cached, and not a replica. */
  readonly isCached: boolean;
}

/** What a snapshot of the routing table takes. */
export interface SnapshotOptions {
  readonly transport: Transport;
  /** The time by the node's clock. */
  readonly now: number;
}

/** The contacts of a table, level by level. */
export function snapshotLevels(
  table: RoutingTable,
  { transport, now }: SnapshotOptions,
): LevelSnapshot[] {
  const levels = new Map<number, { contacts: ContactSnapshot[]; replacements: number }>();
  for (const { level, entries, replacements } of table.buckets()) {
    let snapshot = levels.get(level);
    if (!snapshot) levels.set(level, snapshot = { contacts: [], replacements: 0 });
    snapshot.replacements += replacements.length;
    for (const { contact, lastSeenAt, roundTrip, failures } of entries) {
      snapshot.contacts.push({
        contact,
        seenMs: now - lastSeenAt,
        roundTripMs: roundTrip?.known ? roundTrip.meanMs : null,
        failures,
        connected: transport.isConnected(contact),
      });
    }
  }
  return [...levels].map(([level, snapshot]) => ({ level, ...snapshot }))
    .sort((a, b) => a.level - b.level);
}

/** Number of contacts by level, of the levels that have any. */
export function countByLevel(table: RoutingTable): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { level, entries } of table.buckets()) {
    counts.set(level, (counts.get(level) ?? 0) + entries.length);
  }
  return counts;
}

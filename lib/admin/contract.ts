/**
 * The JSON of a node's HTTP: the documents that the server writes and that the commands and the page read.
 *
 * Types only, so that the page's scripts are checked against them and load nothing. Ids and keys are in
 * hex, addresses are `ip:port` or `[ipv6]:port`, times and durations are in milliseconds, points in time
 * since 1970.
 *
 * @module
 */

import type { AskedOutcome } from "../node/diagnostics/explanation.ts";
import type { Health } from "../node/diagnostics/health.ts";
import type { ReachabilityState } from "../node/membership/reachability.ts";
import type { JournalFigures } from "../node/snapshot.ts";
import type { RequestFailure } from "../node/observer.ts";
import type { NodeOptions } from "../node/options.ts";
import type { ImportOutcome } from "../node/replication/exports.ts";
import type { Refusal } from "../node/values/placement.ts";

/** The body of every answer that is an error. */
export interface ErrorDocument {
  readonly error: string;
}

/** The answer to `DELETE /v1/contacts`. */
export interface ForgottenDocument {
  /** Id of the contact, in hex. */
  readonly forgotten: string;
}

/** Another node. */
export interface ContactDocument {
  readonly id: string;
  readonly address: string;
  /** Its address of IPv6, if it has one beside one of IPv4. */
  readonly alternate?: string;
}

/** The parameters of `PUT /v1/values/KEY`. */
export type PutParameter = "ttl" | "replication" | "write_quorum";

/** The parameters of `GET /v1/values/KEY`. */
export type GetParameter = "read_quorum";

/** The answer to a PUT: 201 if the write quorum was reached, else 503 with an `error`. */
export interface ReceiptDocument {
  readonly key: string;
  /** Nodes that have acknowledged the value. */
  readonly stored: number;
  /** Replicas that are wanted: as asked for, or as many as the node allows. */
  readonly replication: number;
  /** The lifetime that the value got: as asked for, or the longest that the node allows. */
  readonly ttlMs: number;
  /** The write quorum. */
  readonly quorum: number;
  /** Whether all nodes have answered; if not, more may come to store the value. */
  readonly complete: boolean;
  /** The nodes that have acknowledged the value. */
  readonly holders: readonly ContactDocument[];
  /** Networks (/24 of IPv4, /64 of IPv6) that these are of. */
  readonly networks: number;
  /** The nodes that did not store the value. */
  readonly refused: readonly RefusedDocument[];
  /** How long the PUT took. */
  readonly ms: number;
  /** Why the write quorum was not reached. */
  readonly error?: string;
}

/** A node that did not store a value, and why. */
export interface RefusedDocument extends ContactDocument {
  readonly reason: Refusal;
}

/** A replica as it is: one line of an export. */
export interface ReplicaDocument {
  /** 64 hex digits. */
  readonly key: string;
  /** In base64. */
  readonly value: string;
  /** Time of its PUT. */
  readonly stamp: number;
  /** When it expires. */
  readonly expiresAt: number;
  /** Replicas that its PUT asked for. */
  readonly replication: number;
  /** The proof of work, 64 hex digits. */
  readonly nonce: string;
}

/** The answer to `GET /v1/replicas?from=N`: some of the replicas that the node holds, and the N of the next page. */
export interface ReplicaPageDocument {
  readonly replicas: readonly ReplicaDocument[];
  /** Null if this is the last page. */
  readonly next: number | null;
}

/** The answer to `PUT /v1/replicas`, whose body has a list `replicas`: what became of each, in their order. */
export interface ImportDocument {
  readonly results: readonly ImportedDocument[];
}

/** What became of an imported replica. */
export interface ImportedDocument {
  readonly outcome: ImportOutcome | "invalid";
  /** Nodes that have acknowledged it, of so many that it wants. */
  readonly holders: number;
  readonly of: number;
  /** What is wrong with it, if it is invalid. */
  readonly error?: string;
}

/** The answer to a GET that finds no value, with status 404. */
export interface NotFoundDocument extends ErrorDocument {
  /** Requests that the search took. */
  readonly asked: number;
  /** How long the search took. */
  readonly ms: number;
}

/**
 * The headers of a value that was found, each after `X-Voidkad-`: `Stamp` is the time of its PUT, `Holder`
 * the address of the node that gave it, `Quorum` how many of the read quorum gave a version,
 * `Agreed` how many gave this one.
 */
export type ValueHeader =
  | "Age-Ms"
  | "Ttl-Ms"
  | "Holder"
  | "Hops"
  | "Asked"
  | "Stamp"
  | "Quorum"
  | "Agreed";

/** The answer to `GET /v1/explain/KEY`. */
export interface ExplanationDocument {
  readonly key: string;
  readonly verdict: "found" | "missing";
  /** What happened, in a sentence or two. */
  readonly summary: string;
  /** How long the lookup took. */
  readonly ms: number;
  /** Why the lookup stopped. */
  readonly stopped: string;
  /** What the node itself holds. */
  readonly here: {
    readonly held: boolean;
    readonly cached: boolean;
    readonly ttlMs: number | null;
  };
  /** The nodes asked, in order. */
  readonly asked: readonly AskedDocument[];
  /** The nodes that should hold the value, the closest first. */
  readonly responsible: readonly ResponsibleDocument[];
  /** How many of them do. */
  readonly holders: number;
  /** How many should. */
  readonly wanted: number;
  /** What speaks for an attack on the key, as a sentence; null if nothing does. */
  readonly attack: string | null;
}

/** One request of a lookup. */
export interface AskedDocument extends ContactDocument {
  /** The first eight bytes of the distance to the key, in hex. */
  readonly distance: string;
  /** Leading bits that the id shares with the key. */
  readonly prefixBits: number;
  /** Requests in a row that led to the node. */
  readonly hops: number;
  /** The number of the lookup's path that it belongs to. */
  readonly path: number;
  /** When the node was asked, from the start of the lookup. */
  readonly startedMs: number;
  /** How long the answer took; null if it had not come when the lookup ended. */
  readonly ms: number | null;
  readonly outcome: AskedOutcome;
  /** How many contacts the answer named. */
  readonly contacts: number;
  /** The id of the node that named this one; null if it was in the own table. */
  readonly from: string | null;
}

/** One node that should hold a value. */
export interface ResponsibleDocument extends ContactDocument {
  /** Leading bits that the id shares with the key. */
  readonly prefixBits: number;
  /** Whether it is the node that was asked. */
  readonly self: boolean;
  /** Null if it gave no answer. */
  readonly holds: boolean | null;
  /** Why it gave no answer. */
  readonly reason: RequestFailure | null;
  /** The version that it holds. */
  readonly stamp: number | null;
  /** The remaining lifetime. */
  readonly ttlMs: number | null;
}

/** The answer to `GET /v1/contacts`: the routing table by level. */
export interface TableDocument {
  readonly prefixLength: number;
  readonly bucketSize: number;
  readonly levels: readonly LevelDocument[];
}

/** The contacts whose ids share this many levels of prefix with the node's. */
export interface LevelDocument {
  readonly level: number;
  readonly contacts: readonly TableContactDocument[];
  /** Contacts that may replace one that fails. */
  readonly replacements: number;
}

/** One contact of the routing table. */
export interface TableContactDocument extends ContactDocument {
  /** Time since the last message from it. */
  readonly heardMs: number;
  /** The mean round trip. */
  readonly rttMs: number | null;
  /** Requests in a row that failed. */
  readonly failures: number;
  /** Whether a connection to it is open. */
  readonly connected: boolean;
}

/** The answer to `GET /healthz`. */
export type HealthDocument = Health;

/** The answer to `GET /v1/node`. */
export interface NodeDocument {
  readonly id: string;
  readonly version: string;
  /** Where peers reach the node. */
  readonly p2p: string;
  /** Where the module API is. */
  readonly api: string;
  /** Where HTTP is. */
  readonly http: string;
  /** The line by which others join; in a private network the network key is still to be added. */
  readonly invite: string;
  /** Whether the node's network has a key. */
  readonly isPrivate: boolean;
  /** Tells the network under the key in use from others; null without a key. */
  readonly networkId: string | null;
  /** How far a change of the network key has come; null if there is none. */
  readonly networkKeyChange: KeyChangeDocument | null;
  readonly startedAt: number;
  readonly now: number;
  readonly options: NodeOptions;
  readonly health: HealthDocument;
  readonly figures: FiguresDocument;
}

/** Contacts by whether they have a new network key, as their last connection showed. */
export interface KeyChangeDocument {
  /** How many have it. */
  readonly have: number;
  /** The addresses of those that have only the one before it. */
  readonly lack: readonly string[];
  /** The addresses of those that have not been connected with since the node accepts both. */
  readonly unheard: readonly string[];
}

/** The median and the 99th percentile of the last operations; null if there were none. */
export interface PercentilesDocument {
  readonly p50: number | null;
  readonly p99: number | null;
}

/** A node's figures: what it has now, and counts from its start. */
export interface FiguresDocument {
  readonly contacts: number;
  /** Values held as one of their replicas. */
  readonly replicas: number;
  /** Cached values: held for speed, for a minute at most. */
  readonly cached: number;
  /** Bytes of all values held. */
  readonly valueBytes: number;
  readonly storeBytesMax: number;
  /** Neighbours that held something else, or did not answer, when they were last compared with. */
  readonly neighboursDiffering: number;
  /** Values that neighbours are about to send. */
  readonly valuesAwaited: number;
  readonly connectionsIn: number;
  readonly connectionsOut: number;
  readonly eventLoopDelayMs: number;
  /** Whether other nodes can dial this one, as they say. */
  readonly reachability: ReachabilityState;
  /** How keeping on the disk goes; null if nothing is to be kept. */
  readonly journal: JournalFigures | null;
  /** What the node's wall clock lacks to the network's time. */
  readonly clockOffsetMs: number;
  readonly lookups: LookupsDocument;
  readonly gets: {
    readonly asked: number;
    readonly found: number;
    readonly missed: number;
    readonly msSum: number;
  };
  readonly puts: {
    readonly asked: number;
    readonly stored: number;
    readonly failed: number;
    readonly msSum: number;
  };
  /** Requests to peers by type. */
  readonly requestsOut: Readonly<
    Record<string, { readonly answered: number; readonly failed: number }>
  >;
  /** Requests of peers by type. */
  readonly requestsIn: Readonly<Record<string, number>>;
  /** STOREs of peers that were refused, by status. */
  readonly storeRefused: Readonly<Record<string, number>>;
  readonly expired: number;
  readonly republished: number;
  /** Comparisons with neighbours by outcome: `equal`, `different`, `failed`. */
  readonly comparisons: Readonly<Record<string, number>>;
  /** Values that comparisons have brought here and to neighbours, and their bytes. */
  readonly repaired: {
    readonly in: number;
    readonly out: number;
    readonly bytesIn: number;
    readonly bytesOut: number;
  };
  readonly handshakesOut: number;
  readonly handshakesIn: number;
  readonly handshakesFailed: number;
  /** Bytes of frames from and to peers. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly latencyMs: {
    readonly get: PercentilesDocument;
    readonly put: PercentilesDocument;
    readonly request: PercentilesDocument;
  };
}

/** Lookups that have ended. Those for a value end `found` or `notFound`, those for nodes `closest`. */
export interface LookupsDocument {
  readonly ended: number;
  readonly found: number;
  readonly notFound: number;
  readonly closest: number;
  readonly failed: number;
  /** The sum of the hops of lookups for a value. */
  readonly valueHopsSum: number;
  /** The sum of the requests of lookups for a value. */
  readonly valueRequestsSum: number;
}

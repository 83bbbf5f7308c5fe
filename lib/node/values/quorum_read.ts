/**
 * Reads a value from several of the nodes that should hold it, and takes the newest version.
 *
 * A search for a value ends at the first that is found, which may be an old one. This one finds the nodes
 * closest to the key first, then asks each of them for itself, as many as it takes.
 *
 * @module
 */

import type { Contact } from "../../core/kademlia/contact.ts";
import type { Lookup } from "../../core/kademlia/lookup.ts";
import type { NodeId } from "../../core/kademlia/node_id.ts";
import { gather, type GatherParts, type Said } from "./gather.ts";
import type { Lookups } from "../lookup/lookups.ts";

/** What a reader may ask for. */
export interface GetOptions {
  /** Nodes that are to give their version, the newest of which wins; 1 is the first that is found. */
  readonly readQuorum?: number;
}

/** A value as a GET found it. */
export interface GetResult {
  /** The bytes that were put, for the caller to keep. */
  readonly value: Uint8Array;
  /** Time of its PUT in milliseconds since 1970. */
  readonly stamp: number;
  /** What is left of its life in milliseconds. */
  readonly ttlMs: number;
  /** The node that gave it: the own one if it was held here. */
  readonly from: Contact;
  /** Requests in a row that led to it; 0 if it was held here. */
  readonly hops: number;
  /** Nodes that have given a version of it, the own one included. */
  readonly versions: number;
}

/** What came of a search. */
export interface SearchResult {
  /** Null if no node gave a value. */
  readonly found: GetResult | null;
  /** Requests that it took. */
  readonly asked: number;
}

/** What to read. */
export interface QuorumTask {
  readonly key: NodeId;
  /** Nodes that are to give a version. */
  readonly quorum: number;
  /** What the own node has, asked for when the others are known. */
  readonly here: () => GetResult | null;
}

/**
 * Reads until so many nodes have given a version, or all that are close to the key have been asked. The result
 * is null if the node is closed or has too much to do.
 */
export function readFromMany(
  { key, quorum, here }: QuorumTask,
  parts: GatherParts & { readonly lookups: Lookups },
  onEnd: (result: SearchResult | null) => void,
): void {
  const { clock, observer } = parts.ports;
  const startedAt = clock.now();
  parts.lookups.run({ target: key, forValue: false }, (result) => {
    if (!result) {
      observer?.getEnded("failed", clock.now() - startedAt);
      return onEnd(null);
    }
    const own = here();
    const task = { key, contacts: result.closest, versions: quorum - (own ? 1 : 0) };
    gather(task, parts, (said) => {
      const found = newestOf(own, said, result.lookup);
      observer?.getEnded(found ? "found" : "missed", clock.now() - startedAt);
      onEnd({ found, asked: result.lookup.requests + said.length });
    });
  });
}

/** The newest version that was given, on equal stamps the first. */
function newestOf(
  here: GetResult | null,
  said: readonly Said[],
  lookup: Lookup,
): GetResult | null {
  let newest = here;
  let versions = here ? 1 : 0;
  for (const { contact, value: given } of said) {
    if (!given) continue;
    versions++;
    if (newest && given.stamp <= newest.stamp) continue;
    const { value, stamp, ttlMs } = given;
    const hops = lookup.candidates.find((candidate) => candidate.contact === contact)?.hops ?? 1;
    newest = { value, stamp, ttlMs, from: contact, hops, versions };
  }
  return newest && { ...newest, versions };
}

/**
 * Reads a value from several of the nodes that should hold it, and takes the newest version.
 *
 * A search for a value ends at the first that is found, which may be an old one. This one finds the nodes
 * closest to the key first, then asks each of them for itself, as many as it takes.
 *
 * @module
 */

import type { Lookup } from "../../core/kademlia/lookup.ts";
import type { NodeId } from "../../core/kademlia/node_id.ts";
import type { Lookups } from "../lookup/lookups.ts";
import { gather, type GatherParts, type NodeAnswer } from "./gather.ts";
import type { LocalValues } from "./local_values.ts";
import type { GetResult, SearchResult } from "./operations.ts";

/** What to read. */
export interface QuorumTask {
  readonly key: NodeId;
  /** Nodes that are to give a version. */
  readonly quorum: number;
}

/** What reading takes of a node's parts. */
export interface QuorumReadParts extends GatherParts {
  readonly lookups: Lookups;
  readonly localValues: LocalValues;
}

/**
 * Reads until so many nodes have given a version, or all that are close to the key have been asked. The result
 * is null if the node is closed or has too much under way.
 */
export function readFromMany(
  { key, quorum }: QuorumTask,
  parts: QuorumReadParts,
  onEnd: (result: SearchResult | null) => void,
): void {
  const { lookups, localValues, ports: { clock, observer } } = parts;
  const startedAt = clock.now();
  lookups.run({ target: key, forValue: false }, (result) => {
    if (!result) {
      observer?.getEnded("failed", clock.now() - startedAt);
      return onEnd(null);
    }
    const { closest, lookup } = result;
    const here = localValues.find(key);
    gather({ key, contacts: closest, versions: quorum - (here ? 1 : 0) }, parts, (answers) => {
      const found = newestOf(answers, { here, lookup });
      observer?.getEnded(found ? "found" : "missed", clock.now() - startedAt);
      onEnd({ found, asked: lookup.requests + answers.length });
    });
  });
}

/** The newest version that was given, on equal stamps the first. */
function newestOf(
  answers: readonly NodeAnswer[],
  { here, lookup }: { readonly here: GetResult | null; readonly lookup: Lookup },
): GetResult | null {
  let newest = here;
  let versions = here ? 1 : 0;
  for (const { contact, value: given } of answers) {
    if (!given) continue;
    versions++;
    if (newest && given.stamp <= newest.stamp) continue;
    const { value, stamp, ttlMs } = given;
    const hops = lookup.candidates.find((candidate) => candidate.contact === contact)?.hops ?? 1;
    newest = { value, stamp, ttlMs, from: contact, hops, versions };
  }
  return newest && { ...newest, versions };
}

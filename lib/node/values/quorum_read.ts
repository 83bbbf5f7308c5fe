/**
 * Reads a value from several of the nodes that should hold it, and takes the newest version.
 *
 * A search for a value ends at the first that is found, which may be an old one. This one finds the nodes
 * closest to the key first, then asks each of them for itself, as many as it takes.
 *
 * @module
 */

import { sameContact } from "../../core/kademlia/contact.ts";
import type { Lookup } from "../../core/kademlia/lookup.ts";
import type { NodeId } from "../../core/kademlia/node_id.ts";
import type { Lookups } from "../lookup/lookups.ts";
import { gather, type GatherParts, type NodeAnswer } from "./gather.ts";
import type { Storage } from "../replication/storage.ts";
import type { LocalValues } from "./local_values.ts";
import type { NewestRead } from "./newest_read.ts";
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
  readonly storage: Storage;
  readonly localValues: LocalValues;
  readonly newestRead: NewestRead;
}

/**
 * Reads until so many nodes have given a version, or all that are close to the key have been asked; all of these
 * also if only older versions have been given than this node has given before. Nodes that gave an older version
 * than the newest get that one. The result is null if the node is closed or has too much under way.
 */
export function readFromMany(
  { key, quorum }: QuorumTask,
  parts: QuorumReadParts,
  onEnd: (result: SearchResult | null) => void,
): void {
  const { lookups, localValues, newestRead, ports: { clock, observer } } = parts;
  const startedAt = clock.now();
  lookups.run({ target: key, forValue: false }, (result) => {
    if (!result) {
      observer?.getEnded("failed", clock.now() - startedAt);
      return onEnd(null);
    }
    const { closest, lookup } = result;
    const here = localValues.find(key);
    const read = (versions: number, before: readonly NodeAnswer[]): void => {
      const contacts = closest.slice(before.length);
      gather({ key, contacts, versions }, parts, (more) => {
        const answers = [...before, ...more];
        const newest = newestOf(answers, { here, lookup });
        const found = newest && newestRead.admit(key, newest.stamp) ? newest : null;
        if (newest && !found && answers.length < closest.length) return read(Infinity, answers);
        observer?.getEnded(found ? "found" : "missed", clock.now() - startedAt);
        onEnd({ found, asked: lookup.requests + answers.length });
        replaceOlder(answers, { key, here, newest }, parts);
      });
    };
    read(quorum - (here ? 1 : 0), []);
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
    const hops = lookup.candidates.find((one) => sameContact(one.contact, contact))?.hops ?? 1;
    newest = { value, stamp, ttlMs, from: contact, hops, versions };
  }
  return newest && { ...newest, versions };
}

/** What was read: `here` is the version at hand in this node. */
interface ReadVersions {
  readonly key: NodeId;
  readonly here: GetResult | null;
  readonly newest: GetResult | null;
}

/** Brings the newest version to those that gave an older one, this node among them. */
function replaceOlder(
  answers: readonly NodeAnswer[],
  { key, here, newest }: ReadVersions,
  { rpc, storage, self }: QuorumReadParts,
): void {
  if (!newest) return;
  const given = answers.find(({ contact }) => contact === newest.from)?.value;
  if (given && here && here.stamp < given.stamp) storage.take(given);
  const held = newest.from === self ? storage.get(key) : null;
  const timed = given ?? (held?.stamp === newest.stamp ? storage.asTimed(held) : null);
  if (!timed) return;
  for (const { contact, value } of answers) {
    if (!value || value.stamp >= timed.stamp) continue;
    rpc.ask(contact, { ...timed, type: "store" }, () => {});
  }
}

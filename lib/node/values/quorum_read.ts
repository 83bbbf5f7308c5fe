/**
 * Reads a value from several of the nodes that should hold it, and takes the newest version that enough of them give.
 *
 * A search for a value ends at the first that is found, which may be an old one, or a lie. This one finds the nodes
 * closest to the key first, then asks each of them for itself, as many as it takes.
 *
 * @module
 */

import { formatAddress } from "../../core/kademlia/address.ts";
import { type Contact, sameContact } from "../../core/kademlia/contact.ts";
import type { Lookup } from "../../core/kademlia/lookup.ts";
import type { NodeId } from "../../core/kademlia/node_id.ts";
import { compareVersions } from "../../core/store/compare_versions.ts";
import { REPLICA, type Replica } from "../../core/value.ts";
import type { Lookups } from "../lookup/lookups.ts";
import { gather, type GatherParts, type NodeAnswer } from "./gather.ts";
import type { Storage } from "../replication/storage.ts";
import type { LocalValues } from "./local_values.ts";
import type { NewestRead } from "./newest_read.ts";
import type { GetResult, SearchResult } from "./operations.ts";
import { type Candidate, Votes } from "./votes.ts";

/** What to read. */
export interface QuorumTask {
  readonly key: NodeId;
  /** Nodes that are to give a version. */
  readonly quorum: number;
  /** Of these, how many must give the same one: with 1 the newest is taken. */
  readonly agreeing: number;
}

/** What reading takes of a node's parts. */
export interface QuorumReadParts extends GatherParts {
  readonly lookups: Lookups;
  readonly storage: Storage;
  readonly localValues: LocalValues;
  readonly newestRead: NewestRead;
}

/** The vote of this node. */
const OWN_VOTE = "self";

/**
 * Reads until so many nodes have given a version and the newest that was given has votes enough, or all that are close
 * to the key have been asked; all of these also if only older versions have been given than this node has given
 * before. If no version has votes enough then, the one with the most is taken. Nodes that gave an older version than
 * the one that is taken get that one. The result is null if the node is closed or has too much under way.
 */
export function readFromMany(
  { key, quorum, agreeing }: QuorumTask,
  parts: QuorumReadParts,
  onEnd: (result: SearchResult | null) => void,
): void {
  const { lookups, localValues, newestRead, ports: { clock, sha256, observer } } = parts;
  const startedAt = clock.now();
  const isVoted = agreeing > 1;
  lookups.run({ target: key, forValue: false }, (result) => {
    if (!result) {
      observer?.getEnded("failed", clock.now() - startedAt);
      return onEnd(null);
    }
    const { closest: contacts, lookup } = result;
    const here = localValues.replicaOf(key);
    const sure = isVoted ? newestRead.sureOf(key) : null;
    const votes = new Votes({ needed: agreeing, sure, sha256 });
    if (here) votes.add(OWN_VOTE, here);
    let counted = 0;
    const missing = (answers: readonly NodeAnswer[]): number => {
      for (const { contact, value } of answers.slice(counted)) {
        counted++;
        if (value) votes.add(voterOf(contact, parts), value);
      }
      const { winner } = votes;
      const isOld = winner !== null && !isVoted && newestRead.isOlder(key, winner.replica.stamp);
      if (isOld) return contacts.length;
      return Math.max(quorum - votes.count, votes.lacking);
    };
    gather({ key, contacts, missing }, parts, (answers) => {
      const { winner, favourite } = votes;
      const taken = winner ?? favourite;
      const isGiven = taken !== null && (isVoted || newestRead.admit(key, taken.replica.stamp));
      if (taken && isVoted) note(key, { taken, isSure: taken === winner }, parts);
      observer?.getEnded(isGiven ? "found" : "missed", clock.now() - startedAt);
      const found = isGiven
        ? describe(taken, { answers, versions: votes.count, lookup }, parts)
        : null;
      onEnd({ found, asked: lookup.requests + answers.length });
      if (taken) replaceOlder(answers, { here, taken: taken.replica }, parts);
    });
  });
}

/** Who votes: a network, as whoever has one has all of its addresses; or an address, where networks do not count. */
function voterOf(contact: Contact, { diversity }: QuorumReadParts): string {
  return diversity.isOn ? diversity.networkOf(contact) : formatAddress(contact.address);
}

/** Remembers what a vote has given, so that no reader of this node is given an older version. */
function note(
  key: NodeId,
  { taken: { replica }, isSure }: { readonly taken: Candidate; readonly isSure: boolean },
  { newestRead }: QuorumReadParts,
): void {
  if (isSure) newestRead.noteSure(key, replica);
  else newestRead.admit(key, replica.stamp);
}

/** What was given by whom. */
interface Reading {
  readonly answers: readonly NodeAnswer[];
  readonly versions: number;
  readonly lookup: Lookup;
}

function describe(
  { replica, voters }: Candidate,
  { answers, versions, lookup }: Reading,
  { self, time }: QuorumReadParts,
): GetResult {
  const { value, stamp, expiresAt } = replica;
  const from = answers.find((answer) => answer.value === replica)?.contact ?? self;
  const step = lookup.candidates.find(({ contact }) => sameContact(contact, from));
  const hops = from === self ? 0 : step?.hops ?? 1;
  const ttlMs = Math.max(0, expiresAt - time.now());
  return { value, stamp, ttlMs, from, hops, versions, agreed: voters.size };
}

/** Brings the version that is taken to those that gave an older one, this node among them. */
function replaceOlder(
  answers: readonly NodeAnswer[],
  { here, taken }: { readonly here: Replica | null; readonly taken: Replica },
  { rpc, storage, ports: { sha256 } }: QuorumReadParts,
): void {
  // One whose PUT is under way goes its own way.
  if (taken === here && storage.get(taken.key)?.stamp !== taken.stamp) return;
  const cachedUntil = answers.find(({ value }) => value === taken)?.value?.cachedUntil ?? REPLICA;
  const sent = { ...taken, cachedUntil };
  const isOlder = (other: Replica) => compareVersions(other, taken, sha256) < 0;
  if (here && isOlder(here)) storage.take(sent);
  for (const { contact, value } of answers) {
    if (value && isOlder(value)) rpc.ask(contact, { ...sent, type: "store" }, () => {});
  }
}

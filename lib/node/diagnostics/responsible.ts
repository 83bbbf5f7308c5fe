/**
 * Finds the nodes that should hold a value, and asks each of them for itself.
 *
 * @module
 */

import { type Contact, sameContact } from "../../core/kademlia/contact.ts";
import { commonPrefixLength, compareDistance, type NodeId } from "../../core/kademlia/node_id.ts";
import type { Replica } from "../../core/value.ts";
import type { NodeContext } from "../context.ts";
import type { DensityWatch } from "../lookup/density_watch.ts";
import type { Lookups } from "../lookup/lookups.ts";
import type { Storage } from "../replication/storage.ts";
import type { Rpc } from "../rpc/rpc.ts";
import { gather, type NodeAnswer } from "../values/gather.ts";
import type { ResponsibleNode } from "./explanation.ts";
import { Trace } from "./trace.ts";

/** What finding takes of a node's parts. */
export interface ResponsibleParts extends NodeContext {
  readonly rpc: Rpc;
  readonly lookups: Lookups;
  readonly storage: Storage;
  readonly densityWatch: DensityWatch;
}

/** What to find. */
export interface ResponsibleTask {
  readonly key: NodeId;
  /** The value, if a search has found it. */
  readonly found: Replica | null;
}

/**
 * The nodes that should hold a value, the closest first, how many of them the value wants, and what speaks for an attack
 * on the key.
 */
export interface ResponsibleNodes {
  readonly responsible: readonly ResponsibleNode[];
  readonly wanted: number;
  readonly attack: string | null;
}

/**
 * Finds and asks them. A node that does not answer but is closer than others that do counts among them: it
 * may hold the value.
 */
export function findResponsible(
  { key, found }: ResponsibleTask,
  parts: ResponsibleParts,
  onEnd: (nodes: ResponsibleNodes) => void,
): void {
  const { self, lookups, storage, densityWatch, options, ports } = parts;
  const byDistance = (a: Contact, b: Contact) => compareDistance(key, a.id, b.id);
  const trace = new Trace(ports);
  lookups.run({ target: key, forValue: false, trace }, (result) => {
    const attack = result && densityWatch.judge(key, result.closest);
    const known = found?.replication || storage.get(key)?.replication || 0;
    const near = [self, ...result?.closest ?? []].sort(byDistance)
      .slice(0, known || options.bucketSize);
    const contacts = near.filter((contact) => !sameContact(contact, self));
    gather({ key, contacts, missing: () => Infinity }, parts, (answers) => {
      const given = answers.find(({ value }) => value?.replication)?.value?.replication ?? 0;
      const wanted = known || given || options.replication;
      const answering = near.slice(0, wanted);
      const last = answering.at(-1)!;
      const failures = trace.failures();
      const silent = failures.map(({ contact }) => contact).filter((contact) =>
        answering.length < wanted || byDistance(contact, last) < 0
      );
      const failed = failures.map(({ contact, failure }) => ({ contact, value: null, failure }));
      const outcomes: NodeAnswer[] = [...answers, ...failed];
      const answerOf = (contact: Contact): NodeAnswer =>
        outcomes.find((one) => sameContact(one.contact, contact)) ??
          { contact, value: null, failure: null };
      const describe = (contact: Contact) => describeNode(answerOf(contact), { key, parts });
      const responsible = [...answering, ...silent].sort(byDistance).map(describe);
      onEnd({ responsible, wanted, attack });
    });
  });
}

function describeNode(
  { contact, value, failure }: NodeAnswer,
  { key, parts }: { readonly key: NodeId; readonly parts: ResponsibleParts },
): ResponsibleNode {
  const self = sameContact(contact, parts.self);
  const own = self ? parts.storage.get(key) : null;
  const held = value ?? own?.replica ?? null;
  return {
    contact,
    prefixBits: commonPrefixLength(key, contact.id),
    self,
    holds: failure ? null : value !== null || own !== null,
    reason: failure,
    stamp: held && held.stamp,
    ttlMs: held && Math.max(0, held.expiresAt - parts.time.now()),
  };
}

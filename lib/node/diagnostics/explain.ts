/**
 * Tells one search: who was asked, when, what each gave, why it stopped, who should hold the value and who
 * does.
 *
 * It looks for the value as a GET would, though not in the own store, then finds the nodes closest to the
 * key and asks each of them for itself. What it tells is kept for such a search only.
 *
 * @module
 */

import type { Contact } from "../../core/kademlia/contact.ts";
import type { TimedValue } from "../../core/value.ts";
import { commonPrefixLength, compareDistance, type NodeId } from "../../core/kademlia/node_id.ts";
import type { Explanation, ResponsibleNode } from "./explanation.ts";
import { gather, type NodeAnswer } from "../values/gather.ts";
import type { Lookups } from "../lookup/lookups.ts";
import type { NodeContext } from "../context.ts";
import type { Rpc } from "../rpc/rpc.ts";
import type { Storage } from "../replication/storage.ts";
import { summarize, whyStopped } from "./summary.ts";
import { Trace } from "./trace.ts";

/** What explaining takes of a node's parts. */
export interface ExplainParts extends NodeContext {
  readonly rpc: Rpc;
  readonly lookups: Lookups;
  readonly storage: Storage;
}

/** Searches a key, and tells. */
export function explain(
  key: NodeId,
  parts: ExplainParts,
  onEnd: (explanation: Explanation) => void,
): void {
  const { lookups, ports: { clock } } = parts;
  const startedAt = clock.now();
  const search = new Trace(parts.ports);
  lookups.run({ target: key, forValue: true, trace: search }, (result) => {
    const ms = clock.now() - startedAt;
    const asked = search.tell(startedAt, result?.lookup ?? null);
    const stopped = whyStopped(result);
    askResponsible(key, result?.found?.value ?? null, parts, (responsible, wanted) => {
      const held = responsible.filter(({ holds }) => holds);
      const found = result?.found ? { from: result.found.from, hops: result.found.hops } : null;
      const verdict = found || held.length > 0 ? "found" : "missing";
      const told = { asked, responsible, holders: held.length, wanted };
      const here = whatIsHere(key, parts);
      const summary = summarize({ ...told, found, busy: result === null });
      onEnd({ key, verdict, summary, ms, stopped, here, ...told });
    });
  });
}

function whatIsHere(key: NodeId, { storage, ports }: ExplainParts): Explanation["here"] {
  const entry = storage.get(key);
  if (!entry) return { held: false, cached: false, ttlMs: null };
  return { held: true, cached: entry.isCached, ttlMs: entry.expiresAt - ports.clock.now() };
}

/**
 * Finds those who should hold the value and asks each. A node that does not answer but is closer than
 * others who do counts among them: it is where the value may be. A copy that was left for speed does not
 * say how many should hold the value, so where only such a one was found, those who are asked do.
 */
function askResponsible(
  key: NodeId,
  found: TimedValue | null,
  parts: ExplainParts,
  onEnd: (responsible: ResponsibleNode[], wanted: number) => void,
): void {
  const { self, lookups, storage, options, ports } = parts;
  const trace = new Trace(ports);
  lookups.run({ target: key, forValue: false, trace }, (result) => {
    const known = found?.replication || storage.get(key)?.replication || 0;
    const byDistance = (a: Contact, b: Contact) => compareDistance(key, a.id, b.id);
    const near = [self, ...result?.closest ?? []].sort(byDistance)
      .slice(0, known || options.bucketSize);
    const contacts = near.filter((contact) => contact !== self);
    gather({ key, contacts, versions: Infinity }, parts, (said) => {
      const told = said.find(({ value }) => value?.replication)?.value?.replication ?? 0;
      const wanted = known || told || options.replication;
      const answering = near.slice(0, wanted);
      const last = answering.at(-1)!;
      const failures = trace.failures();
      const silent = [...failures.keys()].filter((contact) =>
        answering.length < wanted || byDistance(contact, last) < 0
      );
      const answers = new Map(said.map((one) => [one.contact, one]));
      const responsible = [...answering, ...silent].sort(byDistance).map((contact) => {
        const answer = answers.get(contact) ??
          { contact, value: null, failure: failures.get(contact) ?? null };
        return describe(key, answer, parts);
      });
      onEnd(responsible, wanted);
    });
  });
}

function describe(key: NodeId, { contact, value, failure }: NodeAnswer, parts: ExplainParts) {
  const self = contact === parts.self;
  const own = self ? parts.storage.get(key) : null;
  const { clock } = parts.ports;
  const ownTtlMs = own ? own.expiresAt - clock.now() : null;
  return {
    contact,
    prefixBits: commonPrefixLength(key, contact.id),
    self,
    holds: failure ? null : value !== null || own !== null,
    reason: failure,
    stamp: value?.stamp ?? own?.stamp ?? null,
    ttlMs: value?.ttlMs ?? ownTtlMs,
  };
}

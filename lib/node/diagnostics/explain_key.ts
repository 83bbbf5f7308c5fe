/**
 * Explains one search: which nodes were asked, when, what each gave, why it stopped, which nodes should hold
 * the value and which do.
 *
 * It looks for the value as a GET would, though not in the own store, then finds the nodes closest to the
 * key and asks each of them for itself. The steps of a lookup are kept for such a search only.
 *
 * @module
 */

import type { NodeId } from "../../core/kademlia/node_id.ts";
import type { Explanation } from "./explanation.ts";
import { findResponsible, type ResponsibleParts } from "./responsible.ts";
import { summarize, whyStopped } from "./summary.ts";
import { Trace } from "./trace.ts";

/** What explaining takes of a node's parts. */
export type ExplainParts = ResponsibleParts;

/** Searches a key, and explains the search. */
export function explain(
  key: NodeId,
  parts: ExplainParts,
  onEnd: (explanation: Explanation) => void,
): void {
  const { lookups, ports: { clock } } = parts;
  const startedAt = clock.now();
  const trace = new Trace(parts.ports);
  lookups.run({ target: key, forValue: true, trace }, (result) => {
    const ms = clock.now() - startedAt;
    const asked = trace.steps(startedAt, result?.lookup ?? null);
    const stopped = whyStopped(result);
    const value = result?.found?.value ?? null;
    findResponsible({ key, found: value }, parts, ({ responsible, wanted, attack }) => {
      const holders = responsible.filter(({ holds }) => holds).length;
      const found = result?.found ? { from: result.found.from, hops: result.found.hops } : null;
      const verdict = found || holders > 0 ? "found" : "missing";
      const nodes = { asked, responsible, holders, wanted, attack };
      const here = describeHere(key, parts);
      const summary = summarize({ ...nodes, found, busy: result === null });
      onEnd({ key, verdict, summary, ms, stopped, here, ...nodes });
    });
  });
}

function describeHere(key: NodeId, { storage, ports }: ExplainParts): Explanation["here"] {
  const entry = storage.get(key);
  if (!entry) return { held: false, cached: false, ttlMs: null };
  return { held: true, cached: entry.isCached, ttlMs: entry.expiresAt - ports.clock.now() };
}

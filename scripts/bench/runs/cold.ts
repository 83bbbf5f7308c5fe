/**
 * Cold and warm lookups apart: what the first GET takes of a node that has just joined, whose connections
 * are few, and what later ones take.
 *
 * @module
 */

import { equals } from "@std/bytes/equals";
import { SeededRandom } from "../../../lib/sim/random/seeded_random.ts";
import { Samples } from "../../../lib/sim/measure/samples.ts";
import { programOf } from "../../common/node_process.ts";
import { showProgress } from "../../common/progress_bar.ts";
import { formatTable } from "../../../lib/format/table.ts";
import { ManyProcesses } from "../networks/many_processes.ts";
import { type BenchOptions, replicasAt } from "../bench_flags.ts";
import { untilSignal } from "../signals.ts";
import { formatFigure } from "../report/statistics.ts";
import type { Item } from "./work.ts";

/** Nodes that join at the end and are asked as soon as they know some others. */
const NEWCOMERS = 10;
/** GETs of each reader, one after the other. */
const PASSES = 20;
/** Nodes that put the values, and so are warm; the others read. */
const PUTTERS = 10;
/** From this GET on a reader counts as warm. */
const WARM_FROM = 10;

/** Measures and prints; returns the exit status, 0 if all was found. */
export async function measureCold(
  options: BenchOptions,
  say: (line: string) => void,
): Promise<number> {
  let missing = 0;
  for (const nodes of options.nodes) {
    await using network = new ManyProcesses({
      nodes,
      replication: replicasAt(nodes, options),
      proofOfWorkBits: options.run.proofOfWorkBits,
      program: programOf(options.run.binary ?? undefined),
    });
    const passes = await untilSignal(runPasses(network, options));
    missing += passes.missing;
    report(nodes, passes, options, say);
  }
  return missing === 0 ? 0 : 1;
}

interface Passes {
  /** Times of the first GETs of nodes that have just joined. */
  readonly newcomers: Samples;
  /** Times of the first GETs of all readers, of the second ones, and so on. */
  readonly times: readonly Samples[];
  readonly missing: number;
}

async function runPasses(network: ManyProcesses, options: BenchOptions): Promise<Passes> {
  await network.start();
  const random = new SeededRandom(1);
  const readers = Array.from({ length: network.nodes - PUTTERS }, (_, i) => PUTTERS + i);
  const items = await putItems(network, random, options.run.valueBytes);
  const held = await network.holders(items.map(({ key }) => key));
  const times = Array.from({ length: PASSES }, () => new Samples());
  let missing = 0;
  using progress = showProgress("get", PASSES * readers.length);
  const next = new Map(readers.map((reader) => [reader, 0]));
  for (const pass of times) {
    for (const reader of readers) {
      let at = next.get(reader)!;
      while (held[at]?.has(reader)) at++;
      next.set(reader, at + 1);
      const item = items[at];
      if (!item) continue;
      const startedAt = performance.now();
      const found = await network.get(reader, item.key);
      pass.add(performance.now() - startedAt);
      if (!found || !equals(found, item.value)) missing++;
      progress.step();
    }
  }
  const newcomers = new Samples();
  for (let i = 0; i < NEWCOMERS; i++) {
    const item = items[i]!;
    const newcomer = await network.addNode();
    const startedAt = performance.now();
    const found = await network.get(newcomer, item.key);
    newcomers.add(performance.now() - startedAt);
    if (!found || !equals(found, item.value)) missing++;
  }
  return { newcomers, times, missing };
}

/** Enough values for each reader to find some that it does not hold. */
async function putItems(
  network: ManyProcesses,
  random: SeededRandom,
  valueBytes: number,
): Promise<Item[]> {
  const items: Item[] = [];
  const count = 3 * PASSES;
  using progress = showProgress("put", count);
  for (let i = 0; i < count; i++) {
    const [key, value] = [new Uint8Array(32), new Uint8Array(valueBytes)];
    random.fill(key);
    random.fill(value);
    const putter = i % PUTTERS;
    await network.put(putter, key, value);
    items.push({ key, value, putter, stored: true });
    progress.step();
  }
  return items;
}

function report(
  nodes: number,
  { newcomers, times, missing }: Passes,
  { json }: BenchOptions,
  say: (line: string) => void,
): void {
  const warm = new Samples();
  for (const pass of times.slice(WARM_FROM - 1)) pass.values.forEach((ms) => warm.add(ms));
  const parts: [string, Samples][] = [
    ["1st of a newcomer", newcomers],
    ["1st", times[0]!],
    ["2nd", times[1]!],
    ["3rd", times[2]!],
    ["5th", times[4]!],
    [`${WARM_FROM}th and later`, warm],
  ];
  const base = warm.quantile(0.5);
  if (json) {
    const figures = parts.map(([get, samples]) => ({
      get,
      count: samples.count,
      p50_ms: samples.quantile(0.5),
      p99_ms: samples.quantile(0.99),
    }));
    say(JSON.stringify({ peer: "voidkad", mode: "cold", nodes, missing, figures }));
    return;
  }
  say(
    `GETs of ${times[0]!.count} nodes of ${nodes} that have joined since the start, and of ` +
      `${NEWCOMERS} newcomers as soon as they know 8 others; one at a time`,
  );
  for (
    const line of formatTable([
      ["GET of a node", "count", "p50 ms", "p90 ms", "p99 ms", "p50 / warm p50"],
      ...parts.map(([name, samples]) => [
        name,
        String(samples.count),
        ...[0.5, 0.9, 0.99].map((share) => formatFigure(samples.quantile(share))),
        formatFigure(samples.quantile(0.5) / base),
      ]),
    ])
  ) say(line);
  if (missing > 0) say(`${missing} not found, or not as they were put`);
}

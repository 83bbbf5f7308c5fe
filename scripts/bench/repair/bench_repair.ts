/**
 * What repair costs in a simulated network: `deno task bench:repair --help`.
 *
 * @module
 */

import { writeLine } from "../../../lib/cli/terminal/output.ts";
import { formatBytes, formatCount, formatMs } from "../../../lib/format/format.js";
import { formatTable } from "../../../lib/format/table.ts";
import { LATENCY_PROFILES } from "../../../lib/sim/faults/latency.ts";
import type { FlagReader } from "../../common/flag_reader.ts";
import { runScript, type ScriptSpec } from "../../common/run_script.ts";
import { measureRefill } from "./refill.ts";
import { measureRest } from "./rest.ts";

const USAGE = `\
Usage: deno task bench:repair [--nodes N] [--values N] [--bytes N] [--seed N] [--latency NAME]

Simulates a network whose nodes hold values, and prints what it sends and computes in an hour at rest beside the
same network without values; then how a node that lost all that it held is filled again.

  --nodes N        nodes (10)
  --values N       values, 20 replicas of each (10,000)
  --bytes N        size of each (256)
  --seed N         seed of all that is random (1)
  --latency NAME   lan or internet, while a node is filled (internet)
`;

type Rest = ReturnType<typeof measureRest>;
type Refill = ReturnType<typeof measureRefill>;

const SCRIPT: ScriptSpec = {
  name: "bench:repair",
  usage: USAGE,
  values: ["nodes", "values", "bytes", "seed", "latency"],
};

if (import.meta.main) Deno.exit(await runScript(SCRIPT, main));

function main(read: FlagReader): void {
  const nodes = read.integer("nodes", 10, 2, 10_000);
  const count = read.integer("values", 10_000, 1, 1_000_000);
  const valueBytes = read.integer("bytes", 256, 1, 65_495);
  const seed = read.integer("seed", 1, 0, 0xffff_ffff);
  const latency = read.choice("latency", ["lan", "internet"], "internet");
  const network = { nodes, seed, valueBytes };
  showRest(measureRest({ ...network, count: 0 }), measureRest({ ...network, count }));
  const profile = LATENCY_PROFILES[latency];
  showRefill(measureRefill({ ...network, count, latency: profile }));
}

function showRest(none: Rest, many: Rest): void {
  const rows = [
    ["an hour at rest", "without values", "with", "ratio"],
    [
      "bytes sent",
      formatBytes(none.bytes),
      formatBytes(many.bytes),
      (many.bytes / none.bytes).toFixed(2),
    ],
    ["comparisons", formatCount(none.comparisons), formatCount(many.comparisons)],
    ["offers, values moved", formatCount(none.moved), formatCount(many.moved)],
    ["computing, each node", formatMs(none.msOfNode), formatMs(many.msOfNode)],
  ];
  for (const line of formatTable(rows)) writeLine(Deno.stdout, line);
}

function showRefill(refill: Refill): void {
  const rows = [
    ["a node that comes back empty", ""],
    ["replicas", formatCount(refill.replicas)],
    ["full after", formatMs(refill.fullAfterMs)],
    ["from neighbours", formatCount(refill.neighbours)],
    ["GET p99 before", formatMs(refill.p99BeforeMs)],
    ["GET p99 meanwhile", formatMs(refill.p99MeanwhileMs)],
    ["computing, all nodes", formatMs(refill.msOfAll)],
  ];
  writeLine(Deno.stdout, "");
  for (const line of formatTable(rows)) writeLine(Deno.stdout, line);
}

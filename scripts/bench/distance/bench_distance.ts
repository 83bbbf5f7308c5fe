/**
 * What PUTs, GETs and lookups take over distance: `deno task bench:distance --help`.
 *
 * @module
 */

import { writeLine } from "../../../lib/cli/terminal/output.ts";
import { formatMs, formatNumber, formatShare } from "../../../lib/format/format.js";
import { formatTable } from "../../../lib/format/table.ts";
import type { Samples } from "../../../lib/sim/measure/samples.ts";
import type { FlagReader } from "../../common/flag_reader.ts";
import { runScript, type ScriptSpec } from "../../common/run_script.ts";
import { type Distances, measureDistance } from "./measure.ts";

const USAGE = `\
Usage: deno task bench:distance [--nodes N] [--operations N] [--seed N] [--seeded-tables]

Simulates a network over the distances of the internet, in virtual time, and prints what PUTs (until all replicas, or
most, are acknowledged), GETs (by nodes that hold nothing of the value), lookups of random ids, joining, and the GET
that a node makes at its start take. Beside it stands what the distances allow: the farthest of the nodes that should
hold the value, or the nearest of them. Deaths are a quarter of all nodes, which vanish without a word.

  --nodes N          nodes (500)
  --operations N     operations of each kind (300)
  --seed N           seed of all that is random (1)
  --seeded-tables    fill the tables without joining, for large networks
`;

const NEWCOMERS = 20;
const SCRIPT: ScriptSpec = {
  name: "bench:distance",
  usage: USAGE,
  values: ["nodes", "operations", "seed"],
  switches: ["seeded-tables"],
};

if (import.meta.main) Deno.exit(await runScript(SCRIPT, main));

function main(read: FlagReader): void {
  show(measureDistance({
    nodes: read.integer("nodes", 500, 22, 100_000),
    operations: read.integer("operations", 300, 1, 1_000_000),
    newcomers: NEWCOMERS,
    seed: read.integer("seed", 1, 0, 0xffff_ffff),
    seededTables: read.isOn("seeded-tables"),
  }));
}

function show(distances: Distances): void {
  const { put, putMost, get, lookups, join, firstGet, firstFound } = distances;
  const { putLeft, getLeft, found, foundLeft, copies, roundTripMs } = distances;
  const quantiles = (samples: Samples) =>
    [0.5, 0.9, 0.99].map((share) => formatMs(samples.quantile(share)));
  const trips = (samples: Samples) => formatNumber(samples.quantile(0.5) / roundTripMs);
  const rows = [
    ["", "p50", "p90", "p99", "round trips", "messages", "possible p50", "p99"],
    ...([
      ["PUT", put],
      ["PUT, most", putMost],
      ["GET", get],
      ["GET after deaths", getLeft],
      ["PUT after deaths", putLeft],
    ] as const).map((
      [name, { ms, possibleMs, messages }],
    ) => [
      name,
      ...quantiles(ms),
      trips(ms),
      formatNumber(messages),
      formatMs(possibleMs.quantile(0.5)),
      formatMs(possibleMs.quantile(0.99)),
    ]),
    [
      "lookup",
      ...quantiles(lookups.latencyMs),
      trips(lookups.latencyMs),
      formatNumber(2 * lookups.requests.mean),
    ],
    ["join", ...quantiles(join), trips(join)],
    ["first GET", ...quantiles(firstGet), trips(firstGet)],
  ];
  for (const line of formatTable(rows)) writeLine(Deno.stdout, line);
  writeLine(
    Deno.stdout,
    `Copies of a value: ${copies.toFixed(2)}. GETs that found it: ${
      formatShare(found)
    }, after deaths ` +
      `${formatShare(foundLeft)}, ` +
      `first GETs of newcomers: ${formatShare(firstFound)}. ` +
      `Recall of the closest: ${formatShare(lookups.recall.mean)}. ` +
      `Median round trip: ${formatMs(roundTripMs)}.`,
  );
}

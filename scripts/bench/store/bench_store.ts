/**
 * Memory and speed of the value store, alone or beside a `Map` of objects: `deno task bench:store --help`.
 *
 * @module
 */

import { writeLine } from "../../../lib/cli/terminal/output.ts";
import { formatCount, formatMs, formatNumber } from "../../../lib/format/format.js";
import { formatTable } from "../../../lib/format/table.ts";
import type { FlagReader } from "../../common/flag_reader.ts";
import { runScript, type ScriptSpec } from "../../common/run_script.ts";
import { median } from "../report/statistics.ts";
import { type Figures, type Load, longestPauseMs, measure } from "./measure.ts";
import { MapSubject, StoreSubject, type Subject } from "./subjects.ts";

const USAGE = `\
Usage: deno task bench:store [--values N] [--bytes N] [--rounds N] [--beside-map]

Fills a value store, reads and overwrites all values, and prints the medians of the rounds: memory for each
value, operations a second, and the longest single put. The longest put says little on a machine that is
busy with other things: the longest pause of the machine itself is printed beside it.

  --values N     values to store (1,000,000)
  --bytes N      size of each (256)
  --rounds N     rounds to take the medians of (3)
  --beside-map   measure a Map of objects as well, in turn; it has no caps and no queues
`;

const NAMES = ["store", "Map of objects"] as const;
const MAKERS: Readonly<Record<typeof NAMES[number], () => Subject>> = {
  "store": () => new StoreSubject(),
  "Map of objects": () => new MapSubject(),
};

const bytes = (value: number) => `${formatNumber(value)} B`;
const rate = (value: number) => `${formatCount(Math.round(value))}/s`;

/** The rows of the result: what each is called and how it is written. */
const ROWS: readonly (readonly [keyof Figures, string, (value: number) => string])[] = [
  ["bytesPerValue", "memory for each value, heap and buffers", bytes],
  ["bytesPerValueAfterwards", "  after all were overwritten twice", bytes],
  ["putsPerSecond", "puts", rate],
  ["longestPutMs", "  the longest", formatMs],
  ["overwritesPerSecond", "overwrites", rate],
  ["longestOverwriteMs", "  the longest", formatMs],
  ["getsPerSecond", "gets", rate],
  ["readsPerSecond", "gets with a copy of the value", rate],
  ["expireMs", "expiring all values", formatMs],
];

const SCRIPT: ScriptSpec = {
  name: "bench:store",
  usage: USAGE,
  values: ["values", "bytes", "rounds"],
  switches: ["beside-map"],
};

if (import.meta.main) Deno.exit(await runScript(SCRIPT, main));

function main(read: FlagReader): void {
  const load = {
    values: read.integer("values", 1_000_000, 1, 2_000_000),
    valueBytes: read.integer("bytes", 256, 1, 65_495),
  };
  const names = read.isOn("beside-map") ? NAMES : NAMES.slice(0, 1);
  run(load, { rounds: read.integer("rounds", 3, 1, 100), names });
}

/** Measures the subjects in turn, round by round, and prints the medians. */
function run(
  load: Load,
  { rounds, names }: { rounds: number; names: readonly (typeof NAMES[number])[] },
): void {
  const figures = new Map(names.map((name) => [name, [] as Figures[]]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, measured] of figures) measured.push(measure(MAKERS[name], load));
  }
  const size = `${formatCount(load.values)} values of ${formatCount(load.valueBytes)} bytes`;
  writeLine(Deno.stdout, `${size}; medians of ${rounds} rounds`);
  const rows = ROWS.map(([figure, title, format]) => [
    title,
    ...[...figures.values()].map((all) => format(median(all.map((one) => one[figure])))),
  ]);
  for (const line of formatTable([["", ...names], ...rows])) writeLine(Deno.stdout, line);
  const pause = formatMs(longestPauseMs(2_000));
  writeLine(Deno.stdout, `longest pause of this machine in 2 s: ${pause}`);
}

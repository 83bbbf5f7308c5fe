/**
 * All promises about large networks at full size: `deno task simulate:all [--only NAME] [--seed N]`.
 *
 * @module
 */

import { EXIT_FAILURE, UsageError } from "../../lib/cli/errors.ts";
import type { Flags } from "../../lib/cli/spec/flags.ts";
import { writeText } from "../../lib/cli/terminal/output.ts";
import { suggest } from "../../lib/cli/spec/suggest.ts";
import { SCENARIOS } from "../../lib/sim/scenarios/all.ts";
import type { Scenario, Size } from "../../lib/sim/scenarios/scenario.ts";
import type { FlagReader } from "../common/flag_reader.ts";
import { runScript, type ScriptSpec } from "../common/run_script.ts";
import { formatBytes } from "../../lib/format/format.js";
import { formatWrappedRow } from "../../lib/format/table.ts";

const USAGE = `\
Usage: deno task simulate:all [--only NAME] [--seed N] [--short]

Runs the scenarios of tests/scenarios and prints what is promised, what was measured, and whether it holds.

  --only NAME   run one: ${SCENARIOS.map(({ name }) => name).join(", ")}
  --seed N      seed of all that is random (1)
  --short       run them as small as the test suite does
`;

const WIDTHS = [14, 44, 44, 5, 6, 9, 9];
const HEADING = ["scenario", "promise", "measured", "held", "seed", "time", "memory"];

const SCRIPT: ScriptSpec = {
  name: "simulate:all",
  usage: USAGE,
  values: ["only", "seed"],
  switches: ["short"],
};

if (import.meta.main) Deno.exit(await runScript(SCRIPT, main));

/** Runs the scenarios; the exit status is 0 only if all promises hold. */
function main(read: FlagReader, flags: Flags): number {
  const seed = read.integer("seed", 1, 0, 0xffff_ffff);
  const scenarios = pickScenarios(flags.values.get("only"));
  say(HEADING);
  say(WIDTHS.map((width) => "-".repeat(width)));
  const held = scenarios.map((one) => runOne(one, read.isOn("short") ? "short" : "full", seed));
  return held.every(Boolean) ? 0 : EXIT_FAILURE;
}

function pickScenarios(only: string | undefined): readonly Scenario[] {
  if (only === undefined) return SCENARIOS;
  const found = SCENARIOS.filter(({ name }) => name === only);
  if (found.length > 0) return found;
  const names = SCENARIOS.map(({ name }) => name);
  throw new UsageError(`--only: "${only}" is not a scenario${suggest(only, names)}`);
}

/** Runs a scenario and prints its row; a scenario that cannot go on keeps no promise. */
function runOne(scenario: Scenario, size: Size, seed: number): boolean {
  const startedAt = performance.now();
  const { held, measured } = measure(scenario, size, seed);
  const seconds = (performance.now() - startedAt) / 1_000;
  say([
    scenario.name,
    scenario.promise,
    measured,
    held ? "yes" : "NO",
    String(seed),
    `${seconds.toFixed(1)} s`,
    formatBytes(Deno.memoryUsage().rss),
  ]);
  return held;
}

function measure(scenario: Scenario, size: Size, seed: number) {
  try {
    return scenario.run(size, seed);
  } catch (error) {
    return { held: false, measured: error instanceof Error ? error.message : String(error) };
  }
}

function say(cells: readonly string[]): void {
  writeText(Deno.stdout, `${formatWrappedRow(cells, WIDTHS).join("\n")}\n`);
}

/**
 * `deno task simulate --swarm N`: N runs whose sizes and faults follow from their seeds.
 *
 * @module
 */

import { EXIT_FAILURE } from "../../lib/cli/errors.ts";
import { readFlags } from "../../lib/cli/spec/flags.ts";
import { FlagReader } from "../common/flag_reader.ts";
import { formatCount } from "../../lib/format/format.js";
import { runSwarm, type SwarmRun } from "../../lib/sim/swarm.ts";

/** What to run. */
export interface SwarmOptions {
  /** Number of runs. */
  readonly count: number;
  /** Seed of the first run; that of each other is greater by one. */
  readonly seed: number;
}

const COUNT_MAX = 1_000_000;

/**
 * Reads the flags of a swarm.
 *
 * @param randomSeed the first seed if none is given.
 * @returns null if no swarm is asked for.
 * @throws {UsageError} that names the flag that is wrong, or that means nothing to a swarm.
 */
export function readSwarm(args: readonly string[], randomSeed: number): SwarmOptions | null {
  if (!args.some((arg) => arg === "--swarm" || arg.startsWith("--swarm="))) return null;
  const read = new FlagReader(
    readFlags(args, { values: ["swarm", "seed"], switches: [], positionals: [] }),
  );
  return {
    count: read.integer("swarm", 1, 1, COUNT_MAX),
    seed: read.integer("seed", randomSeed, 0, 0xffff_ffff),
  };
}

/** Runs them, prints each that broke a promise and at last the sums; returns the exit status. */
export function swarm({ count, seed }: SwarmOptions, print: (line: string) => void): number {
  let [failed, puts, gets] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    const run = runSwarm((seed + i) >>> 0);
    puts += run.puts;
    gets += run.gets;
    if (run.violations.length === 0 && run.tooFew === 0) continue;
    failed++;
    for (const line of describe(run)) print(line);
  }
  print(
    `${formatCount(count)} runs from seed ${seed}, ${formatCount(puts)} PUTs, ` +
      `${formatCount(gets)} GETs: ${failed} broke a promise`,
  );
  return failed === 0 ? 0 : EXIT_FAILURE;
}

/** What was drawn and what was broken; the first line replays the run. */
function describe({ seed, course, violations, tooFew }: SwarmRun): string[] {
  const broken = violations.map(({ promise, get, detail }) =>
    `  broken: ${promise}: GET ${get.key.slice(0, 8)} through ${get.node} at ` +
    `${Math.round(get.startedAt)} ms: ${detail}`
  );
  if (tooFew > 0) broken.push(`  broken: ${tooFew} values have too few replicas`);
  return [
    `deno task simulate --swarm 1 --seed ${seed}`,
    ...course.map((line) => `  ${line}`),
    ...broken,
  ];
}

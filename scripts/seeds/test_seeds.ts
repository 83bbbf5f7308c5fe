/**
 * Runs the random tests with many seeds each: `deno task test:seeds --help`.
 *
 * @module
 */

import { relative } from "node:path";
import { EXIT_FAILURE } from "../../lib/cli/errors.ts";
import type { Flags } from "../../lib/cli/spec/flags.ts";
import { writeLine } from "../../lib/cli/terminal/output.ts";
import type { FlagReader } from "../common/flag_reader.ts";
import { runScript, type ScriptSpec } from "../common/run_script.ts";
import { ROOT } from "../common/root.ts";
import { findRandomTests, loadTests, type RunOptions, runWithSeeds } from "./random_tests.ts";

const USAGE = `\
Usage: deno task test:seeds [--runs N] [--only TEXT] [--seed N] [--seconds S]

Runs each test with random numbers many times, with another seed each time, and prints the seeds that
fail. SEED=... deno task test repeats one of them.

  --runs N       seeds for each test (200)
  --only TEXT    only tests whose file or name contains this
  --seed N       the first seed; the others follow it (a random one)
  --seconds S    time after which a test gets no further seed (no limit)
`;

const SCRIPT: ScriptSpec = {
  name: "test:seeds",
  usage: USAGE,
  values: ["runs", "only", "seed", "seconds"],
};

if (import.meta.main) Deno.exit(await runScript(SCRIPT, main));

async function main(read: FlagReader, flags: Flags): Promise<number> {
  const [random] = crypto.getRandomValues(new Uint32Array(1));
  const options = {
    seed: read.integer("seed", random!, 0, 0xffff_ffff),
    runs: read.integer("runs", 200, 1, 1_000_000),
    secondsMax: read.number("seconds", Infinity, 0, 1e6),
  };
  return await runAll(options, flags.values.get("only") ?? "") ? 0 : EXIT_FAILURE;
}

/** Runs what is wanted, and prints a line for each random test. Returns whether nothing failed. */
async function runAll(options: RunOptions, only: string): Promise<boolean> {
  writeLine(Deno.stdout, `deno task test:seeds --seed ${options.seed} --runs ${options.runs}`);
  let [tests, runs, failures] = [0, 0, 0];
  for (const path of findRandomTests()) {
    const file = relative(ROOT, path);
    for (const test of await loadTests(path)) {
      if (!`${file}: ${test.name}`.includes(only)) continue;
      const result = await runWithSeeds(test, options);
      if (!result) continue;
      tests++;
      runs += result.runs;
      failures += result.failed.length;
      const time = `${result.seconds.toFixed(1)} s`;
      const counts = `${result.failed.length} of ${result.runs} failed, ${time}`;
      writeLine(Deno.stdout, `${file}: ${test.name}: ${counts}`);
      for (const { seed, error } of result.failed) {
        writeLine(Deno.stdout, `  SEED=${seed}: ${firstLine(error)}`);
      }
    }
  }
  writeLine(Deno.stdout, `${tests} tests, ${runs} runs, ${failures} failed`);
  return failures === 0;
}

function firstLine(error: unknown): string {
  return String(error).split("\n", 1)[0]!;
}

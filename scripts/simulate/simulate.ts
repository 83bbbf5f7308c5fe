/**
 * A simulated network under faults: `deno task simulate --help`.
 *
 * @module
 */

import { EXIT_FAILURE, EXIT_USAGE, UsageError } from "../../lib/cli/errors.ts";
import { writeLine, writeText } from "../../lib/cli/terminal/output.ts";
import { runCourse } from "./course.ts";
import { formatCommand, readOptions, type SimulateOptions, USAGE } from "./simulate_flags.ts";
import { readSwarm, swarm } from "./swarm.ts";
import { RunMeter } from "./run_meter.ts";
import { renderPage } from "./report/page.ts";
import type { Effort, Results } from "./results.ts";
import { formatResults, toJson } from "./format_results.ts";

if (import.meta.main) Deno.exit(main(Deno.args));

/** Runs one simulation; returns the exit status. */
function main(args: readonly string[]): number {
  try {
    const randomSeed = crypto.getRandomValues(new Uint32Array(1))[0]!;
    const asked = readSwarm(args, randomSeed);
    if (asked) return swarm(asked, (line) => writeLine(Deno.stdout, line));
    const options = readOptions(args, randomSeed);
    if (!options) {
      writeText(Deno.stdout, USAGE);
      return 0;
    }
    writeLine(options.json ? Deno.stderr : Deno.stdout, formatCommand(options));
    // Better to know at once than after hours that the file cannot be written.
    if (options.report !== null) Deno.writeTextFileSync(options.report, "");
    const { results, effort } = simulate(options);
    if (options.report !== null) {
      Deno.writeTextFileSync(options.report, renderPage(options, results, effort));
    }
    const text = options.json
      ? JSON.stringify(toJson(options, results, effort), null, 2)
      : `\n${formatResults(results, effort).join("\n")}`;
    writeText(Deno.stdout, `${text}\n`);
    return 0;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    writeLine(Deno.stderr, `simulate: ${message}`);
    return error instanceof UsageError ? EXIT_USAGE : EXIT_FAILURE;
  }
}

function simulate(options: SimulateOptions): { results: Results; effort: Effort } {
  using progress = new RunMeter();
  const results = runCourse(options, progress);
  return { results, effort: progress.effort };
}

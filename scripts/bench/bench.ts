/**
 * What real networks of nodes take, alone and beside others: `deno task bench --help`.
 *
 * @module
 */

import { EXIT_FAILURE, EXIT_USAGE, UsageError } from "../../lib/cli/errors.ts";
import { writeLine, writeText } from "../../lib/cli/terminal/output.ts";
import { measureCold } from "./runs/cold.ts";
import {
  type Contender,
  HYPERDHT,
  keptContender,
  LIBP2P,
  OPENDHT,
  ownContender,
  runOnce,
  unpooledContender,
} from "./peers/contenders.ts";
import { measureDisturbed } from "./runs/disturb.ts";
import { formatGoals, formatPooling } from "./peers/goals.ts";
import { type BenchOptions, readOptions, replicasAt, USAGE } from "./bench_flags.ts";
import { preparePeers } from "./peers/harness.ts";
import type { FailedBenchRun, RunResult } from "./report/run_result.ts";
import { measureStart } from "./runs/start_time.ts";
import { formatTables, type Group, groupRuns } from "./report/tables.ts";

/** Replicas that each peer makes of a value, where there are nodes enough. */
const REPLICAS: Readonly<Record<string, number>> = { [HYPERDHT.id]: 20, [OPENDHT.id]: 8 };

if (import.meta.main) Deno.exit(await main(Deno.args));

/** Measures what is asked for; returns the exit status. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const options = readOptions(args);
    if (!options) {
      writeText(Deno.stdout, USAGE);
      return 0;
    }
    switch (options.measurement) {
      case "work":
        return await work(options);
      case "cold":
        return await measureCold(options, say);
      case "disturb":
        return await measureDisturbed(options, say);
      case "start":
        return await measureStart(options, say);
    }
  } catch (error) {
    writeLine(Deno.stderr, `bench: ${error instanceof Error ? error.message : String(error)}`);
    return error instanceof UsageError ? EXIT_USAGE : EXIT_FAILURE;
  }
}

/** Runs all contenders in turn, round by round; the exit status is 0 if every operation succeeded. */
async function work(options: BenchOptions): Promise<number> {
  if (options.besidePeers) await preparePeers();
  const { processes, proofOfWorkBits, valueBytes } = options.run;
  if (!options.json) {
    say(
      `Values of ${valueBytes} bytes, proof of work of ${proofOfWorkBits} bits, ` +
        (processes ? "a process for each node" : "all nodes and the driver in one process"),
    );
  }
  const runs: (RunResult | FailedBenchRun)[] = [];
  for (let round = 1; round <= options.rounds; round++) {
    for (const nodes of options.nodes) {
      for (const contender of contendersAt(nodes, options)) {
        if (Deno.stderr.isTerminal()) {
          writeLine(
            Deno.stderr,
            `round ${round} of ${options.rounds}: ${contender.id}, ${nodes} nodes`,
          );
        }
        const replication = replicasAt(nodes, options);
        const result = await runOnce(contender, {
          ...options.run,
          nodes,
          replication,
          seed: round,
        });
        runs.push(result);
        if (options.json) say(JSON.stringify(result));
      }
    }
  }
  return report(runs, options);
}

function contendersAt(nodes: number, options: BenchOptions): Contender[] {
  const most = replicasAt(nodes, options);
  if (!options.run.pooling) return [ownContender(most), unpooledContender(most)];
  if (options.besideKept) return [ownContender(most), keptContender(most)];
  if (!options.besidePeers) return [ownContender(most)];
  const peers = [HYPERDHT, OPENDHT, ...options.withLibp2p ? [LIBP2P] : []];
  const counts = new Set(peers.map((peer) => replicasLike(peer.id, nodes, options)));
  return [...[...counts].map(ownContender), ...peers];
}

/** The number of replicas at which this project is compared with a peer. */
function replicasLike(peer: string, nodes: number, options: BenchOptions): number {
  const most = replicasAt(nodes, options);
  return options.replication ?? Math.min(REPLICAS[peer] ?? most, most);
}

/** Prints tables of what was measured; returns the exit status. */
function report(runs: readonly (RunResult | FailedBenchRun)[], options: BenchOptions): number {
  const done = runs.filter((run): run is RunResult => !("failed" in run));
  const failed = runs.filter((run): run is FailedBenchRun => "failed" in run);
  if (!options.json) {
    const groups = groupRuns(done);
    for (const line of formatTables(groups)) say(line);
    if (!options.run.pooling) { for (const line of ["", ...formatPooling(groups)]) say(line); }
    if (options.besidePeers) {
      say("");
      const partner = ({ id, nodes }: Group) =>
        groups.find((own) =>
          own.nodes === nodes && own.id === ownContender(replicasLike(id, nodes, options)).id
        );
      for (const line of formatGoals(groups, partner)) say(line);
    }
  }
  for (const { id, nodes, reason } of failed) {
    writeLine(Deno.stderr, `bench: ${id}, ${nodes} nodes: ${reason}`);
  }
  const own = done.filter(({ peer }) => peer === "voidkad");
  const isWhole = own.every((run) =>
    [run.put_c1, run.get_c1, run.put_c32, run.get_c32].every(({ success_rate }) =>
      success_rate === 1
    )
  );
  return isWhole && failed.length === 0 ? 0 : EXIT_FAILURE;
}

function say(line: string): void {
  writeLine(Deno.stdout, line);
}

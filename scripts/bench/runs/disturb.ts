/**
 * GETs while one node is frozen (SIGSTOP) and one leaves, beside those of the same network before.
 *
 * @module
 */

import { programOf } from "../../common/node_process.ts";
import { formatTable } from "../../../lib/format/table.ts";
import { ManyProcesses } from "../networks/many_processes.ts";
import { type BenchOptions, replicasAt } from "../bench_flags.ts";
import type { PhaseResult } from "../report/run_result.ts";
import { untilSignal } from "../signals.ts";
import { formatFigure } from "../report/statistics.ts";
import { Work } from "./work.ts";

const FROZEN = 1;
const LEAVING = 2;
const RATIO_MAX = 10;

/** Measures and prints; returns the exit status, 0 if all was found. */
export async function measureDisturbed(
  options: BenchOptions,
  say: (line: string) => void,
): Promise<number> {
  let isWhole = true;
  for (const nodes of options.nodes) {
    for (let round = 1; round <= options.rounds; round++) {
      await using network = new ManyProcesses({
        nodes,
        replication: replicasAt(nodes, options),
        proofOfWorkBits: options.run.proofOfWorkBits,
        program: programOf(options.run.binary ?? undefined),
      });
      const phases = await untilSignal(runBoth(network, options, round));
      isWhole &&= phases.every(({ success_rate }) => success_rate === 1);
      report(nodes, phases, options, say);
    }
  }
  return isWhole ? 0 : 1;
}

/** The GETs before, and those during. */
async function runBoth(
  network: ManyProcesses,
  { run }: BenchOptions,
  seed: number,
): Promise<[PhaseResult, PhaseResult]> {
  await network.start();
  const work = new Work(network, { ...run, seed });
  await work.warmUp();
  const [, before] = await work.put(run.operations, 1);
  const undisturbed = await work.get(before, 1);
  const [, during] = await work.put(run.operations, 1);
  const disturbed = await work.get(during, 1, {
    isReader: (node) => node !== FROZEN && node !== LEAVING,
    onReady: () => {
      network.processOf(FROZEN).signal("SIGSTOP");
      network.leave(LEAVING);
    },
  });
  return [undisturbed, disturbed];
}

function report(
  nodes: number,
  [before, during]: [PhaseResult, PhaseResult],
  { json }: BenchOptions,
  say: (line: string) => void,
): void {
  if (json) {
    say(JSON.stringify({ peer: "voidkad", mode: "disturb", nodes, before, during }));
    return;
  }
  const row = (name: string, result: PhaseResult) => [
    name,
    ...[result.ops_per_s, result.p50_ms, result.p99_ms, result.max_ms].map((figure) =>
      formatFigure(figure ?? NaN)
    ),
    String(result.success_rate),
  ];
  const lines = formatTable([
    [`GET, ${nodes} nodes`, "ops/s", "p50 ms", "p99 ms", "max ms", "ok"],
    row("undisturbed", before),
    row("one frozen, one leaves", during),
  ]);
  for (const line of lines) say(line);
  const ratio = during.p99_ms! / before.p99_ms!;
  say(`p99: ${formatFigure(ratio)} times the undisturbed one; the goal is at most ${RATIO_MAX}`);
}

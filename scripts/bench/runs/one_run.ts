/**
 * One run of one network in a process of its own, so that memory starts from nothing: prints the result
 * as one JSON object. Its argument says what to do, as JSON.
 *
 * @module
 */

import { NODE_OPTIONS_DEFAULT } from "../../../lib/node/options.ts";
import { programOf } from "../../common/node_process.ts";
import type { BenchNetwork } from "../networks/measured_network.ts";
import { ManyProcesses } from "../networks/many_processes.ts";
import type { BenchRunOptions } from "../bench_flags.ts";
import { OwnProcessNetwork } from "../networks/own_process.ts";
import type { RunResult } from "../report/run_result.ts";
import { untilSignal } from "../signals.ts";
import { doWork } from "./work.ts";

/** Makes the network that the options describe; it is not started yet. */
async function prepareNetwork(options: BenchRunOptions): Promise<BenchNetwork> {
  const { nodes, replication, proofOfWorkBits, pooling, binary, keeps } = options;
  if (options.processes) {
    const program = programOf(binary ?? undefined);
    return new ManyProcesses({ nodes, replication, proofOfWorkBits, program, keeps });
  }
  const node = { ...NODE_OPTIONS_DEFAULT, proofOfWorkBits };
  return await OwnProcessNetwork.prepare({ nodes, replication, node, pooling });
}

async function run(options: BenchRunOptions): Promise<RunResult> {
  await using network = await prepareNetwork(options);
  const result = await untilSignal(doWork(network, options));
  return {
    id: "voidkad",
    peer: "voidkad",
    mode: modeOf(options),
    ...result,
    runtime: `deno ${Deno.version.deno}`,
    versions: {},
    replication: options.replication,
    proof_of_work_bits: options.proofOfWorkBits,
  };
}

function modeOf({ processes, keeps, pooling }: BenchRunOptions): string | null {
  if (processes) return keeps ? "processes, kept" : "processes";
  return pooling ? null : "no pooling";
}

if (import.meta.main) {
  try {
    console.log(JSON.stringify(await run(JSON.parse(Deno.args[0]!))));
    Deno.exit(0);
  } catch (error) {
    console.error((error as Error).message);
    Deno.exit(1);
  }
}

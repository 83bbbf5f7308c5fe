/**
 * The systems that are measured: each run is a process that prints its result as the last line, a JSON object.
 *
 * @module
 */

import { DENO_RUN } from "../../common/deno_run.ts";
import { ROOT } from "../../common/root.ts";
import { PEERS_FOLDER, pythonWithOpenDht } from "./harness.ts";
import type { BenchRunOptions } from "../bench_flags.ts";
import type { FailedBenchRun, RunResult } from "../report/run_result.ts";
import { untilSignal } from "../signals.ts";

/** What ends a run that hangs. */
const LIMIT_MS = 15 * 60_000;
const STDERR_SHOWN = 300;

/** One whose runs can be compared with others'. */
export interface Contender {
  /** How its rows are called. */
  readonly id: string;
  /** The command of one run. */
  command(options: BenchRunOptions): readonly string[];
}

/** This project, with this many replicas of each value. */
export function ownContender(replication: number): Contender {
  return own(`voidkad R=${replication}`, { replication });
}

/** The same without pools of connections. */
export function unpooledContender(replication: number): Contender {
  return own(`voidkad R=${replication}, no pooling`, { replication, pooling: false });
}

/** The same with values on the disk. */
export function keptContender(replication: number): Contender {
  return own(`voidkad R=${replication}, kept`, { replication, keeps: true });
}

function own(id: string, changes: Partial<BenchRunOptions>): Contender {
  return {
    id,
    command: (options) => [
      Deno.execPath(),
      ...DENO_RUN,
      ...["--allow-all", "--v8-flags=--expose-gc"],
      `${ROOT}scripts/bench/runs/one_run.ts`,
      JSON.stringify({ ...options, pooling: true, ...changes }),
    ],
  };
}

/** The flags that all peers take. */
function peerFlags({ nodes, operations, warmUp, valueBytes, seed }: BenchRunOptions): string[] {
  const flags = { n: nodes, ops: operations, warm: warmUp, size: valueBytes, seed };
  return Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
}

/** A peer that Node runs. */
function nodePeer(id: string, script: string, operationsMax = Infinity): Contender {
  return {
    id,
    command: (options) => {
      const operations = Math.min(options.operations, operationsMax);
      const warmUp = Math.min(options.warmUp, operationsMax);
      const flags = peerFlags({ ...options, operations, warmUp });
      return [nodeBinary(), "--expose-gc", script, ...flags];
    },
  };
}

/** HyperDHT, with values under their hash. */
export const HYPERDHT = nodePeer("hyperdht", "bench_hyperdht.mjs");
/** js-libp2p: slow, so only its bring-up is measured. */
export const LIBP2P = nodePeer("libp2p-kad-dht", "bench_libp2p.mjs", 10);
/** OpenDHT, from its Python binding. */
export const OPENDHT: Contender = {
  id: "opendht",
  command: (options) => [pythonWithOpenDht(), "bench_opendht.py", ...peerFlags(options)],
};

/** The Node that comes with the peers, if its package was installed whole. */
function nodeBinary(): string {
  const own = `${PEERS_FOLDER}/node_modules/.bin/node`;
  try {
    Deno.statSync(own);
    return own;
  } catch {
    return "node";
  }
}

/** Runs a contender once. */
export async function runOnce(
  contender: Contender,
  options: BenchRunOptions,
): Promise<RunResult | FailedBenchRun> {
  const { id } = contender;
  const isOwn = id.startsWith("voidkad");
  const [command, ...args] = contender.command(options);
  const child = new Deno.Command(command!, {
    args,
    ...isOwn ? {} : { cwd: PEERS_FOLDER },
    stdin: "null",
    stdout: "piped",
    // Ours shows its progress there itself.
    stderr: isOwn ? "inherit" : "piped",
  }).spawn();
  const stop = () => child.kill(isOwn ? "SIGTERM" : "SIGKILL");
  const timer = setTimeout(stop, LIMIT_MS);
  try {
    const { code, stdout, stderr } = await untilSignal(outputOf(child, isOwn), stop);
    const line = stdout.trim().split("\n").at(-1) ?? "";
    if (code === 0 && line.startsWith("{")) return { ...JSON.parse(line), id };
    const reason = stderr.trim().slice(-STDERR_SHOWN) || `it ends with status ${code}`;
    return { id, nodes: options.nodes, failed: true, reason };
  } finally {
    clearTimeout(timer);
    await child.status;
  }
}

async function outputOf(child: Deno.ChildProcess, isOwn: boolean) {
  const stderr = isOwn ? Promise.resolve("") : new Response(child.stderr).text();
  const stdout = new Response(child.stdout).text();
  const { code } = await child.status;
  return { code, stdout: await stdout, stderr: await stderr };
}

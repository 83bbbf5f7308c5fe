/**
 * The flags of `deno task bench`, and what they mean.
 *
 * @module
 */

import { UsageError } from "../../lib/cli/errors.ts";
import { readFlags } from "../../lib/cli/spec/flags.ts";
import {
  BUCKET_SIZE_DEFAULT,
  PROOF_OF_WORK_BITS_DEFAULT,
  PROOF_OF_WORK_BITS_MAX,
  VALUE_BYTES_MAX,
} from "../../lib/core/limits.ts";
import { FlagReader } from "../common/flag_reader.ts";

/** One network and its work; also the argument of the process of a run. */
export interface BenchRunOptions {
  readonly nodes: number;
  /** Whether each node has a process of its own. */
  readonly processes: boolean;
  /** A compiled voidkad to run in these processes; null for `main.ts`. */
  readonly binary: string | null;
  readonly operations: number;
  readonly warmUp: number;
  readonly valueBytes: number;
  readonly replication: number;
  readonly proofOfWorkBits: number;
  readonly pooling: boolean;
  /** Whether nodes keep values on the disk, as they do by default. */
  readonly keeps: boolean;
  readonly seed: number;
}

/** What to measure. */
export type Measurement = "work" | "cold" | "disturb" | "start";

/** All options. */
export interface BenchOptions {
  readonly measurement: Measurement;
  readonly nodes: readonly number[];
  readonly rounds: number;
  /** Replicas that each PUT asks for; null for as many as leave one node besides to read through. */
  readonly replication: number | null;
  readonly run: Omit<BenchRunOptions, "nodes" | "replication" | "seed">;
  readonly besidePeers: boolean;
  /** Whether nodes that keep values on the disk are measured beside those that do not. */
  readonly besideKept: boolean;
  readonly withLibp2p: boolean;
  readonly json: boolean;
}

/** The text of `--help`. */
export const USAGE = `\
Usage: deno task bench [flags]

Brings up networks of real nodes over real TLS on loopback, puts and gets values through their module API,
and prints what that takes: the same work as that of the other systems.

  --nodes N,...             nodes of each network (10,30)
  --rounds N                runs of each; the tables show medians and ranges (3)
  --ops N                   PUTs and GETs per phase (500)
  --warm N                  PUTs and GETs before the first phase (100)
  --size BYTES              of the values (256)
  --replication R           replicas of each value (8 at 10 nodes, 20 at 30: the number of nodes less 2, at most 20)
  --proof-of-work-bits BITS (${PROOF_OF_WORK_BITS_DEFAULT}, as nodes have it by default)
  --processes               a process for each node, and one for the driver; else all are in one
    --binary FILE           the compiled voidkad that these run, instead of main.ts
    --beside-kept           beside it, nodes that keep their values on the disk
  --no-pooling              beside it, a connection between nodes for each request (minutes; --ops 100: less)
  --json                    the results as JSON, one object for each run, in the fields of their harness

Beside others, in turn in one go, with ratios of medians:
  --beside-peers            HyperDHT and OpenDHT, from scripts/bench/peers/harness
    --with-libp2p           and js-libp2p, which takes minutes; brought up, and put to 10 operations
                            (copied to the folder of caches, made ready there by npm ci; OpenDHT needs
                            the package python3-opendht)

Instead of the work:
  --cold                    the first GETs of nodes that have just joined, and later ones (100 nodes, --processes)
  --disturb                 GETs while one node is frozen and one leaves (30 nodes, --processes)
  --start                   start of the compiled binary, beside a compiled Deno.serve (20 rounds);
                            the variable DENORT_BIN may name the runtime to compile with

What counts: the clock of a bring-up runs from the first node's start until each knows 8 others, or all;
certificates are prepared, since a node makes its own only once. Requests are sent on one kept
connection per node to the module API. PUT has no answer there. With all nodes in one process, it ends when
the node that took it reports to its API server that all replicas have acknowledged, and counts only then;
"acks" includes that node itself where it is one of them.
With --processes, each PUT has a connection of its own, which the node closes when the PUT has ended, and
the replicas are counted afterwards by asking every node. A GET goes to a random node that neither put the
value nor holds it; each value is read once, and every byte is compared. Processor time is that of all
nodes and the driver. "pairs" counts ordered pairs of nodes of which one has asked the other: connections
have a direction.
`;

const EXPERIMENTS = ["cold", "disturb", "start"] as const;
const VALUES = [
  "nodes",
  "rounds",
  "ops",
  "warm",
  "size",
  "replication",
  "proof-of-work-bits",
  "binary",
] as const;
const SWITCHES = [
  "processes",
  "pooling",
  "json",
  "beside-kept",
  "beside-peers",
  "with-libp2p",
  ...EXPERIMENTS,
] as const;
const NODES_MAX = 1_000;
const OPERATIONS_MAX = 1_000_000;
const NODES_DEFAULT: Readonly<Record<Measurement, string>> = {
  work: "10,30",
  cold: "100",
  disturb: "30",
  start: "1",
};

/**
 * Reads the flags.
 *
 * @returns null if help is asked for.
 * @throws {UsageError} that names the flag that is wrong.
 */
export function readOptions(args: readonly string[]): BenchOptions | null {
  const flags = readFlags(args, { values: VALUES, switches: SWITCHES, positionals: [] });
  if (flags.help) return null;
  const read = new FlagReader(flags);
  const measurement = readMeasurement(read);
  const isWork = measurement === "work";
  const options: BenchOptions = {
    measurement,
    nodes: readNodes(flags.values.get("nodes") ?? NODES_DEFAULT[measurement]),
    rounds: read.integer("rounds", measurement === "start" ? 20 : isWork ? 3 : 1, 1, 1_000),
    replication: flags.values.has("replication")
      ? read.integer("replication", 0, 1, BUCKET_SIZE_DEFAULT)
      : null,
    run: {
      processes: read.isOn("processes"),
      binary: flags.values.get("binary") ?? null,
      operations: read.integer("ops", 500, 1, OPERATIONS_MAX),
      warmUp: read.integer("warm", 100, 0, OPERATIONS_MAX),
      valueBytes: read.integer("size", 256, 1, VALUE_BYTES_MAX),
      proofOfWorkBits: read.integer(
        "proof-of-work-bits",
        PROOF_OF_WORK_BITS_DEFAULT,
        0,
        PROOF_OF_WORK_BITS_MAX,
      ),
      pooling: flags.values.get("pooling") !== "false",
      keeps: false,
    },
    besidePeers: read.isOn("beside-peers"),
    besideKept: read.isOn("beside-kept"),
    withLibp2p: read.isOn("with-libp2p"),
    json: read.isOn("json"),
  };
  checkTogether(options);
  return options;
}

/** The replicas that each PUT of a network of this size asks for. */
export function replicasAt(nodes: number, { replication }: BenchOptions): number {
  return Math.min(replication ?? Math.max(1, nodes - 2), BUCKET_SIZE_DEFAULT);
}

function readMeasurement(read: FlagReader): Measurement {
  const asked = EXPERIMENTS.filter((name) => read.isOn(name));
  if (asked.length > 1) throw new UsageError(`--${asked[0]}: not together with --${asked[1]}`);
  return asked[0] ?? "work";
}

function readNodes(text: string): number[] {
  return text.split(",").map((part) => {
    const nodes = Number(part);
    if (/^\d+$/.test(part) && nodes >= 3 && nodes <= NODES_MAX) return nodes;
    if (text === NODES_DEFAULT.start) return nodes;
    throw new UsageError(`--nodes: "${part}" is not a number between 3 and ${NODES_MAX}`);
  });
}

function checkTogether(options: BenchOptions): void {
  const { measurement, nodes, replication, run, besidePeers, besideKept, withLibp2p } = options;
  const { processes, binary, pooling } = run;
  if ((measurement === "cold" || measurement === "disturb") && !processes) {
    throw new UsageError(`--${measurement}: it needs --processes too`);
  }
  if (binary !== null && !processes) throw new UsageError("--binary: it needs --processes too");
  if (besideKept && (!processes || measurement !== "work")) {
    throw new UsageError("--beside-kept: it needs --processes, and the work");
  }
  if (processes && !pooling) throw new UsageError("--no-pooling: not together with --processes");
  if (besidePeers && (processes || measurement !== "work")) {
    throw new UsageError("--beside-peers: the peers have all nodes in one process, so must these");
  }
  if (besidePeers && !pooling) {
    throw new UsageError("--no-pooling: not together with --beside-peers");
  }
  if (withLibp2p && !besidePeers) {
    throw new UsageError("--with-libp2p: it needs --beside-peers too");
  }
  const fewest = Math.min(...nodes);
  if (replication !== null && replication > fewest - 1) {
    throw new UsageError(
      `--replication: of ${fewest} nodes, one has to be left to read through: at most ${
        fewest - 1
      }`,
    );
  }
}

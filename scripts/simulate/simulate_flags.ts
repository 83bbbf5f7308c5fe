/**
 * The flags of `deno task simulate`, and what they mean.
 *
 * @module
 */

import { BUCKET_SIZE_MAX, PARALLELISM_MAX, PREFIX_LENGTH_MAX } from "../../lib/core/limits.ts";
import { UsageError } from "../../lib/cli/errors.ts";
import { type Flags, readFlags } from "../../lib/cli/spec/flags.ts";
import { NODE_OPTIONS_DEFAULT } from "../../lib/node/options.ts";
import { ADVERSARY_KINDS, type AdversaryKind } from "../../lib/sim/faults/conspiracy.ts";
import { LATENCY_PROFILES } from "../../lib/sim/faults/latency.ts";
import { FlagReader } from "../common/flag_reader.ts";

/** What is simulated. */
export interface SimulateOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly values: number;
  readonly hours: number;
  readonly prefixLength: number;
  readonly bucketSize: number;
  readonly parallelism: number;
  readonly replication: number;
  readonly ttlSeconds: number;
  readonly republishSeconds: number;
  readonly latency: LatencyName;
  /** Shares are from 0 to 1. */
  readonly lossShare: number;
  readonly slowShare: number;
  readonly skewSeconds: number;
  readonly adversaryShare: number;
  readonly adversaryKind: AdversaryKind;
  readonly killShare: number;
  readonly frozenShare: number;
  /** 0 for none. */
  readonly partitionMinutes: number;
  /** Median session; 0 if all stay. */
  readonly churnMinutes: number;
  readonly churnShape: number;
  readonly churnKilledShare: number;
  readonly throughCodec: boolean;
  readonly seededTables: boolean;
  /** File of the report page, or null. */
  readonly report: string | null;
  readonly json: boolean;
}

/** A latency profile's name. */
export type LatencyName = keyof typeof LATENCY_PROFILES;

/** The text of `--help`. */
export const USAGE = `\
Usage: deno task simulate [flags]

Simulates a network of voidkad nodes on virtual time: nodes join, values are put and got, faults begin,
and values are got all the time for some hours more. The same flags and seed replay the same run.

  --nodes N                 nodes (1000)
  --values N                values put through random nodes (1000)
  --hours H                 virtual hours after the faults have begun (1; 0 for none)
  --seed N                  seed of all that is random (a random one)
  --seeded-tables           fill routing tables directly instead of joining, for very many nodes
  --without-codec           hand messages over as they are: half the time, for very many nodes

Nodes:
  --prefix-length BITS (1)   --bucket-size K (20)   --parallelism ALPHA (3)   --replication R (20)
  --ttl SECONDS              lifetime of the values (86400)
  --republish-interval SECONDS (3600)

The network:
  --latency lan|internet (internet)   --loss SHARE   --slow SHARE   --skew SECONDS
  --adversaries SHARE       --adversary-kind ${ADVERSARY_KINDS.join("|")} (collude)

Faults that begin when all values are put:
  --churn MINUTES           median session; others join to match
    --churn-shape SHAPE     of the Weibull distribution (1: exponential)
    --churn-killed SHARE    sessions that end by a crash (0.5); the others end in order
  --kill SHARE              at once
  --frozen SHARE            take everything and answer nothing
  --partition MINUTES       two halves, then healed

Results:
  --report FILE.html        one page with plots, which needs no network
  --json                    the results as JSON

Instead of all these:
  --swarm N                 N runs with sizes and faults drawn from their seeds, each judged by what clients
                            put and got; the first has the seed of --seed, each other one more

Shares are between 0 and 1:
  deno task simulate --nodes 1000 --churn 60 --hours 24 --report churn.html
  deno task simulate --nodes 10000 --values 10000 --hours 0 --kill 0.5 --seed 7
`;

const VALUES = [
  "nodes",
  "values",
  "hours",
  "seed",
  "prefix-length",
  "bucket-size",
  "parallelism",
  "replication",
  "ttl",
  "republish-interval",
  "latency",
  "loss",
  "slow",
  "skew",
  "adversaries",
  "adversary-kind",
  "churn",
  "churn-shape",
  "churn-killed",
  "kill",
  "frozen",
  "partition",
  "report",
] as const;
const SWITCHES = ["seeded-tables", "without-codec", "json"] as const;
const LATENCY_NAMES = Object.keys(LATENCY_PROFILES) as LatencyName[];
const SHARE_MAX = 0.999;
const DAY_SECONDS = 86_400;

/**
 * Reads the flags.
 *
 * @param randomSeed the seed if none is given.
 * @returns null if help is asked for.
 * @throws {UsageError} that names the flag that is wrong.
 */
export function readOptions(args: readonly string[], randomSeed: number): SimulateOptions | null {
  const flags = readFlags(args, { values: VALUES, switches: SWITCHES, positionals: [] });
  if (flags.help) return null;
  const read = new FlagReader(flags);
  const standard = NODE_OPTIONS_DEFAULT;
  const bucketSize = read.integer("bucket-size", standard.bucketSize, 1, BUCKET_SIZE_MAX);
  const options: SimulateOptions = {
    seed: read.integer("seed", randomSeed, 0, 0xffff_ffff),
    nodes: read.integer("nodes", 1_000, 1, 1_000_000),
    values: read.integer("values", 1_000, 1, 10_000_000),
    hours: read.number("hours", 1, 0, 24 * 365),
    prefixLength: read.integer("prefix-length", standard.prefixLength, 1, PREFIX_LENGTH_MAX),
    bucketSize,
    parallelism: read.integer("parallelism", standard.parallelism, 1, PARALLELISM_MAX),
    replication: read.integer(
      "replication",
      Math.min(standard.replication, bucketSize),
      1,
      bucketSize,
    ),
    ttlSeconds: read.integer("ttl", DAY_SECONDS, 1, 49 * DAY_SECONDS),
    republishSeconds: read.integer(
      "republish-interval",
      standard.republishIntervalMs / 1_000,
      1,
      DAY_SECONDS,
    ),
    latency: read.choice("latency", LATENCY_NAMES, "internet"),
    lossShare: read.number("loss", 0, 0, SHARE_MAX),
    slowShare: read.number("slow", 0, 0, 1),
    skewSeconds: read.number("skew", 0, 0, DAY_SECONDS),
    adversaryShare: read.number("adversaries", 0, 0, SHARE_MAX),
    adversaryKind: read.choice("adversary-kind", ADVERSARY_KINDS, "collude"),
    killShare: read.number("kill", 0, 0, SHARE_MAX),
    frozenShare: read.number("frozen", 0, 0, SHARE_MAX),
    partitionMinutes: read.number("partition", 0, 0, 60 * 24 * 365),
    churnMinutes: read.number("churn", 0, 0, 60 * 24 * 365),
    churnShape: read.number("churn-shape", 1, 0.1, 10),
    churnKilledShare: read.number("churn-killed", 0.5, 0, 1),
    throughCodec: !read.isOn("without-codec"),
    seededTables: read.isOn("seeded-tables"),
    report: flags.values.get("report") ?? null,
    json: read.isOn("json"),
  };
  checkTogether(flags, options);
  return options;
}

/** The command line that replays a run, with every option; without where results go. */
export function formatCommand(options: SimulateOptions): string {
  const {
    adversaryShare,
    churnMinutes,
    throughCodec,
    seededTables,
  } = options;
  const values: [name: string, value: string | number, isShown?: boolean][] = [
    ["seed", options.seed],
    ["nodes", options.nodes],
    ["values", options.values],
    ["hours", options.hours],
    ["prefix-length", options.prefixLength],
    ["bucket-size", options.bucketSize],
    ["parallelism", options.parallelism],
    ["replication", options.replication],
    ["ttl", options.ttlSeconds],
    ["republish-interval", options.republishSeconds],
    ["latency", options.latency],
    ["loss", options.lossShare],
    ["slow", options.slowShare],
    ["skew", options.skewSeconds],
    ["kill", options.killShare],
    ["frozen", options.frozenShare],
    ["partition", options.partitionMinutes],
    ["adversaries", adversaryShare],
    ["adversary-kind", options.adversaryKind, adversaryShare > 0],
    ["churn", churnMinutes],
    ["churn-shape", options.churnShape, churnMinutes > 0],
    ["churn-killed", options.churnKilledShare, churnMinutes > 0],
  ];
  const words = values.filter(([, , isShown]) => isShown ?? true)
    .map(([name, value]) => `--${name} ${value}`);
  if (!throughCodec) words.push("--without-codec");
  if (seededTables) words.push("--seeded-tables");
  return `deno task simulate ${words.join(" ")}`;
}

/** Flags that mean nothing without another. */
const NEEDS: Readonly<Record<string, string>> = {
  "adversary-kind": "adversaries",
  "churn-shape": "churn",
  "churn-killed": "churn",
};

function checkTogether({ values }: Flags, { partitionMinutes, hours }: SimulateOptions): void {
  for (const [flag, needed] of Object.entries(NEEDS)) {
    if (values.has(flag) && !values.has(needed)) {
      throw new UsageError(`--${flag}: it needs --${needed} too`);
    }
  }
  if (partitionMinutes > 60 * hours) {
    throw new UsageError(
      `--partition: ${partitionMinutes} minutes are longer than --hours ${hours}`,
    );
  }
}

/**
 * The flags of `deno task chaos`.
 *
 * @module
 */

import { UsageError } from "../../lib/cli/errors.ts";
import { readFlags } from "../../lib/cli/spec/flags.ts";
import { FlagReader } from "../common/flag_reader.ts";
import { type Fault, FAULTS } from "./plan.ts";

/** What `--help` prints. */
export const USAGE = `\
Usage: deno task chaos [flags]

Starts nodes in processes of their own on loopback, puts and gets values through them all the time, lets faults
happen to them by a schedule that follows from the seed, and checks that every promise holds. Exit status 1 if one
is broken.

  --nodes N              nodes at the start (10)
  --minutes N            how long faults go on (1)
  --seed N               seed of the schedule and the values (a random one)
  --faults LIST          of ${FAULTS.join(", ")} (all)
  --at-once N            so many nodes are in trouble at a time, at most (2)
  --replication N        replicas of a value (twice that and one)
  --durability WHICH     relaxed or full (by the seed)
  --pause MS             mean time between two faults (3000)
  --down MS              longest time that a fault lasts (10000)
  --roll FAULT           instead: restart every node once, in order, by kill or stop
  --values N             values put before the first fault (100)
  --rate N               requests a second meanwhile (20)
  --binary FILE          the compiled program instead of main.ts
  --flags TEXT           more flags for every node, separated by spaces
  --logs FOLDER          where to write the log of each process, and the history
  --plan                 print the schedule, and start nothing
  --quiet                say only the result
  --help                 this text

A PUT waits until one node more has the value than may be in trouble. kill-all befalls nodes of which none is.

Examples: deno task chaos --nodes 10 --minutes 5 --seed 7
          deno task chaos --nodes 10 --roll kill --pause 10000
`;

const KNOWN = [
  ...["nodes", "minutes", "seed", "faults", "at-once", "replication", "durability", "pause"],
  ...["down", "roll", "values", "rate", "binary", "flags", "logs"],
];

/** What to do. */
export interface ChaosOptions {
  readonly nodes: number;
  readonly durationMs: number;
  readonly seed: number;
  readonly faults: readonly Fault[];
  readonly atOnce: number;
  readonly replication: number;
  readonly durability: "relaxed" | "full";
  readonly pauseMs: number;
  readonly downMsMax: number;
  readonly roll: "kill" | "stop" | null;
  readonly values: number;
  readonly rate: number;
  readonly binary: string | undefined;
  readonly flags: readonly string[];
  readonly logs: string | undefined;
  readonly planOnly: boolean;
  readonly quiet: boolean;
}

/**
 * Reads the flags; null if help is asked for.
 *
 * @throws {UsageError} that names the flag that is wrong.
 */
export function readOptions(args: readonly string[]): ChaosOptions | null {
  const flags = readFlags(args, { values: KNOWN, switches: ["plan", "quiet"], positionals: [] });
  const reader = new FlagReader(flags);
  if (flags.help) return null;
  const seed = reader.integer("seed", Math.floor(Math.random() * 1e9), 0, 0xffff_ffff);
  const atOnce = reader.integer("at-once", 2, 1, 16);
  // A PUT is acknowledged by one more than may be in trouble while as many are.
  const replication = reader.integer("replication", 2 * atOnce + 1, 2 * atOnce + 1, 128);
  const durability = reader.choice(
    "durability",
    ["relaxed", "full"],
    seed % 2 === 0 ? "relaxed" : "full",
  );
  const roll = flags.values.has("roll") ? reader.choice("roll", ["kill", "stop"], "kill") : null;
  return {
    ...{ seed, atOnce, replication, durability },
    nodes: reader.integer("nodes", 10, replication, 200),
    durationMs: 60_000 * reader.number("minutes", 1, 0, 1_200),
    faults: readFaults(flags.values.get("faults")),
    pauseMs: reader.number("pause", 3_000, 0, 600_000),
    downMsMax: reader.number("down", 10_000, 0, 600_000),
    roll,
    values: reader.integer("values", 100, 1, 100_000),
    rate: reader.number("rate", 20, 1, 1_000),
    binary: flags.values.get("binary"),
    flags: flags.values.get("flags")?.split(" ").filter((text) => text !== "") ?? [],
    logs: flags.values.get("logs"),
    planOnly: reader.isOn("plan"),
    quiet: reader.isOn("quiet"),
  };
}

function readFaults(text: string | undefined): readonly Fault[] {
  if (text === undefined) return FAULTS;
  return text.split(",").map((name) => {
    const fault = FAULTS.find((known) => known === name);
    if (fault === undefined) {
      throw new UsageError(`--faults: "${name}" is none of ${FAULTS.join(", ")}`);
    }
    return fault;
  });
}

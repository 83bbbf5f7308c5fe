/**
 * `deno task chaos`: real processes under a schedule of faults, judged by the history of what was put and got.
 *
 * @module
 */

import { reportError, UsageError } from "../../lib/cli/errors.ts";
import { readFlags } from "../../lib/cli/spec/flags.ts";
import { History } from "../../lib/sim/measure/history.ts";
import { SeededRandom } from "../../lib/sim/random/seeded_random.ts";
import { FlagReader } from "../common/flag_reader.ts";
import { programOf } from "../common/node_process.ts";
import { Fleet } from "./fleet.ts";
import { type Fault, FAULTS, Schedule } from "./schedule.ts";
import { Workload } from "./workload.ts";

const USAGE = `\
Usage: deno task chaos [flags]

Starts nodes in processes of their own on loopback, puts and gets values through them all the time, lets faults
happen to them, and checks that every promise about values holds. Exit status 1 if one is broken.

  --nodes N            nodes at the start (6)
  --seconds N          how long faults go on (60)
  --seed N             seed of all that is random (a random one)
  --faults LIST        of ${FAULTS.join(", ")} (kill,stop,freeze,join)
  --roll FAULT         instead: restart every node once, in order, by kill or stop
  --pause MS           between two faults (3000)
  --down MS            longest time that a node is down (2000)
  --values N           values put before the first fault (100)
  --replication N      replicas of a value (20)
  --rate N             requests a second meanwhile (20)
  --binary FILE        the compiled program instead of main.ts
  --flags TEXT         more flags for every node, separated by spaces
  --quiet              say only the result
  --help               this text

Example: deno task chaos --nodes 10 --roll kill --pause 10000 --replication 3
`;

const KNOWN = [
  ...["nodes", "seconds", "seed", "faults", "roll", "pause", "down", "values", "replication"],
  ...["rate", "binary", "flags"],
];
const TTL_SECONDS = 3_600;

interface ChaosOptions {
  readonly nodes: number;
  readonly seconds: number;
  readonly seed: number;
  readonly faults: readonly Fault[];
  readonly roll: "kill" | "stop" | null;
  readonly pauseMs: number;
  readonly downMsMax: number;
  readonly values: number;
  readonly replication: number;
  readonly rate: number;
  readonly binary: string | undefined;
  readonly flags: readonly string[];
  readonly quiet: boolean;
}

/** Reads the flags; null if help is asked for. */
function readOptions(args: readonly string[]): ChaosOptions | null {
  const flags = readFlags(args, { values: KNOWN, switches: ["quiet"], positionals: [] });
  const reader = new FlagReader(flags);
  if (flags.help) return null;
  const faults = (flags.values.get("faults") ?? "kill,stop,freeze,join").split(",");
  for (const fault of faults) {
    if (!FAULTS.some((known) => known === fault)) {
      throw new UsageError(`--faults: "${fault}" is none of ${FAULTS.join(", ")}`);
    }
  }
  const roll = flags.values.has("roll") ? reader.choice("roll", ["kill", "stop"], "kill") : null;
  return {
    nodes: reader.integer("nodes", 6, 2, 100),
    seconds: reader.number("seconds", 60, 0, 86_400),
    seed: reader.integer("seed", Math.floor(Math.random() * 2 ** 32), 0, 2 ** 32 - 1),
    faults: faults as Fault[],
    roll,
    pauseMs: reader.number("pause", 3_000, 0, 600_000),
    downMsMax: reader.number("down", 2_000, 0, 600_000),
    values: reader.integer("values", 100, 1, 100_000),
    replication: reader.integer("replication", 20, 1, 128),
    rate: reader.number("rate", 20, 1, 1_000),
    binary: flags.values.get("binary"),
    flags: flags.values.get("flags")?.split(" ").filter((text) => text !== "") ?? [],
    quiet: reader.isOn("quiet"),
  };
}

/** Runs it; says whether all promises held. */
async function run(options: ChaosOptions): Promise<boolean> {
  const say = options.quiet ? () => {} : console.log;
  console.log(`seed ${options.seed}, ${options.nodes} nodes`);
  const folder = await Deno.makeTempDir({ prefix: "voidkad-chaos-" });
  const history = new History();
  const random = new SeededRandom(options.seed);
  try {
    await using fleet = new Fleet({
      program: programOf(options.binary),
      folder,
      flags: options.flags,
    });
    for (let i = 0; i < options.nodes; i++) await fleet.add();
    const { replication, roll } = options;
    const workload = new Workload({ fleet, history, random, replication, ttlSeconds: TTL_SECONDS });
    await workload.fill(options.values);
    const schedule = new Schedule({ fleet, history, random: new SeededRandom(options.seed + 1) }, {
      ...{ faults: options.faults, pauseMs: options.pauseMs, downMsMax: options.downMsMax, say },
    });
    const stop = new AbortController();
    const load = workload.run(options.rate, stop.signal);
    if (roll) await schedule.rollOnce(roll);
    else await schedule.runUntil(performance.now() + 1_000 * options.seconds);
    stop.abort();
    await load;
    await workload.readAll(fleet.up.slice(0, 3));
    return report(history, workload.failed);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Prints what was broken; says whether nothing was. */
function report(history: History, failed: number): boolean {
  const violations = history.judge();
  for (const { promise, get, detail } of violations.slice(0, 20)) {
    const key = get.key.slice(0, 8);
    console.log(
      `broken: ${promise}: ${key} through ${get.node} at ${
        Math.round(get.startedAt)
      } ms: ${detail}`,
    );
  }
  console.log(
    `${history.puts} PUTs, ${history.gets} GETs, ${failed} without an answer, ` +
      `${violations.length} broken promises`,
  );
  return violations.length === 0;
}

if (import.meta.main) {
  try {
    const options = readOptions(Deno.args);
    if (!options) console.log(USAGE);
    else if (!await run(options)) Deno.exitCode = 1;
  } catch (error) {
    Deno.exitCode = reportError("chaos", error);
  }
}

/**
 * `deno task chaos`: real processes under a schedule of faults, judged by the history of what was put and got.
 *
 * @module
 */

import { reportError } from "../../lib/cli/errors.ts";
import { History, type Violation } from "../../lib/sim/measure/history.ts";
import { SeededRandom } from "../../lib/sim/random/seeded_random.ts";
import { programOf } from "../common/node_process.ts";
import { type ChaosOptions, readOptions, USAGE } from "./chaos_flags.ts";
import { Fleet } from "./fleet.ts";
import { findMeans, type Means, removeClockTraces, whatLacks } from "./means.ts";
import { describeStep, drawPlan, type Step } from "./plan.ts";
import { Schedule } from "./schedule.ts";
import { Workload } from "./workload.ts";

/** After the last fault, by when every node is to be well again. */
const HEALTHY_MS = 60_000;
/** As of a program that SIGINT ends. */
const EXIT_INTERRUPTED = 130;
/** Lines about broken promises that are printed, the first ones. */
const LINES_MAX = 30;

/** Runs it; says whether all promises held. */
async function run(options: ChaosOptions): Promise<boolean> {
  const { seed, nodes, atOnce, replication, durability, faults, roll } = options;
  const say = options.quiet ? () => {} : console.log;
  console.log(
    `seed ${seed}: ${nodes} nodes, ${replication} replicas, durability ${durability}, ` +
      `at most ${atOnce} in trouble at once`,
  );
  const means = await findMeans();
  const plan = roll ? [] : drawPossible(options, means);
  for (const step of plan) {
    say(`${(step.atMs / 1_000).toFixed(1).padStart(6)} s  ${describeStep(step)}`);
  }
  if (options.planOnly) return true;
  const isDrawn = (fault: Step["fault"]) => !roll && faults.includes(fault);
  const folder = await Deno.makeTempDir({ prefix: "voidkad-chaos-" });
  const history = new History();
  try {
    await using fleet = new Fleet({
      program: programOf(options.binary),
      folder,
      flags: ["--durability", durability, ...options.flags],
      faketime: isDrawn("clock") ? means.faketime : null,
      disks: isDrawn("disk") && means.prlimit,
      cuts: isDrawn("cut"),
    });
    using _ = endingOnSignals(fleet, folder);
    await fleet.add().start();
    await fleet.startAll(Array.from({ length: nodes - 1 }, () => fleet.add()));
    const random = new SeededRandom(seed);
    const writeQuorum = atOnce + 1;
    const workload = new Workload({ fleet, history, random, replication, writeQuorum });
    await workload.fill(options.values);
    say("faults begin");
    const schedule = new Schedule({ fleet, history, workload, atOnce, durability, say });
    const stop = new AbortController();
    const load = workload.run(options.rate, stop.signal);
    if (roll) await schedule.rollOnce(roll, options);
    else await schedule.carryOut(plan);
    await fleet.expectHealth(HEALTHY_MS);
    stop.abort();
    await load;
    await workload.readAll();
    const violations = history.judge();
    report(violations, fleet.broken);
    if (options.logs !== undefined) await writeLogs(options.logs, fleet, history);
    const broken = violations.length + fleet.broken.length;
    console.log(
      `${history.puts} PUTs, ${history.gets} GETs, ${workload.failed} without an answer, ` +
        `${broken} broken promises`,
    );
    return broken === 0;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Neither a process nor a file outlives this process. */
function endingOnSignals({ processes }: Fleet, folder: string): Disposable {
  const end = () => {
    for (const { process } of processes) process.signal("SIGKILL");
    removeClockTraces(processes.map(({ process }) => process.pid));
    try {
      Deno.removeSync(folder, { recursive: true });
    } finally {
      Deno.exit(EXIT_INTERRUPTED);
    }
  };
  const signals: Deno.Signal[] = ["SIGINT", "SIGTERM"];
  for (const signal of signals) Deno.addSignalListener(signal, end);
  return {
    [Symbol.dispose]: () => {
      for (const signal of signals) Deno.removeSignalListener(signal, end);
    },
  };
}

/** The plan of all faults, less those that this machine cannot bring about: the others stay what they are. */
function drawPossible(options: ChaosOptions, means: Means): Step[] {
  const plan = drawPlan(options);
  for (const fault of options.faults) {
    const lacking = whatLacks(fault, means);
    if (lacking !== null) console.log(lacking);
  }
  return plan.filter(({ fault }) => whatLacks(fault, means) === null);
}

/** Prints what was broken, the first of many. */
function report(violations: readonly Violation[], broken: readonly string[]): void {
  const lines = violations.map(({ promise, get, put, detail }) =>
    `${promise}: GET of ${get.key.slice(0, 8)} through ${get.node} from ${
      Math.round(get.startedAt)
    } to ` +
    `${Math.round(get.endedAt)} ms: ${get.value ?? "nothing"}, but ${put?.value}: ${detail}`
  );
  for (const line of [...broken, ...lines].slice(0, LINES_MAX)) console.log(`broken: ${line}`);
}

/** Writes what is needed to find out why a promise was broken. */
async function writeLogs(folder: string, fleet: Fleet, history: History): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  for (const { name, process } of fleet.processes) {
    await Deno.writeTextFile(`${folder}/${name}.log`, process.stderr);
  }
  const lines = history.records().map((record) => JSON.stringify(record) + "\n");
  await Deno.writeTextFile(`${folder}/history.jsonl`, lines.join(""));
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

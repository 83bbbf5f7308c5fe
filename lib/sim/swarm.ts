/**
 * Runs whose sizes and faults are all drawn from a seed, judged by the history of their clients: what nobody has
 * thought of as a scenario.
 *
 * @module
 */

import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../core/units.ts";
import { keepsTime } from "./faults/clocks.ts";
import type { Violation } from "./measure/history.ts";
import { Recorder } from "./measure/recorder.ts";
import { isWell, type SimNode } from "./sim_node.ts";
import { World } from "./world.ts";

/** A run of a swarm. */
export interface SwarmRun {
  readonly seed: number;
  /** What was drawn, in words: sizes, then each fault with its time. */
  readonly course: readonly string[];
  readonly puts: number;
  readonly gets: number;
  readonly violations: readonly Violation[];
  /** Values of which fewer nodes had a replica than should, when all had been quiet for some minutes. */
  readonly tooFew: number;
}

const NODES_MIN = 4;
const NODES_MAX = 24;
/** No fault befalls a network of which fewer nodes run. */
const WELL_MIN = 3;
const STEPS_MIN = 3;
const STEPS_MAX = 10;
const TTLS_MS = [10 * MINUTE_MS, HOUR_MS];
const REPLICATIONS = [1, 3, 5, 20];
const LOSSES = [0, 0, 0.01];
const OFFSETS_MS = [-10 * MINUTE_MS, -3 * SECOND_MS, 6 * MINUTE_MS, 25 * HOUR_MS];
const STEP_MAX_MS = 90 * SECOND_MS;
const AWAY_MAX_MS = 3 * MINUTE_MS;
/** After the last fault: by then every difference has been found and mended. */
const QUIET_MS = 8 * MINUTE_MS;

/** A fault of one node. */
interface Fault {
  /** What it does to the network's time: the node is away, or its clock is wrong. */
  readonly trouble?: "away" | "set";
  /** Lets it happen; returns what happened, in a few words. */
  befall(run: Run, sim: SimNode, awayMs: number): string;
}

/** The network of a run, and the nodes that have been killed or have left and will be back. */
interface Run {
  readonly world: World;
  readonly away: Set<SimNode>;
}

const FAULTS: readonly Fault[] = [
  {
    trouble: "away",
    befall(run, sim, awayMs) {
      const keepsData = run.world.random.next() < 0.5;
      run.world.kill(sim);
      returnLater(run, sim, { awayMs, keepsData });
      return `is killed for ${Math.round(awayMs)} ms, and ${
        keepsData ? "keeps" : "loses"
      } its data`;
    },
  },
  {
    trouble: "away",
    befall(run, sim, awayMs) {
      run.away.add(sim);
      run.world.leave(sim, () => returnLater(run, sim, { awayMs, keepsData: false }));
      return `leaves for ${Math.round(awayMs)} ms`;
    },
  },
  {
    befall({ world }) {
      world.add();
      return "sees another join";
    },
  },
  {
    trouble: "away",
    befall({ world }, sim, awayMs) {
      world.suspend(sim, awayMs);
      return `sleeps for ${Math.round(awayMs)} ms`;
    },
  },
  {
    trouble: "away",
    befall({ world }, sim, awayMs) {
      world.freeze(sim, awayMs / 4);
      return `stands still for ${Math.round(awayMs / 4)} ms`;
    },
  },
  {
    trouble: "set",
    befall({ world }, sim) {
      const jumpMs = OFFSETS_MS[world.random.below(OFFSETS_MS.length)]!;
      sim.clock.jump(jumpMs);
      return `has its clock set by ${jumpMs} ms`;
    },
  },
  {
    befall(_, sim) {
      sim.transport.loseConnections();
      return "has all its connections go dead";
    },
  },
];

/** One that a value with a single replica cannot stand: nobody promises that its holder is reached past a cut. */
const CUT: Fault = {
  befall({ world }, sim, awayMs) {
    const { head } = sim.node.self;
    const other = world.pick().node.self.head;
    const heal = world.cut((from, to) => from.head === head && to.head === other);
    world.queue.runAt(world.now + awayMs, heal);
    return `cannot send to one other for ${Math.round(awayMs)} ms`;
  },
};

/** Starts the process of a node that is gone again, after a time. */
function returnLater(
  { world, away }: Run,
  sim: SimNode,
  { awayMs, keepsData }: { readonly awayMs: number; readonly keepsData: boolean },
): void {
  away.add(sim);
  world.queue.runAt(world.now + awayMs, () => {
    away.delete(sim);
    world.restart(sim, { keepsData });
  });
}

/** Whether most clocks stay right: a network in which half are wrong has no time, and keeps no promise. */
function isBearable({ trouble }: Fault, { world, away }: Run, sim: SimNode): boolean {
  return !trouble || keepsTime(world, { sim, isSet: trouble === "set", away });
}

/** Runs the course that follows from a seed. */
export function runSwarm(seed: number): SwarmRun {
  const course: string[] = [];
  const { world, clients, replication, ttlMs } = begin(seed, course);
  const { random } = world;
  const steps = STEPS_MIN + random.below(STEPS_MAX - STEPS_MIN);
  const lengths = Array.from({ length: steps }, () => (0.1 + 0.9 * random.next()) * STEP_MAX_MS);
  const durationMs = lengths.reduce((sum, ms) => sum + ms, 0);
  clients.work(durationMs, { everyMs: SECOND_MS, putShare: 0.2, overwriteShare: 0.5 });
  const faults = replication > 1 ? [...FAULTS, CUT] : FAULTS;
  const run: Run = { world, away: new Set() };
  for (const lengthMs of lengths) {
    // Clients need nodes to ask.
    if (world.living.filter(isWell).length < WELL_MIN) {
      world.run(lengthMs);
      continue;
    }
    const sim = clients.pick();
    const awayMs = SECOND_MS + random.next() * (AWAY_MAX_MS - SECOND_MS);
    const fault = faults[random.below(faults.length)]!;
    const what = isBearable(fault, run, sim) ? fault.befall(run, sim, awayMs) : "is spared";
    course.push(`${Math.round(world.now)} ms: node ${sim.index} ${what}`);
    world.run(lengthMs);
  }
  world.run(AWAY_MAX_MS + QUIET_MS);
  clients.settle();
  clients.readAll();
  const { history } = clients;
  const wanted = Math.min(replication, world.living.length);
  const tooFew = ttlMs < HOUR_MS
    ? 0 // they have ended
    : [...world.holderCounts().values()].filter((count) => count < wanted).length;
  return {
    seed,
    course,
    puts: history.puts,
    gets: history.gets,
    violations: history.judge(),
    tooFew,
  };
}

/** Draws the sizes, and lets the nodes join. */
function begin(seed: number, course: string[]) {
  const draw = new World({ seed }).random;
  const pick = <Item>(items: readonly Item[]): Item => items[draw.below(items.length)]!;
  const nodes = NODES_MIN + draw.below(NODES_MAX - NODES_MIN);
  const [replication, ttlMs, drawnLoss] = [pick(REPLICATIONS), pick(TTLS_MS), pick(LOSSES)];
  // A single holder whose answers are lost is not found: no message is lost on a connection that lives.
  const loss = replication > 1 ? drawnLoss : 0;
  const wrongClocks = draw.next() < 0.3;
  course.push(
    `${nodes} nodes, ${replication} replicas, TTL ${ttlMs} ms, loss ${loss}, ` +
      `clocks ${wrongClocks ? "wrong" : "right"}`,
  );
  const world = new World({ seed, loss, driftPpm: 100 });
  for (let i = 0; i < nodes; i++) {
    const offsetMs = wrongClocks && i % 3 === 2 ? pick(OFFSETS_MS) : 0;
    world.add({ clock: { offsetMs } });
    world.run(SECOND_MS);
  }
  world.run(MINUTE_MS);
  const clients = new Recorder(world, { ttlMs, replication, excusesLost: true });
  return { world, clients, replication, ttlMs };
}

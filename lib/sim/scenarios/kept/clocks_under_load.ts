/**
 * Two scenarios of time: clocks that are wrong and are set, and machines that sleep.
 *
 * @module
 */

import { keepsTime } from "../../faults/clocks.ts";
import { Recorder } from "../../measure/recorder.ts";
import { type SimNode, World } from "../../world.ts";
import {
  HOUR_MS,
  judge,
  Ledger,
  MINUTE_MS,
  type Scenario,
  SECOND_MS,
  type Size,
} from "../scenario.ts";

/** How far wrong clocks are ahead; a third of the nodes has one. */
const OFFSETS_MS = [-10 * MINUTE_MS, -6 * MINUTE_MS, -3 * SECOND_MS, 6 * MINUTE_MS, 25 * HOUR_MS];
const JUMPS_MS = [-HOUR_MS, HOUR_MS, -5 * MINUTE_MS, 25 * HOUR_MS];
const DRIFT_PPM = 100;
const STEP_MS = 2 * MINUTE_MS;
const SLEEP_MAX_MS = 10 * MINUTE_MS;
const TTL_MS = 20 * MINUTE_MS;
const SIZES = {
  short: { nodes: 15, steps: 5 },
  full: { nodes: 1_000, steps: 60 },
};

/** Something that befalls one node's time. */
type Fault = (world: World, sim: SimNode) => void;

/** Clocks are wrong, drift, and are set while values are put and read. */
export const clocksUnderLoad: Scenario = {
  name: "clocks-load",
  promise:
    "clocks 10 min behind to 25 h ahead, drifting, and set, most of them right, replication " +
    "1 and 20: all promises about PUTs and GETs hold",
  run: (size, seed) =>
    runWith(
      (world, sim) => {
        const jumpMs = JUMPS_MS[world.random.below(JUMPS_MS.length)]!;
        if (keepsTime(world, { sim, isSet: true, away: [] })) sim.clock.jump(jumpMs);
      },
      size,
      seed,
    ),
};

/** Machines sleep for minutes while values are put and read. */
export const sleepUnderLoad: Scenario = {
  name: "sleep-load",
  promise:
    "machines that sleep for up to 10 min and wake, clocks wrong as well, replication 1 and " +
    "20: all promises about PUTs and GETs hold",
  run: (size, seed) =>
    runWith((world, sim) => world.suspend(sim, world.random.below(SLEEP_MAX_MS)), size, seed),
};

function runWith(fault: Fault, size: Size, seed: number): Ledger {
  const { nodes, steps } = SIZES[size];
  const ledger = new Ledger();
  for (const replication of [1, 20]) {
    const world = new World({ seed, driftPpm: DRIFT_PPM });
    growWrong(world, nodes);
    const clients = new Recorder(world, { ttlMs: TTL_MS, replication, excusesLost: true });
    clients.work(steps * STEP_MS, { everyMs: SECOND_MS, putShare: 0.3, overwriteShare: 0.5 });
    for (let step = 0; step < steps; step++) {
      fault(world, clients.pick());
      world.run(STEP_MS);
    }
    world.run(2 * MINUTE_MS);
    clients.settle();
    clients.readAll();
    judge(ledger, clients, { what: `replication ${replication}: ` });
  }
  return ledger;
}

function growWrong(world: World, nodes: number): void {
  const added: SimNode[] = [];
  for (let i = 0; i < nodes; i++) {
    const offsetMs = i % 3 === 2 ? OFFSETS_MS[(i - 2) / 3 % OFFSETS_MS.length]! : 0;
    added.push(world.add({ clock: { offsetMs } }));
    world.run(SECOND_MS);
  }
  world.queue.runWhile(() => added.every(({ joined }) => joined), world.now + HOUR_MS);
  world.run(MINUTE_MS);
}

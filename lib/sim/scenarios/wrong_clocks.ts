import { Load } from "../measure/load.ts";
import { GetTally } from "../measure/tally.ts";
import type { SimNode } from "../sim_node.ts";
import { World } from "../world.ts";
import {
  checkExpiry,
  HOUR_MS,
  JOIN_EVERY_MS,
  Ledger,
  MINUTE_MS,
  percent,
  type Scenario,
} from "./scenario.ts";

/** How far ahead the clocks are that are not right, in turn. */
const OFFSETS_MS = [-10 * MINUTE_MS, -6 * MINUTE_MS, 6 * MINUTE_MS, 3 * HOUR_MS, 25 * HOUR_MS];
/** One in so many is off from the start; one is set back later; one sleeps. */
const ONE_IN = { off: 3, set: 10, asleep: 10 };
const DRIFT_PPM = 20;
const TTL_MS = 12 * HOUR_MS;
const BRIEF_TTL_MS = 40 * MINUTE_MS;
/** After an overwrite has been acknowledged nobody reads the older value for longer. */
const SETTLED_MS = MINUTE_MS;
const JOIN_LIMIT_MS = 10 * MINUTE_MS;
const SIZES = {
  short: { nodes: 30, values: 30, sleepMs: HOUR_MS },
  full: { nodes: 1_000, values: 1_000, sleepMs: 8 * HOUR_MS },
};

/** Clocks that are off, that drift, that are set back, and machines that sleep. */
export const scenario: Scenario = {
  name: "wrong-clocks",
  promise: "a third of the clocks from 10 min behind to 25 h ahead, others set back by an hour, " +
    "others asleep for 8 h: all found, the later PUT is read, nothing after its end",
  run(size, seed) {
    const { nodes, values, sleepMs } = SIZES[size];
    const ledger = new Ledger();
    const world = new World({ seed, driftPpm: DRIFT_PPM });
    grow(world, nodes);
    const load = new Load(world, { ttlMs: TTL_MS });
    const brief = new Load(world, { ttlMs: BRIEF_TTL_MS });
    load.putMany(values);
    brief.putMany(values);
    ledger.atLeast("found", load.getMany().success, 1, percent);

    const set = pickMany(world, ONE_IN.set);
    for (const { clock } of set) clock.jump(-HOUR_MS);
    overwrite(world, load, set);
    ledger.atLeast("overwritten by nodes set back, found", load.getMany().success, 1, percent);

    const asleep = pickMany(world, ONE_IN.asleep);
    for (const sim of asleep) world.suspend(sim, sleepMs);
    overwrite(world, load, world.living.filter(({ clock }) => clock.isRunning));
    world.run(sleepMs);
    const late = new GetTally();
    for (const from of asleep) brief.get(brief.values[0]!, (outcome) => late.add(outcome), from);
    ledger.atLeast("overwritten before others woke, found", load.getMany().success, 1, percent);
    ledger.atMost("found through them after its end", late.verdicts.late, 0);
    ledger.atLeast("no PUT lost", 1 - (load.puts.failed + brief.puts.failed) / values, 1, percent);
    checkExpiry(ledger, world, brief);
    return ledger;
  },
};

/** Adds the nodes, some with clocks that are off, and waits until all have joined. */
function grow(world: World, count: number): void {
  for (let i = 0; i < count; i++) {
    const wrong = i % ONE_IN.off === ONE_IN.off - 1;
    const offsetMs = wrong ? OFFSETS_MS[Math.floor(i / ONE_IN.off) % OFFSETS_MS.length]! : 0;
    world.add({ clock: { offsetMs } });
    world.run(JOIN_EVERY_MS);
  }
  const done = () => world.living.every(({ joined }) => joined);
  world.queue.runWhile(done, world.now + JOIN_LIMIT_MS);
}

/** One in so many of the nodes that live, each time others. */
function pickMany({ living, random }: World, oneIn: number): SimNode[] {
  const first = random.below(oneIn);
  return living.filter((_, i) => i % oneIn === first);
}

/** Puts a new value under each key, through nodes of a choice, and waits for what is promised of it. */
function overwrite(world: World, load: Load, through: readonly SimNode[]): void {
  for (const { key } of [...load.values]) {
    load.put({ key, from: through[world.random.below(through.length)]! });
    world.run(JOIN_EVERY_MS);
  }
  world.run(2 * SETTLED_MS);
}

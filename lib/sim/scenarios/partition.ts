import { idKey } from "../../core/kademlia/node_id.ts";
import { Load } from "../measure/load.ts";
import { halfOf } from "../faults/strike.ts";
import { GetTally } from "../measure/tally.ts";
import type { SimNode } from "../world.ts";
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

const PARTED_MS = HOUR_MS;
const HEALING_MS = 10 * MINUTE_MS;
const SIZES = {
  short: { nodes: 50, values: 60 },
  full: { nodes: 1_000, values: 2_000 },
};

/** The network falls into two halves that cannot reach each other, and comes together again. */
export const scenario: Scenario = {
  name: "partition",
  promise: "two halves for one hour: each serves what it holds; " +
    "within 10 minutes of healing 100 % found from everywhere",
  run(size, seed) {
    const { nodes, values } = SIZES[size];
    const ledger = new Ledger();
    const world = new World({ seed });
    world.grow(nodes, JOIN_EVERY_MS);
    const load = new Load(world, { ttlMs: PARTED_MS + HEALING_MS + 5 * MINUTE_MS });
    load.putMany(values);
    world.partition(halfOf);
    const tallies = [readInHalves(world, load)];
    ledger.atLeast("found in each half of what it held, at once", tallies[0]!.success, 1, percent);
    world.run(PARTED_MS);
    tallies.push(readInHalves(world, load));
    ledger.atLeast("after an hour", tallies[1]!.success, 1, percent);
    const putWhileParted = putInHalves(world, load, values / 10);
    world.partition(null);
    world.run(HEALING_MS);
    for (let half = 0; half < 2; half++) {
      tallies.push(load.getMany({ from: () => pickIn(world, half) }));
    }
    const [first, second] = tallies.slice(2);
    const found = Math.min(first!.success, second!.success);
    ledger.atLeast("10 minutes after healing, from everywhere", found, 1, percent);
    ledger.show("of which put while parted", putWhileParted);
    checkExpiry(ledger, world, load, tallies);
    return ledger;
  },
};

/** Gets from each half the values that a node of it holds. */
function readInHalves(world: World, load: Load): GetTally {
  const both = new GetTally();
  for (let half = 0; half < 2; half++) {
    const held = heldIn(world, half);
    const values = load.values.filter(({ key }) => held.has(idKey(key)));
    const tally = load.getMany({ values, from: () => pickIn(world, half) });
    both.addAll(tally);
  }
  return both;
}

/** Puts new values through nodes of both halves; returns how many. */
function putInHalves(world: World, load: Load, count: number): number {
  let ended = 0;
  for (let i = 0; i < count; i++) load.put({ from: pickIn(world, i % 2) }, () => ended++);
  world.queue.runWhile(() => ended === count, world.now + MINUTE_MS);
  return count;
}

function pickIn(world: World, half: number): SimNode {
  for (;;) {
    const sim = world.pick();
    if (halfOf(sim.node.self) === half) return sim;
  }
}

function heldIn(world: World, half: number): Set<string> {
  const held = new Set<string>();
  for (const { node } of world.living) {
    if (halfOf(node.self) !== half) continue;
    for (const { key } of node.heldValues()) held.add(idKey(key));
  }
  return held;
}

import { idKey } from "../../core/kademlia/node_id.ts";
import { LATENCY_PROFILES } from "../faults/latency.ts";
import { Load } from "../measure/load.ts";
import { type SimNode, World } from "../world.ts";
import {
  checkExpiry,
  JOIN_EVERY_MS,
  Ledger,
  MINUTE_MS,
  percent,
  type Scenario,
} from "./scenario.ts";

const APART_MS = 100;
const READERS = 100;
const SIZES = {
  short: { nodes: 150, keys: 10 },
  full: { nodes: 1_000, keys: 100 },
};

/** Two nodes put different values under one key, so close in time that their messages cross. */
export const scenario: Scenario = {
  name: "two-writers",
  promise:
    "a value put twice from two sides, 100 ms apart, read 10 minutes later from 100 nodes: " +
    "all read the newer one",
  run(size, seed) {
    const { nodes, keys } = SIZES[size];
    const ledger = new Ledger();
    const world = new World({ seed, latency: LATENCY_PROFILES.internet });
    world.grow(nodes, JOIN_EVERY_MS);
    const load = new Load(world, { ttlMs: 20 * MINUTE_MS });
    for (let i = 0; i < keys; i++) {
      const from = load.pick();
      const { key } = load.put({ from });
      world.run(APART_MS);
      load.put({ key, from: pickOther(load, from) });
    }
    world.run(10 * MINUTE_MS);
    let [asked, newer] = [0, 0];
    for (const value of load.values) {
      const readers = new Set<string>();
      while (readers.size < READERS) readers.add(idKey(load.pick().node.id));
      const tally = load.getMany({ values: Array.from(readers, () => value) });
      asked += tally.asked;
      newer += tally.verdicts.found;
    }
    ledger.atLeast("read the newer one", newer / asked, 1, percent);
    ledger.show("GETs", asked);
    checkExpiry(ledger, world, load);
    return ledger;
  },
};

function pickOther(load: Load, than: SimNode): SimNode {
  for (;;) {
    const sim = load.pick();
    if (sim !== than) return sim;
  }
}

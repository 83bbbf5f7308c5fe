import { idKey } from "../../core/kademlia/node_id.ts";
import { Load } from "../measure/load.ts";
import { killShare } from "../faults/strike.ts";
import { World } from "../world.ts";
import {
  checkExpiry,
  JOIN_EVERY_MS,
  Ledger,
  MINUTE_MS,
  percent,
  type Scenario,
} from "./scenario.ts";

const SIZES = {
  short: { nodes: 150, values: 400 },
  full: { nodes: 1_000, values: 10_000 },
};

/** Of five replicas sometimes one is left, and that one must be found. */
export const scenario: Scenario = {
  name: "few-replicas",
  promise: "30 % of 1,000 nodes killed at once, replication 5: " +
    "100 % of the values that still have a living holder are found",
  run(size, seed) {
    const { nodes, values } = SIZES[size];
    const ledger = new Ledger();
    const world = new World({ seed });
    world.grow(nodes, JOIN_EVERY_MS);
    const load = new Load(world, { ttlMs: 10 * MINUTE_MS, replication: 5 });
    load.putMany(values);
    killShare(world, 0.3);
    const holders = world.holderCounts();
    const living = load.values.filter(({ key }) => holders.has(idKey(key)));
    const gets = load.getMany({ values: living });
    ledger.show("values with a living holder", living.length / values, percent);
    ledger.atLeast("found of these", gets.success, 1, percent);
    checkExpiry(ledger, world, load, [gets]);
    return ledger;
  },
};

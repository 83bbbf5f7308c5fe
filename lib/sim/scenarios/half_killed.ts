import { Load } from "../measure/load.ts";
import { countReplicas } from "../measure/monitor.ts";
import { killShare } from "../faults/strike.ts";
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

const REPLICATION = 20;
const SIZES = {
  short: { nodes: 100, values: 150, republishIntervalMs: 10 * MINUTE_MS },
  full: { nodes: 1_000, values: 10_000, republishIntervalMs: HOUR_MS },
};

/** Half of all nodes die in the same moment. */
export const scenario: Scenario = {
  name: "half-killed",
  promise: "half of 1,000 nodes killed at once, replication 20: 100 % found right after, " +
    "fully replicated again after one republish_interval",
  run(size, seed) {
    const { nodes, values, republishIntervalMs } = SIZES[size];
    const ledger = new Ledger();
    const world = new World({ seed, node: { republishIntervalMs } });
    world.grow(nodes, JOIN_EVERY_MS);
    const load = new Load(world, {
      ttlMs: 1.5 * republishIntervalMs,
      replication: REPLICATION,
    });
    load.putMany(values);
    killShare(world, 0.5);
    const killedAt = world.now;
    const gets = load.getMany();
    ledger.atLeast("found right after", gets.success, 1, percent);
    world.run(killedAt + republishIntervalMs - world.now);
    const { min, mean } = countReplicas(world, load);
    ledger.atLeast("replicas after one interval: at least", min, REPLICATION);
    ledger.show("mean", mean);
    checkExpiry(ledger, world, load, [gets]);
    return ledger;
  },
};

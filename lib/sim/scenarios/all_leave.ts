import { Load } from "../measure/load.ts";
import { countReplicas } from "../measure/monitor.ts";
import { World } from "../world.ts";
import {
  checkExpiry,
  JOIN_EVERY_MS,
  Ledger,
  MINUTE_MS,
  percent,
  type Scenario,
} from "./scenario.ts";

const STAY = 20;
const LEAVE_EVERY_MS = 10_000;
const SIZES = {
  short: { nodes: 70, values: 150 },
  full: { nodes: 1_000, values: 5_000 },
};

/** One node after another stops in order, and hands over what it holds. */
export const scenario: Scenario = {
  name: "all-leave",
  promise: "everyone leaves in order, one every 10 s, down to 20 nodes: nothing lost",
  run(size, seed) {
    const { nodes, values } = SIZES[size];
    const ledger = new Ledger();
    const world = new World({ seed });
    world.grow(nodes, JOIN_EVERY_MS);
    const ttlMs = nodes * LEAVE_EVERY_MS + 5 * MINUTE_MS;
    const load = new Load(world, { ttlMs });
    load.putMany(values);
    while (world.living.length > STAY) {
      world.leave(world.pick());
      world.run(LEAVE_EVERY_MS);
    }
    const { lost, min } = countReplicas(world, load);
    const gets = load.getMany();
    ledger.atMost("values lost", lost, 0);
    ledger.atLeast("found", gets.success, 1, percent);
    ledger.show("fewest replicas", min);
    checkExpiry(ledger, world, load, [gets]);
    return ledger;
  },
};

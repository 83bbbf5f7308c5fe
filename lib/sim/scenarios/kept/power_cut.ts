import { Recorder } from "../../measure/recorder.ts";
import { World } from "../../world.ts";
import {
  HOUR_MS,
  JOIN_EVERY_MS,
  judge,
  Ledger,
  MINUTE_MS,
  type Scenario,
  SECOND_MS,
} from "../scenario.ts";

const DOWN_MS = 5 * MINUTE_MS;
const STARTS_MS = 5 * SECOND_MS;
const FOUND_AFTER_MS = 10 * SECOND_MS;
const READERS = 5;
const SIZES = {
  short: { nodes: 15, values: 100 },
  full: { nodes: 1_000, values: 2_000 },
};

/** A data centre loses its power, and all nodes start again from their disks. */
export const scenario: Scenario = {
  name: "power-cut",
  promise:
    "all of 1,000 nodes off at once, started again in any order with what they kept and no " +
    "bootstrapper, replication 1, 3 and 20: every value is found 10 s after the last start",
  run(size, seed) {
    const { nodes, values } = SIZES[size];
    const ledger = new Ledger();
    for (const replication of [1, 3, 20]) {
      const world = new World({ seed });
      world.grow(nodes, JOIN_EVERY_MS);
      world.run(MINUTE_MS);
      const clients = new Recorder(world, { ttlMs: HOUR_MS, replication });
      clients.putMany(values);
      const all = [...world.living];
      for (const sim of all) world.cutPower(sim);
      world.run(DOWN_MS);
      while (all.length > 0) {
        const [sim] = all.splice(world.random.below(all.length), 1);
        world.restart(sim!, { keepsData: true, via: [] });
        world.run(STARTS_MS / nodes);
      }
      world.run(FOUND_AFTER_MS);
      clients.readAll(world.living.slice(0, READERS));
      judge(ledger, clients);
    }
    return ledger;
  },
};

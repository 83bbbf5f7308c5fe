import { Recorder } from "../../measure/recorder.ts";
import { World } from "../../world.ts";
import {
  HOUR_MS,
  JOIN_EVERY_MS,
  judge,
  Ledger,
  MINUTE_MS,
  percent,
  type Scenario,
} from "../scenario.ts";

const PAUSE_MS = 10_000;
const DOWN_MS = 1_000;
const GET_EVERY_MS = 100;
const SIZES = {
  short: { nodes: 15, values: 60 },
  full: { nodes: 1_000, values: 2_000 },
};

/** An operator's update: each process is killed and started again, and none keeps anything. */
export const scenario: Scenario = {
  name: "rolling-restarts",
  promise: "all of 1,000 nodes killed and started again empty, one every 10 s, replication 3 " +
    "and 20: every value is found, all the time",
  run(size, seed) {
    const { nodes, values } = SIZES[size];
    const ledger = new Ledger();
    for (const replication of [3, 20]) {
      const world = new World({ seed });
      world.grow(nodes, JOIN_EVERY_MS);
      world.run(MINUTE_MS);
      const clients = new Recorder(world, { ttlMs: 20 * HOUR_MS, replication });
      clients.putMany(values);
      const durationMs = nodes * (PAUSE_MS + DOWN_MS);
      clients.work(durationMs, { everyMs: GET_EVERY_MS, putShare: 0, overwriteShare: 0 });
      for (const sim of [...world.living]) {
        world.kill(sim);
        world.run(DOWN_MS);
        world.restart(sim);
        world.run(PAUSE_MS);
      }
      clients.settle();
      clients.readAll();
      const held = world.holderCounts();
      ledger.show(`replication ${replication}: values with a holder`, held.size / values, percent);
      judge(ledger, clients);
    }
    return ledger;
  },
};

import { Recorder } from "../../measure/recorder.ts";
import { World } from "../../world.ts";
import { HOUR_MS, judge, Ledger, type Scenario, SECOND_MS } from "../scenario.ts";

const SIZES = {
  short: { values: 200 },
  full: { values: 10_000 },
};

/** A network begins: one node has taken values for a while, others join, and the first dies. */
export const scenario: Scenario = {
  name: "lone-node",
  promise: "a lone node holds 10,000 values, three join, the first dies after 30 s: " +
    "every value is found through each of the three",
  run(size, seed) {
    const { values } = SIZES[size];
    const ledger = new Ledger();
    const world = new World({ seed });
    const first = world.add();
    const clients = new Recorder(world, { ttlMs: HOUR_MS });
    clients.putMany(values);
    for (let i = 0; i < 3; i++) {
      world.add({ via: [first.node.self] });
      world.run(SECOND_MS);
    }
    world.run(30 * SECOND_MS);
    ledger.show("replicas of a value at its death", mean(world.holderCounts(), values));
    world.kill(first);
    world.run(SECOND_MS);
    clients.readAll([...world.living]);
    judge(ledger, clients);
    return ledger;
  },
};

function mean(counts: Map<string, number>, values: number): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0) / values;
}

import { LATENCY_PROFILES } from "../../faults/latency.ts";
import { Recorder } from "../../measure/recorder.ts";
import { World } from "../../world.ts";
import { HOUR_MS, JOIN_EVERY_MS, judge, Ledger, type Scenario, SECOND_MS } from "../scenario.ts";

const ASK_EVERY_MS = 50;
const SIZES = {
  short: { nodes: 40, newcomers: 4 },
  full: { nodes: 1_000, newcomers: 100 },
};

/** Clients ask a node as soon as it listens; a few seconds later it is gone. */
export const scenario: Scenario = {
  name: "first-second",
  promise: "PUTs and GETs in the first second of a node's life, internet latency: " +
    "what is there is found, and what it took outlives it",
  run(size, seed) {
    const { nodes, newcomers } = SIZES[size];
    const ledger = new Ledger();
    const world = new World({ seed, latency: LATENCY_PROFILES.internet });
    world.grow(nodes, JOIN_EVERY_MS);
    const clients = new Recorder(world, { ttlMs: HOUR_MS });
    clients.putMany(50);
    for (let i = 0; i < newcomers; i++) {
      const newcomer = world.add();
      world.repeat(SECOND_MS, ASK_EVERY_MS, () => {
        clients.get(clients.keys[world.random.below(50)]!, newcomer);
        clients.put({ from: newcomer });
      });
      world.run(10 * SECOND_MS);
      world.kill(newcomer);
    }
    clients.readAll();
    judge(ledger, clients);
    return ledger;
  },
};

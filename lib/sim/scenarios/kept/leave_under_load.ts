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

const STAY = 10;
/** Enough to join, too little for anything to be handed on. */
const JOINING_MS = 200;
const SIZES = {
  short: { nodes: 20, soleCopies: 2_000 },
  full: { nodes: 1_000, soleCopies: 10_000 },
};

/** Nodes end in order while values are put all the time, and one ends that alone holds many values. */
export const scenario: Scenario = {
  name: "leave-under-load",
  promise:
    "nodes leave in order under load, one every 2 s, values with one replica among them: no " +
    "acknowledged PUT is lost; a node that alone holds 10,000 values hands all over",
  run(size, seed) {
    const { nodes, soleCopies } = SIZES[size];
    const ledger = new Ledger();
    underLoad(ledger, new World({ seed }), nodes);
    withSoleCopies(ledger, new World({ seed }), soleCopies);
    return ledger;
  },
};

function underLoad(ledger: Ledger, world: World, nodes: number): void {
  world.grow(nodes, JOIN_EVERY_MS);
  world.run(10 * SECOND_MS);
  const clients = new Recorder(world, { ttlMs: 10 * HOUR_MS });
  const leaving = nodes - STAY;
  clients.work(leaving * 2 * SECOND_MS, {
    everyMs: 10,
    putShare: 0.5,
    overwriteShare: 0,
    draw: () => ({ replication: 1 + world.random.below(3) }),
  });
  for (let i = 0; i < leaving; i++) {
    world.leave(world.pick());
    world.run(2 * SECOND_MS);
  }
  world.run(MINUTE_MS);
  clients.settle();
  clients.readAll();
  judge(ledger, clients, { what: "under load: " });
}

function withSoleCopies(ledger: Ledger, world: World, values: number): void {
  const first = world.add();
  const clients = new Recorder(world, { ttlMs: HOUR_MS });
  clients.putMany(values);
  for (let i = 0; i < 3; i++) world.add({ via: [first.node.self] });
  world.run(JOINING_MS);
  const startedAt = world.now;
  let endedAt = 0;
  world.leave(first, () => endedAt = world.now);
  world.run(5 * MINUTE_MS);
  clients.readAll();
  ledger.show("sole copies: seconds to leave", (endedAt - startedAt) / SECOND_MS);
  judge(ledger, clients, { what: "sole copies: " });
}

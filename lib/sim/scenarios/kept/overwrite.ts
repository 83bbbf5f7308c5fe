import { Churn } from "../../faults/churn.ts";
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
  type Size,
} from "../scenario.ts";

const LIFE_MS = 23 * HOUR_MS;
const REPLICATIONS = [1, 3, 20];
const SIZES = {
  short: { few: 8, many: 40, keys: 12, readers: 8, sessionMs: 20 * MINUTE_MS, rounds: 1 },
  full: { few: 100, many: 1_000, keys: 300, readers: 30, sessionMs: 60 * MINUTE_MS, rounds: 5 },
};

type Sizes = typeof SIZES[Size];

/** Values are put again while the network changes: an older one is not read for long. */
export const scenario: Scenario = {
  name: "overwrite",
  promise:
    "values overwritten with other replications in a network that grows, shrinks, or churns: " +
    "no older one is read after 60 s, and none after a newer one through the same node",
  run(size, seed) {
    const ledger = new Ledger();
    for (const change of [grow, shrink, churn]) {
      const clients = change(new World({ seed }), SIZES[size]);
      judge(ledger, clients, { what: `${change.name}: ` });
    }
    return ledger;
  },
};

function grow(world: World, { few, many, keys, readers }: Sizes): Recorder {
  world.grow(few, JOIN_EVERY_MS);
  const clients = new Recorder(world, { ttlMs: LIFE_MS, excusesLost: true });
  clients.putMany(keys);
  world.grow(many - few, SECOND_MS);
  overwriteAll(world, clients);
  readLong(world, clients, readers);
  return clients;
}

function shrink(world: World, { few, many, keys, readers }: Sizes): Recorder {
  world.grow(many, JOIN_EVERY_MS);
  const clients = new Recorder(world, { ttlMs: LIFE_MS, excusesLost: true });
  clients.putMany(keys);
  overwriteAll(world, clients);
  while (world.living.length > few) {
    world.leave(world.pick());
    world.run(5 * SECOND_MS);
    clients.get(clients.pickKey());
  }
  readLong(world, clients, readers);
  return clients;
}

function churn(world: World, { many, keys, readers, sessionMs, rounds }: Sizes): Recorder {
  world.grow(many, JOIN_EVERY_MS);
  const clients = new Recorder(world, { ttlMs: LIFE_MS, excusesLost: true });
  clients.putMany(keys);
  const sessions = new Churn(world, { medianMs: sessionMs });
  sessions.start();
  for (let i = 0; i < rounds; i++) {
    world.run(20 * MINUTE_MS);
    overwriteAll(world, clients);
    readLong(world, clients, readers);
  }
  sessions.stop();
  return clients;
}

/** Puts every key again, with more or fewer replicas than before. */
function overwriteAll(world: World, clients: Recorder): void {
  for (const key of [...clients.keys]) {
    clients.put({ key, replication: REPLICATIONS[world.random.below(REPLICATIONS.length)]! });
    world.run(100);
  }
  clients.settle();
}

/** Reads every key through some nodes: at once, after a minute, and after a time for repair. */
function readLong(world: World, clients: Recorder, readers: number): void {
  for (const ms of [0, MINUTE_MS, 30 * MINUTE_MS]) {
    world.run(ms);
    clients.readAll(Array.from({ length: readers }, () => clients.pick()));
  }
}

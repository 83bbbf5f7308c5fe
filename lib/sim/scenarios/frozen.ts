import { LATENCY_PROFILES } from "../faults/latency.ts";
import { Load } from "../measure/load.ts";
import { freezeShare } from "../faults/strike.ts";
import { World } from "../world.ts";
import {
  checkExpiry,
  JOIN_EVERY_MS,
  Ledger,
  milliseconds,
  MINUTE_MS,
  percent,
  type Scenario,
  throughCodecAt,
} from "./scenario.ts";

const SIZES = {
  short: { nodes: 200, values: 300 },
  full: { nodes: 1_000, values: 5_000 },
};

/** A fifth of the nodes still takes connections and messages, and never answers again. */
export const scenario: Scenario = {
  name: "frozen",
  promise: "20 % of nodes frozen, internet latency: GET p99 under 3 s, 100 % found",
  run(size, seed) {
    const { nodes, values } = SIZES[size];
    const ledger = new Ledger();
    const world = new World({
      seed,
      latency: LATENCY_PROFILES.internet,
      throughCodec: throughCodecAt(size),
    });
    world.grow(nodes, JOIN_EVERY_MS);
    const load = new Load(world, { ttlMs: 10 * MINUTE_MS });
    load.putMany(values);
    freezeShare(world, 0.2);
    const gets = load.getMany();
    ledger.atLeast("found", gets.success, 1, percent);
    ledger.show("p50", gets.latencyMs.quantile(0.5), milliseconds);
    ledger.atMost("p99", gets.latencyMs.quantile(0.99), 3_000, milliseconds);
    checkExpiry(ledger, world, load, [gets]);
    return ledger;
  },
};

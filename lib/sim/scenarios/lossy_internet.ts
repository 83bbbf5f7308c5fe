import { LATENCY_PROFILES } from "../faults/latency.ts";
import { Load } from "../measure/load.ts";
import { World } from "../world.ts";
import {
  checkExpiry,
  JOIN_EVERY_MS,
  Ledger,
  milliseconds,
  MINUTE_MS,
  percent,
  type Scenario,
  SECOND_MS,
  throughCodecAt,
} from "./scenario.ts";

/** Of few GETs the slowest hundredth is chance: each value of a short run is read ten times. */
const SIZES = {
  short: { nodes: 100, values: 100, reads: 10, ttlMs: 30 * SECOND_MS },
  full: { nodes: 1_000, values: 5_000, reads: 1, ttlMs: 2 * MINUTE_MS },
};

/** A bad line: each tenth message is lost for good, and round trips take 80 ms and more. */
export const scenario: Scenario = {
  name: "lossy-internet",
  promise: "10 % loss, internet latency: GET p50 under 400 ms, p99 under 2 s, 100 % found",
  run(size, seed) {
    const { nodes, values, reads, ttlMs } = SIZES[size];
    const ledger = new Ledger();
    const world = new World({
      seed,
      latency: LATENCY_PROFILES.internet,
      loss: 0.1,
      throughCodec: throughCodecAt(size),
    });
    world.grow(nodes, JOIN_EVERY_MS);
    const load = new Load(world, { ttlMs });
    load.putMany(values);
    const gets = load.getMany({ values: Array(reads).fill(load.values).flat() });
    ledger.atLeast("found", gets.success, 1, percent);
    ledger.atMost("p50", gets.latencyMs.quantile(0.5), 400, milliseconds);
    ledger.atMost("p99", gets.latencyMs.quantile(0.99), 2_000, milliseconds);
    checkExpiry(ledger, world, load, [gets]);
    return ledger;
  },
};

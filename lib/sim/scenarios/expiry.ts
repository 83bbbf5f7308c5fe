import { Churn } from "../faults/churn.ts";
import { Load } from "../measure/load.ts";
import { GetTally } from "../measure/tally.ts";
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

const SKEW_MS = MINUTE_MS;
const TTL_MS = 20 * MINUTE_MS;
const REPUBLISH_MS = MINUTE_MS;
const READ_MS = 2 * SKEW_MS;
const SIZES = {
  short: { nodes: 50, values: 80, readEveryMs: 25 },
  full: { nodes: 500, values: 1_000, readEveryMs: 10 },
};

/**
 * Values are republished every minute and handed over all the time by nodes whose clocks disagree, and
 * they are read around the end of their life.
 */
export const scenario: Scenario = {
  name: "expiry",
  promise: "never found after its life by more than the clock skew: republishing prolongs nothing",
  run(size, seed) {
    const { nodes, values, readEveryMs } = SIZES[size];
    const ledger = new Ledger();
    const node = { republishIntervalMs: REPUBLISH_MS };
    const world = new World({ seed, skewMs: SKEW_MS, node, throughCodec: throughCodecAt(size) });
    world.grow(nodes, JOIN_EVERY_MS);
    const load = new Load(world, { ttlMs: TTL_MS });
    load.putMany(values);
    const churn = new Churn(world, { medianMs: 20 * MINUTE_MS });
    churn.start();
    world.run(load.expiresAt - READ_MS - world.now);
    const tally = new GetTally();
    load.getFor(2 * READ_MS, readEveryMs, (outcome) => tally.add(outcome));
    world.run(2 * READ_MS);
    churn.stop();
    const { expired, late } = tally.verdicts;
    ledger.show("GETs after the end of life", expired + late);
    ledger.show("of these found", late);
    ledger.atMost("at most after the end by", tally.lateMsMax, SKEW_MS, milliseconds);
    ledger.atLeast("found before it", tally.success, 0.999, percent);
    checkExpiry(ledger, world, load, [tally]);
    return ledger;
  },
};

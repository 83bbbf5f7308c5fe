import { LATENCY_PROFILES } from "../faults/latency.ts";
import { Load } from "../measure/load.ts";
import { World } from "../world.ts";
import {
  checkExpiry,
  JOIN_EVERY_MS,
  Ledger,
  MINUTE_MS,
  percent,
  type Scenario,
  throughCodecAt,
} from "./scenario.ts";

const PROMISED_SHARE = 0.2;
const PLANS = ["diverse", "equal"] as const;
const SIZES = {
  short: { nodes: 200, values: 300, runs: [[0.2, "diverse"]] },
  full: {
    nodes: 1_000,
    values: 2_000,
    runs: [0.2, 0.3, 0.4].flatMap((share) => PLANS.map((plan) => [share, plan] as const)),
  },
} as const;

/**
 * Nodes that join like others, answer every lookup with each other only, and keep nothing: each in a network of its own,
 * or all in one.
 */
export const scenario: Scenario = {
  name: "adversaries",
  promise: "20 % adversaries that answer with each other, replication 20: " +
    "GET success at least 99 %, whether they are of many networks or of one; also shown at 30 % and 40 %",
  run(size, seed) {
    const { nodes, values, runs } = SIZES[size];
    const ledger = new Ledger();
    for (const [adversaryShare, addresses] of runs) {
      const latency = LATENCY_PROFILES.internet;
      const world = new World({
        seed,
        latency,
        addresses,
        adversaryShare,
        adversaryKind: "collude",
        throughCodec: throughCodecAt(size),
      });
      world.grow(nodes, JOIN_EVERY_MS);
      const load = new Load(world, { ttlMs: 10 * MINUTE_MS, replication: 20 });
      load.putMany(values);
      const gets = load.getMany();
      const bound = adversaryShare <= PROMISED_SHARE ? 0.99 : 0;
      const what = `found at ${percent(adversaryShare)}, ${addresses}`;
      ledger.atLeast(what, gets.success, bound, percent);
      checkExpiry(ledger, world, load, [gets]);
    }
    return ledger;
  },
};

import { Load } from "../measure/load.ts";
import { World } from "../world.ts";
import {
  checkExpiry,
  JOIN_EVERY_MS,
  Ledger,
  MINUTE_MS,
  percent,
  plain,
  type Scenario,
  throughCodecAt,
} from "./scenario.ts";

const SIZES = {
  short: { nodes: 200, values: 200 },
  full: { nodes: 10_000, values: 10_000 },
};

/** Nothing happens to a network but PUTs and GETs. */
export const scenario: Scenario = {
  name: "steady",
  promise:
    "10,000 nodes, k 20: GET finds 100 %, mean hops at most log2(n)/2 with prefix_length 1 " +
    "and log16(n) + 1 with 4",
  run(size, seed) {
    const ledger = new Ledger();
    for (const prefixLength of [1, 4]) {
      const { nodes, values } = SIZES[size];
      const world = new World({ seed, node: { prefixLength }, throughCodec: throughCodecAt(size) });
      world.grow(nodes, JOIN_EVERY_MS);
      const load = new Load(world, { ttlMs: 10 * MINUTE_MS });
      load.putMany(values);
      const gets = load.getMany();
      const bound = prefixLength === 1 ? Math.log2(nodes) / 2 : Math.log2(nodes) / 4 + 1;
      ledger.atLeast(`b ${prefixLength}: found`, gets.success, 1, percent);
      const what = `mean hops (at most ${plain(bound)})`;
      ledger.atMost(what, gets.hops.mean, bound);
      checkExpiry(ledger, world, load, [gets]);
    }
    return ledger;
  },
};

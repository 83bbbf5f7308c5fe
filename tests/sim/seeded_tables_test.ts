import { assert, assertAlmostEquals } from "@std/assert";
import { Load } from "../../lib/sim/measure/load.ts";
import { countTables } from "../../lib/sim/measure/monitor.ts";
import { seedNodes } from "../../lib/sim/seeded_tables.ts";
import { SeededRandom } from "../../lib/sim/random/seeded_random.ts";
import { World } from "../../lib/sim/world.ts";
import { printedSeed } from "../support/core/seed.ts";

/** Nodes by prefix length: enough to fill the buckets of several levels. */
const NODES = { 1: 500, 4: 1_000 };
const VALUES = 200;
/** Of each value, from random nodes: a PUT costs as much as ten of them. */
const GETS = 5;
/** Relative differences that count as the same. */
const HOPS_TOLERANCE = 0.07;
/** Three standard errors of the ratio of two means: the hops of a GET deviate by about half their mean. */
const HOPS_ERROR = 3 * 0.5 * Math.sqrt(2 / (VALUES * GETS));
const FILL_TOLERANCE = 0.1;

function measure(world: World) {
  const { size } = countTables(world, new SeededRandom(1));
  const load = new Load(world, { ttlMs: 3_600_000, replication: 5 });
  load.putMany(VALUES);
  const gets = load.getMany({ values: Array(GETS).fill(load.values).flat() });
  return { fill: size, hops: gets.hops.mean, success: gets.success };
}

for (const prefixLength of [1, 4] as const) {
  Deno.test(`tables filled directly are like those of joined nodes, prefix length ${prefixLength}`, () => {
    const seed = printedSeed();
    const joined = new World({ seed, node: { prefixLength }, throughCodec: false });
    joined.grow(NODES[prefixLength], 20);
    const seeded = new World({ seed, node: { prefixLength }, throughCodec: false });
    seedNodes(seeded, NODES[prefixLength]);
    const [real, direct] = [measure(joined), measure(seeded)];
    console.log("joined", real, "seeded", direct);
    assertAlmostEquals(direct.hops / real.hops, 1, HOPS_TOLERANCE + HOPS_ERROR);
    assertAlmostEquals(direct.fill / real.fill, 1, FILL_TOLERANCE);
    assert(real.success === 1 && direct.success === 1);
  });
}

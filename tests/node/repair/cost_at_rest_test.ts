import { assert, assertEquals } from "@std/assert";
import { stock, type StockOptions } from "../../../lib/sim/measure/stock.ts";
import { World } from "../../../lib/sim/world.ts";
import { printedSeed } from "../../support/core/seed.ts";

const HOUR_MS = 3_600_000;
const NODES = 10;

/** What a network whose nodes all hold the same sends in some hours. */
function atRest(seed: number, { count, valueBytes }: Pick<StockOptions, "count" | "valueBytes">) {
  const world = new World({ seed });
  world.grow(NODES, 100);
  world.run(60_000);
  stock(world, { count, valueBytes, replication: 20, ttlMs: 20 * HOUR_MS });
  world.run(2 * HOUR_MS);
  const { bytes, requests: { digest, offer, store, findValue } } = world.network.counts;
  world.run(4 * HOUR_MS);
  const { network: { counts }, living } = world;
  for (const { node } of living) assertEquals(node.figures().store.replicas, count);
  const moved = counts.requests.offer + counts.requests.store + counts.requests.findValue;
  assertEquals(moved, offer + store + findValue);
  return { bytes: counts.bytes - bytes, comparisons: counts.requests.digest - digest };
}

Deno.test("at rest 10,000 values of 256 bytes cost hardly more than none, and neighbours still compare", () => {
  const seed = printedSeed();
  const none = atRest(seed, { count: 0, valueBytes: 256 });
  const many = atRest(seed, { count: 10_000, valueBytes: 256 });
  assert(many.bytes <= 1.5 * none.bytes, `${many.bytes} bytes with values, ${none.bytes} without`);
  const pairs = NODES * (NODES - 1) / 2;
  assert(many.comparisons >= 3 * pairs, `${many.comparisons} comparisons`);
  assert(many.comparisons <= 6 * pairs, `${many.comparisons} comparisons`);
});

Deno.test("at rest values of 64 KiB cost no more than values of 100 bytes", () => {
  const seed = printedSeed();
  const [small, large] = [100, 65_495].map((valueBytes) => atRest(seed, { count: 20, valueBytes }));
  // What is said of a value has one length, so that the two networks do the same.
  assertEquals(large, small);
});

Deno.test("nodes whose full buckets let them differ on who is closest do not move values to and fro", () => {
  const world = new World({ seed: printedSeed() });
  const count = 200;
  // About half of them share the first bit: more than fit the others' bucket, or fewer than should hold a value.
  world.grow(40, 100);
  world.run(60_000);
  stock(world, { count, valueBytes: 100, replication: 20, ttlMs: 20 * HOUR_MS });
  const { store, findValue } = world.network.counts.requests;
  world.run(1.5 * HOUR_MS);
  const { requests } = world.network.counts;
  const moved = requests.store + requests.findValue - store - findValue;
  assert(moved <= 0.05 * 20 * count, `${moved} values have moved`);
});

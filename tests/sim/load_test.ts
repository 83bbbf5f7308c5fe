import { assert, assertEquals, assertThrows } from "@std/assert";
import { Load } from "../../lib/sim/measure/load.ts";
import { countReplicas, countTables, Monitor } from "../../lib/sim/measure/monitor.ts";
import { SeededRandom } from "../../lib/sim/random/seeded_random.ts";
import { GetTally } from "../../lib/sim/measure/tally.ts";
import { World } from "../../lib/sim/world.ts";
import { printedSeed } from "../support/core/seed.ts";

const TTL_MS = 600_000;

function loaded(values: number, replication = 5): { world: World; load: Load } {
  const world = new World({ seed: printedSeed() });
  world.grow(40, 20);
  const load = new Load(world, { ttlMs: TTL_MS, replication });
  load.putMany(values);
  return { world, load };
}

Deno.test("what is put is found, and what it took is counted", () => {
  const { load } = loaded(30);
  assertEquals([load.puts.ended, load.puts.failed], [30, 0]);
  assertEquals([load.puts.replicas.quantile(0), load.puts.replicas.quantile(1)], [5, 5]);
  const gets = load.getMany();
  assertEquals([gets.count, gets.asked, gets.verdicts.found, gets.success], [30, 30, 30, 1]);
  assertEquals([gets.hops.count, gets.latencyMs.count], [30, 30]);
  assert(gets.hops.quantile(1) >= 1 && gets.latencyMs.quantile(1) > 0);
});

Deno.test("a value that nobody holds any more is missed, until it expires", () => {
  const { world, load } = loaded(10, 1);
  const holders = world.living.filter(({ node }) => [...node.heldValues()].length > 0);
  for (const sim of holders) world.kill(sim);
  assertEquals(load.getMany().verdicts.missed, 10);
  world.run(load.expiresAt - world.now);
  const after = load.getMany();
  assertEquals([after.verdicts.expired, after.asked, after.success], [10, 0, 1]);
});

Deno.test("a value found after it has expired is late, and the delay is noted", () => {
  const { world, load } = loaded(0);
  const key = new Uint8Array(32).fill(9);
  const { value } = load.put({ key });
  world.run(5_000);
  load.values[0] = { key, value, expiresAt: world.now - 1_000 };
  const gets = load.getMany();
  assertEquals([gets.verdicts.late, gets.lateMsMax], [1, 1_000]);
});

Deno.test("bytes that were never put are wrong, not found", () => {
  const { world, load } = loaded(0);
  const key = new Uint8Array(32).fill(9);
  const from = load.pick();
  const { expiresAt } = load.put({ key, from });
  world.run(5_000);
  load.values[0] = { key, value: Uint8Array.of(1), expiresAt };
  const gets = load.getMany();
  assertEquals([gets.verdicts.wrong, gets.success], [1, 0]);
});

Deno.test("a GET whose node is gone before the end says nothing", () => {
  const { world, load } = loaded(1, 1);
  const asker = world.living.find(({ node }) => [...node.heldValues()].length === 0)!;
  const tally = new GetTally();
  load.get(load.values[0]!, (outcome) => tally.add(outcome), asker);
  world.kill(asker);
  world.run(60_000);
  assertEquals([tally.verdicts.void, tally.asked], [1, 0]);
});

Deno.test("a later PUT under the same key replaces the earlier", () => {
  const { world, load } = loaded(0);
  const from = load.pick(); // of two writers, the earlier may read for a while what it wrote
  const { key } = load.put({ from });
  world.run(5_000);
  load.put({ key, from });
  world.run(5_000);
  assertEquals(load.values.length, 1);
  assertEquals(load.getMany().success, 1);
});

Deno.test("lookups find the closest nodes", () => {
  const { load } = loaded(0);
  const { recall, requests, hops } = load.lookUpMany(20);
  assertEquals([recall.count, recall.mean], [20, 1]);
  assert(requests.mean >= 20 && hops.mean >= 1);
});

Deno.test("nobody who is frozen or has not joined is asked to ask", () => {
  const { world, load } = loaded(0);
  for (const sim of world.living.slice(1)) world.freeze(sim);
  assertEquals(load.pick(), world.living[0]);
  world.freeze(world.living[0]!);
  assertThrows(() => load.pick(), Error, "none is well");
});

Deno.test("GETs come one by one until a time", () => {
  const { world, load } = loaded(5);
  const tally = new GetTally();
  load.getFor(10_000, 1_000, (outcome) => tally.add(outcome));
  world.run(60_000);
  assertEquals([tally.count, tally.success], [10, 1]);
});

Deno.test("a monitor sees replicas, tables and traffic, and changes nothing", () => {
  const run = (isWatched: boolean) => {
    const world = new World({ seed: 5 });
    world.grow(30, 20);
    const load = new Load(world, { ttlMs: TTL_MS, replication: 5 });
    load.putMany(10);
    const monitor = new Monitor(world, load);
    if (isWatched) monitor.takeFor(TTL_MS, 60_000);
    load.getFor(TTL_MS, 10_000, (outcome) => monitor.note(outcome));
    world.run(TTL_MS);
    return { world, monitor };
  };
  const { world, monitor: { samples, gets } } = run(true);
  assertEquals(world.network.trace, run(false).world.network.trace);
  assertEquals(samples.length, 10);
  assertEquals(samples.reduce((sum, sample) => sum + sample.gets.count, 0), gets.count);
  const { living, replicas, tables, traffic } = samples[0]!;
  assertEquals([living, replicas], [30, { values: 10, mean: 5, min: 5, lost: 0 }]);
  assert(tables.size > 20 && tables.deadShare === 0);
  assert(traffic.messages > 0 && traffic.bytes > traffic.messages);
  assertEquals(samples.at(-1)!.replicas.values, 0, "all have expired");
});

Deno.test("dead contacts and lost values are counted", () => {
  const { world, load } = loaded(10, 1);
  for (const sim of [...world.living].slice(0, 20)) world.kill(sim);
  const { lost, min } = countReplicas(world, load);
  assertEquals(lost > 0, min === 0);
  const { deadShare } = countTables(world, new SeededRandom(1));
  assert(deadShare > 0.3 && deadShare < 0.7, `${deadShare}`);
});

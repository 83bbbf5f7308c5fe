import { assert, assertAlmostEquals, assertEquals, assertStrictEquals } from "@std/assert";
import type { Contact } from "../../lib/core/kademlia/contact.ts";
import { idKey } from "../../lib/core/kademlia/node_id.ts";
import { Load } from "../../lib/sim/measure/load.ts";
import { seedNodes } from "../../lib/sim/seeded_tables.ts";
import { World } from "../../lib/sim/world.ts";
import { printedSeed } from "../support/core/seed.ts";

const SECOND_MS = 1_000;

function loaded() {
  const world = new World({ seed: printedSeed() });
  world.grow(10, 20);
  const load = new Load(world, { ttlMs: 3_600_000 });
  load.putMany(20);
  return { world, load };
}

function replicas(world: World): number {
  return [...world.holderCounts().values()].reduce((sum, count) => sum + count, 0);
}

Deno.test("a node comes back under its id, empty or with what it held", () => {
  const { world } = loaded();
  assertEquals(replicas(world), 200);
  const [a, b] = [world.living[3]!, world.living[4]!];
  world.kill(a);
  world.kill(b);
  assertEquals(replicas(world), 160);
  world.run(10 * SECOND_MS);
  const again = [world.restart(a), world.restart(b, { keepsData: true })];
  assertEquals(again.map(({ node }) => idKey(node.id)), [idKey(a.node.id), idKey(b.node.id)]);
  assertEquals(again.map(({ node }) => node.figures().store.replicas), [0, 20]);
  const before = [...b.node.heldValues()].map(({ expiresAt }) => expiresAt);
  for (const [i, { expiresAt }] of [...again[1]!.node.heldValues()].entries()) {
    assert(Math.abs(expiresAt - before[i]!) <= 1, "no ttl is prolonged");
  }
  world.run(10 * SECOND_MS);
  assert(again.every(({ joined }) => joined));
  assertEquals(world.living.length, 10);
});

Deno.test("a clock that is wrong is as wrong after a restart", () => {
  const world = new World({ seed: 1 });
  world.grow(3, 20);
  const sim = world.add({ clock: { offsetMs: 60_000, driftPpm: 50 } });
  world.run(10 * SECOND_MS);
  sim.clock.jump(-5_000);
  const { clock } = world.restart(sim);
  assertAlmostEquals(clock.offsetMs, 55_000, 2);
  assertEquals(clock.driftPpm, 50);
});

Deno.test("a process that is stopped for seconds goes on with what has come meanwhile", () => {
  const { world, load } = loaded();
  const sim = world.living[5]!;
  world.freeze(sim, 8 * SECOND_MS);
  assertEquals(sim.clock.isRunning, false);
  world.run(20 * SECOND_MS);
  assertEquals(sim.clock.isRunning, true);
  assertEquals(load.getMany({ from: () => sim }).success, 1);
});

Deno.test("a machine that slept has kept its time and its contacts", () => {
  const { world } = loaded();
  const sim = world.living[5]!;
  world.suspend(sim, 60 * SECOND_MS);
  world.run(70 * SECOND_MS);
  assertEquals(sim.clock.offsetMs, 0);
  assert(Math.abs(sim.clock.now() - world.now) < 1);
  assertEquals(sim.node.figures().contacts, 9);
});

/** Every contact that a node knows, by object. */
function knownBy(world: World): Contact[] {
  return world.living.flatMap(({ node }) => [node.self, ...node.contacts()]);
}

Deno.test("no two nodes share the object of a contact", () => {
  const joined = new World({ seed: printedSeed() });
  joined.grow(15, 20);
  joined.run(5 * SECOND_MS);
  const seeded = new World({ seed: printedSeed() });
  seedNodes(seeded, 15);
  for (const world of [joined, seeded]) {
    const known = knownBy(world);
    assertEquals(known.length, 15 * 15);
    assertEquals(new Set(known).size, known.length);
  }
  const [{ node }] = joined.living as [typeof joined.living[0]];
  assertStrictEquals(node.contacts()[0], node.contacts()[0]);
});

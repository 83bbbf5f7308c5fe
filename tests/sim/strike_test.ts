import { assert, assertEquals } from "@std/assert";
import { seedNodes } from "../../lib/sim/seeded_tables.ts";
import { freezeShare, halfOf, killShare, pickShare } from "../../lib/sim/faults/strike.ts";
import { World } from "../../lib/sim/world.ts";
import { printedSeed } from "../support/core/seed.ts";

function worldOf(nodes: number): World {
  const world = new World({ seed: printedSeed() });
  seedNodes(world, nodes);
  return world;
}

Deno.test("a share is that many different nodes", () => {
  const world = worldOf(50);
  assertEquals(new Set(pickShare(world, 0.3)).size, 15);
  assertEquals(pickShare(world, 0), []);
  assertEquals(new Set(pickShare(world, 1)), new Set(world.living));
});

Deno.test("killed nodes live no more, frozen ones do", () => {
  const world = worldOf(50);
  killShare(world, 0.5);
  assertEquals(world.living.length, 25);
  freezeShare(world, 0.2);
  assertEquals(world.living.filter(({ clock }) => !clock.isRunning).length, 5);
});

Deno.test("halves are halves", () => {
  const world = worldOf(400);
  const ones = world.living.filter(({ node }) => halfOf(node.self) === 1).length;
  assert(Math.abs(ones - 200) < 60, `${ones} of 400`);
});

/** Values that a node took before it knew what time it is: its clock was wrong, and nobody was there to tell. */

import { assertEquals } from "@std/assert";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../lib/core/units.ts";
import { SimWorld, type TestNode } from "../../support/sim_world.ts";
import { bytesOf, keyOf, textOf } from "../../support/values.ts";

const TTL_MS = HOUR_MS;

function startAt(world: SimWorld, number: number, wrongMs: number, via: readonly TestNode[] = []) {
  const contact = world.contact(number);
  world.clockOffsets.set(contact.address.hostname, wrongMs);
  return world.start(contact, via.map(({ contact }) => contact));
}

function readAll(world: SimWorld, nodes: readonly TestNode[], name: string): (string | null)[] {
  return nodes.map((node) => textOf(world.get(node, keyOf(name))?.value));
}

for (const wrongMs of [25 * HOUR_MS, 6 * MINUTE_MS, -40 * MINUTE_MS, -56 * 365 * 24 * HOUR_MS]) {
  Deno.test(`values of a node that was alone with its clock off by ${wrongMs / MINUTE_MS} min are found everywhere, until their end`, () => {
    const world = new SimWorld();
    const lone = startAt(world, 1, wrongMs);
    for (let i = 0; i < 20; i++) {
      world.put(lone, keyOf(`${i}`), bytesOf("older"), { ttlMs: TTL_MS });
      world.put(lone, keyOf(`${i}`), bytesOf(`value ${i}`), { ttlMs: TTL_MS, replication: 3 });
      assertEquals(readAll(world, [lone], `${i}`), [`value ${i}`]);
    }
    const end = world.now + TTL_MS;
    world.run(20 * MINUTE_MS);
    const nodes = [lone];
    for (let i = 2; i <= 6; i++) nodes.push(startAt(world, i, 0, [lone]));
    world.run(MINUTE_MS);
    for (let i = 0; i < 20; i++) {
      assertEquals(readAll(world, nodes, `${i}`), Array(6).fill(`value ${i}`));
      assertEquals(world.holders(keyOf(`${i}`)).length, 3);
    }
    world.run(end - world.now - 10 * SECOND_MS);
    for (let i = 0; i < 20; i++) {
      assertEquals(readAll(world, nodes, `${i}`), Array(6).fill(`value ${i}`));
    }
    world.run(20 * SECOND_MS);
    for (let i = 0; i < 20; i++) assertEquals(readAll(world, nodes, `${i}`), Array(6).fill(null));
  });
}

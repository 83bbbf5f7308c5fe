import { assert, assertEquals } from "@std/assert";
import { SimWorld, type TestNode } from "../../support/sim_world.ts";
import { bytesOf, keyOf } from "../../support/values.ts";

const SECOND_MS = 1_000;
const value = bytesOf("value");

/** Puts a value every second for a time, through one node after another; returns the keys. */
function putSpaced(world: SimWorld, nodes: readonly TestNode[], name: string, count: number) {
  return Array.from({ length: count }, (_, i) => {
    const key = keyOf(`${name} ${i}`);
    nodes[i % nodes.length]!.node.putWith({ key, value }, () => {});
    world.run(SECOND_MS);
    return key;
  });
}

Deno.test("a PUT right after an outage goes to all nodes again", () => {
  for (const outageMs of [4_000, 7_000, 9_000]) {
    const world = new SimWorld();
    const nodes = world.startMany(10);
    const [writer] = nodes as [TestNode];
    world.outage = true;
    writer.node.getWith(keyOf("nothing"), () => {}); // nobody answers: all contacts count as failing
    world.run(outageMs);
    world.outage = false;
    const { holders } = world.put(writer, keyOf("after"), value);
    assertEquals(holders.length, nodes.length, `after ${outageMs} ms`);
  }
});

Deno.test("a PUT in an outage is followed up until as many nodes hold it as it wants", () => {
  const world = new SimWorld();
  const nodes = world.startMany(10);
  world.outage = true;
  const keys = putSpaced(world, nodes, "during", 3);
  world.outage = false;
  world.run(60_000);
  assertEquals(keys.map((key) => world.holders(key).length), keys.map(() => nodes.length));
});

Deno.test("a PUT of few replicas in an outage reaches the nodes closest to its key", () => {
  const world = new SimWorld();
  const nodes = world.startMany(30);
  world.outage = true;
  const keys = putSpaced(world, nodes, "few", 3);
  world.run(10_000);
  world.outage = false;
  world.run(120_000);
  for (const key of keys) assert(world.holders(key).length >= 20);
});

Deno.test("where a network has fewer nodes than replicas are wanted, no PUT is followed up", () => {
  const world = new SimWorld();
  const nodes = world.startMany(6);
  world.put(nodes[0]!, keyOf("in a small network"), value);
  const before = world.now;
  world.run(10 * 60_000);
  const stores = nodes.flatMap(({ sent }) => sent)
    .filter(({ time, request }) => time > before && request.type === "store");
  assertEquals(stores.length, 0);
});

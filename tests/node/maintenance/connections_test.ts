import { assert, assertEquals } from "@std/assert";
import { testWithSeeds } from "../../support/core/seed.ts";
import { closestTo, SimWorld, type TestNode } from "../../support/sim_world.ts";
import { bytesOf, keyOf, textOf } from "../../support/values.ts";

const MINUTE_MS = 60_000;
const VALUES = 40;

function putAll(world: SimWorld, nodes: readonly TestNode[]): void {
  for (let i = 0; i < VALUES; i++) {
    const receipt = world.put(nodes[i % nodes.length]!, keyOf(`${i}`), bytesOf(`${i}`), {
      replication: 3,
    });
    assertEquals(receipt.holders.length, 3);
  }
}

/** The values that a node does not find. */
function missedBy(world: SimWorld, node: TestNode): number[] {
  const all = Array.from({ length: VALUES }, (_, i) => i);
  return all.filter((i) => textOf(world.get(node, keyOf(`${i}`))?.value) !== `${i}`);
}

Deno.test("more nodes than may connect to each other leave each other in peace, and find all", () => {
  const world = new SimWorld(undefined, { inboundMax: 12 });
  const nodes = world.startMany(16);
  putAll(world, nodes);
  world.run(5 * MINUTE_MS);
  const dialled = () => world.network.counts.connections;
  const before = dialled();
  world.run(10 * MINUTE_MS);
  const anHour = 6 * (dialled() - before) / nodes.length;
  assert(anHour < 120, `${anHour} connections an hour and node while nobody does anything`);
  for (const node of nodes) assertEquals(missedBy(world, node), []);
});

Deno.test("connections that have all gone dead are found out at once, and no value is missed", () => {
  const world = new SimWorld();
  const nodes = world.startMany(12);
  putAll(world, nodes);
  for (const { transport } of nodes) transport.loseConnections();
  for (const node of nodes) assertEquals(missedBy(world, node), []);
  for (const { node } of nodes) {
    assertEquals([node.health().verdict, node.figures().answering], ["healthy", 11]);
  }
});

Deno.test("requests that went out together on a dead connection all go out once more", () => {
  const world = new SimWorld();
  const [holder, reader] = world.startMany(2) as [TestNode, TestNode];
  for (let i = 0; i < VALUES; i++) {
    world.put(holder, keyOf(`${i}`), bytesOf(`${i}`), { replication: 2 });
  }
  reader.transport.loseConnections();
  const found: (string | null | undefined)[] = [];
  for (let i = 0; i < VALUES; i++) {
    reader.parts.storage.expire(Infinity); // only the other node has it
    reader.node.getWith(keyOf(`${i}`), (result) => found.push(textOf(result?.value)));
  }
  world.run(MINUTE_MS);
  assertEquals(found.sort(), Array.from({ length: VALUES }, (_, i) => `${i}`).sort());
});

// 3804855838: one of twelve was reached, after all others, so that a PUT of four replicas ended with two holders.
for (const isLookedUp of [true, false]) {
  const how = isLookedUp ? "a lookup" : "the closest nodes known";
  const name =
    `a PUT on connections that have all gone dead, with ${how}, is held by all that should`;
  testWithSeeds(name, [3804855838], (seed) => {
    const world = new SimWorld(seed);
    const nodes = world.startMany(12);
    const putter = nodes[4]!;
    world.put(putter, keyOf("before"), bytesOf("before"));
    if (isLookedUp) world.run(2 * MINUTE_MS);
    putter.transport.loseConnections();
    const before = putter.sent.length;
    const receipt = world.put(putter, keyOf("after"), bytesOf("after"), { replication: 4 });
    assertEquals([receipt.holders.length, receipt.of], [4, 4]);
    assertEquals(putter.sent[before]!.request.type, isLookedUp ? "findNode" : "store");
    world.run(MINUTE_MS);
    const closest = closestTo(keyOf("after"), nodes).slice(0, 4);
    assert(closest.every(({ node }) => node.held(keyOf("after"))?.isCached === false));
  });
}

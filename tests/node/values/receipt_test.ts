import { assert, assertEquals, assertThrows } from "@std/assert";
import { compareDistance } from "../../../lib/core/kademlia/node_id.ts";
import type { Receipt } from "../../../lib/node/values/placement.ts";
import type { SearchResult } from "../../../lib/node/values/operations.ts";
import type { PutOptions } from "../../../lib/node/values/operations.ts";
import { SimWorld, type TestNode } from "../../support/sim_world.ts";
import { bytesOf, keyOf, textOf } from "../../support/values.ts";

const key = keyOf("key");
const value = bytesOf("v");

function put(world: SimWorld, { node }: TestNode, options: PutOptions): Promise<Receipt> {
  return world.settle(node.put(key, value, options));
}

function search(world: SimWorld, { node }: TestNode, readQuorum: number): Promise<SearchResult> {
  return world.settle(node.search(key, { readQuorum }));
}

/** Asserts that the holders in a receipt are exactly the nodes that hold the value. */
function assertTrue(world: SimWorld, receipt: Receipt): void {
  const ids = (contacts: readonly { id: Uint8Array }[]) => contacts.map(({ id }) => `${id}`).sort();
  const holders = world.holders(key).map(({ contact }) => contact);
  assertEquals(ids(receipt.holders), ids(holders));
}

Deno.test("a receipt without a quorum names all holders", async () => {
  const world = new SimWorld();
  const nodes = world.startMany(8);
  const receipt = await put(world, nodes[2]!, { replication: 5 });
  assertEquals([receipt.holders.length, receipt.of, receipt.complete], [5, 5, true]);
  assertEquals(receipt.refused, []);
  assertTrue(world, receipt);
});

Deno.test("a receipt comes at the write quorum, and the others get the value all the same", async () => {
  const world = new SimWorld();
  const nodes = world.startMany(8);
  const receipt = await put(world, nodes[2]!, { replication: 5, writeQuorum: 2 });
  assertEquals([receipt.holders.length, receipt.of, receipt.complete], [2, 5, false]);
  world.run(5_000);
  assertEquals(world.holders(key).length, 5);
  assertEquals(receipt.holders.length, 2, "a receipt that was given does not change");
});

Deno.test("a quorum of all replicas is complete, and is reported once", async () => {
  const world = new SimWorld();
  const nodes = world.startMany(8);
  const receipt = await put(world, nodes[2]!, { replication: 5, writeQuorum: 5 });
  assertEquals([receipt.holders.length, receipt.complete], [5, true]);
  let reports = 0;
  nodes[3]!.node.putWith(
    { key, value: bytesOf("w"), writeQuorum: 1, replication: 3 },
    () => reports++,
  );
  world.run(10_000);
  assertEquals(reports, 1);
});

Deno.test("killed nodes are not among the holders: others behind them are", async () => {
  const world = new SimWorld();
  const nodes = world.startMany(12);
  for (const node of nodes.slice(6)) world.kill(node);
  const receipt = await put(world, nodes[0]!, { replication: 4 });
  assertEquals([receipt.holders.length, receipt.complete], [4, true]);
  assertTrue(world, receipt);
});

Deno.test("a node frozen on the way does not keep the quorum waiting", async () => {
  const world = new SimWorld();
  const nodes = world.startMany(8);
  const [holder] = world.holders(key).concat(nodes.slice(4));
  world.freeze(holder!);
  const before = world.now;
  const receipt = await put(world, nodes[0]!, { replication: 8, writeQuorum: 3 });
  assertEquals(receipt.holders.length, 3);
  assert(world.now - before < 1_500, `${world.now - before} ms`);
});

Deno.test("with all others gone, a receipt names this node alone and misses the quorum", async () => {
  const world = new SimWorld();
  const nodes = world.startMany(5);
  for (const node of nodes.slice(1)) world.kill(node);
  const receipt = await put(world, nodes[0]!, { replication: 5, writeQuorum: 3 });
  assertEquals([receipt.holders, receipt.of], [[nodes[0]!.contact], 5]);
  assertEquals(receipt.complete, true);
  assertTrue(world, receipt);
});

Deno.test("nodes that want more work refuse, and the receipt says so", async () => {
  const world = new SimWorld();
  const first = world.start(world.contact(1), [], { proofOfWorkBits: 0 });
  for (let i = 2; i <= 6; i++) {
    world.start(world.contact(i), [first.contact], { proofOfWorkBits: 20 });
    world.run(500);
  }
  world.run(5_000);
  const receipt = await put(world, first, { replication: 4, writeQuorum: 2 });
  assertEquals(receipt.holders, [first.contact]);
  assertEquals(receipt.complete, true);
  assertEquals(receipt.refused.map(({ reason }) => reason), Array(5).fill("weakProofOfWork"));
  assertTrue(world, receipt);
});

Deno.test("a quorum above the number of replicas is a range error", () => {
  const world = new SimWorld();
  const node = world.start(world.contact(1));
  for (const writeQuorum of [0, 4, 1.5, -1]) {
    const putting = () => node.node.putWith({ key, value, replication: 3, writeQuorum }, () => {});
    assertThrows(putting, RangeError, `write quorum ${writeQuorum} is not between 1 and 3`);
  }
  const reading = () => node.parts.gets.get({ key, readQuorum: 21 }, () => {});
  assertThrows(reading, RangeError, "read quorum 21 is not between 1 and 20");
});

for (const [newerHolders, isTaken] of [[1, false], [2, false], [3, true]] as const) {
  Deno.test(`a read quorum of 5 takes a newer version of ${newerHolders} of 5 holders: ${isTaken}`, async () => {
    const world = new SimWorld();
    const nodes = world.startMany(10);
    await put(world, nodes[0]!, { replication: 5 });
    const holders = world.holders(key);
    const held = holders[0]!.parts.storage.get(key)!.replica;
    const newer = { ...world.version({ ...held, stamp: held.stamp + 500 }), cachedUntil: 0 };
    for (const { parts } of holders.slice(0, newerHolders)) parts.storage.take(newer);
    const reader = nodes.find((node) => node.parts.storage.get(key) === null)!;
    const { found, asked } = await search(world, reader, 5);
    const [stamp, agreed] = isTaken ? [newer.stamp, newerHolders] : [held.stamp, 5 - newerHolders];
    assertEquals([found!.versions, found!.stamp, found!.agreed], [5, stamp, agreed]);
    assertEquals(textOf(found!.value), "v");
    assert(asked >= 5);
  });
}

Deno.test("a read quorum does not wait for those that keep their version to themselves while others give it", async () => {
  const world = new SimWorld();
  const nodes = world.startMany(10);
  await put(world, nodes[0]!, { replication: 10 });
  const closer = Array.from({ length: 1_000 }, (_, i) => world.contact(1_000 + i))
    .sort((a, b) => compareDistance(key, a.id, b.id)).slice(0, 3);
  for (const contact of closer) {
    world.startScripted(contact, ({ type }) => {
      if (type === "ping") return world.pong();
      return type === "findNode" ? { type: "foundNode", contacts: [] } : null;
    });
    for (const { node } of nodes) void node.ping(contact);
  }
  world.run(5_000);
  const startedAt = world.now;
  const { found } = await search(world, nodes[5]!, 3);
  assertEquals(found!.versions, 3);
  assert(world.now - startedAt < 400, `it took ${world.now - startedAt} ms`);
});

Deno.test("a read quorum that is missed gives the newest found, and how many gave one", async () => {
  const world = new SimWorld();
  const nodes = world.startMany(10);
  await put(world, nodes[0]!, { replication: 3 });
  const reader = nodes.find((node) => node.parts.storage.get(key) === null)!;
  const { found } = await search(world, reader, 5);
  const keepers = nodes.filter(({ node }) => node.held(key)); // the writer may have it cached
  assertEquals(found!.versions, keepers.length);
  assert(keepers.length < 5);
  const { found: none, asked } = await world.settle(
    reader.node.search(keyOf("none"), { readQuorum: 2 }),
  );
  assertEquals(none, null);
  assert(asked >= 9);
});

import { assert, assertEquals, assertRejects } from "@std/assert";
import { sameContact } from "../../../lib/core/kademlia/contact.ts";
import { REPLICA } from "../../../lib/core/value.ts";
import { idKey } from "../../../lib/core/kademlia/node_id.ts";
import { NodeClosedError } from "../../../lib/node/errors.ts";
import { SimWorld, type TestNode } from "../../support/sim_world.ts";
import { bytesOf, keyOf, textOf } from "../../support/values.ts";

const HOUR_MS = 3_600_000;

/** Puts a value that one node holds alone, not the one that put it. */
function putWithOneHolder(world: SimWorld, nodes: readonly TestNode[], name: string): TestNode {
  for (const node of nodes) {
    world.put(node, keyOf(name), bytesOf(name), { replication: 1, ttlMs: HOUR_MS });
    const [holder] = world.holders(keyOf(name));
    if (holder !== node) return holder!;
  }
  throw new Error("unreachable");
}

Deno.test("a node that leaves hands over what it alone holds", async () => {
  const world = new SimWorld();
  const nodes = world.startMany(8);
  for (let i = 0; i < 5; i++) {
    const holder = putWithOneHolder(world, nodes.filter((n) => !n.transport.closed), `v${i}`);
    if (holder.transport.closed) continue;
    await world.close(holder);
    const reader = nodes.find(({ transport }) => !transport.closed)!;
    world.run(61_000); // values cached at their writers have expired
    assertEquals(textOf(world.get(reader, keyOf(`v${i}`))?.value), `v${i}`);
  }
});

Deno.test("when all holders leave one after the other the value stays with the rest", async () => {
  const world = new SimWorld();
  const nodes = world.startMany(14);
  const key = keyOf("wanders");
  world.put(nodes[0]!, key, bytesOf("value"), { replication: 3, ttlMs: HOUR_MS });
  for (let i = 0; i < 10; i++) {
    await world.close(world.holders(key)[0]!);
    assert(world.holders(key).length > 0, `lost after ${i + 1} have left`);
  }
});

Deno.test("a handover keeps the ttl that is left, and takes less than 2 s in all", async () => {
  const world = new SimWorld();
  const nodes = world.startMany(6);
  const expiry = world.now + HOUR_MS;
  const holder = putWithOneHolder(world, nodes, "with a ttl");
  world.run(HOUR_MS / 2);
  const before = world.now;
  await world.close(holder);
  assert(world.now - before < 2_000);
  const [target] = world.holders(keyOf("with a ttl"));
  assert(target!.parts.storage.get(keyOf("with a ttl"))!.expiresAt < expiry + 1_000);
});

Deno.test("frozen targets do not keep a node from leaving in time", async () => {
  const world = new SimWorld();
  const nodes = world.startMany(6, { leaveLimitMs: 1_500 });
  const leaving = nodes[2]!;
  for (let i = 0; i < 50; i++) world.put(leaving, keyOf(`k${i}`), bytesOf("v"), { replication: 6 });
  for (const node of nodes) if (node !== leaving) world.freeze(node);
  const before = world.now;
  await world.close(leaving);
  assert(world.now - before < 2_000, `${world.now - before} ms`);
});

Deno.test("a node of its own leaves at once", async () => {
  const world = new SimWorld();
  const node = world.start(world.contact(1));
  world.put(node, keyOf("k"), bytesOf("v"));
  await world.close(node);
  await world.close(node);
  assert(world.now < 100);
});

Deno.test("a PUT under way when a node leaves is brought to its end first", async () => {
  const world = new SimWorld();
  const nodes = world.startMany(6);
  const putting = nodes[1]!.node.put(keyOf("last words"), bytesOf("v"), { replication: 3 });
  await Promise.all([world.close(nodes[1]!), putting]);
  assertEquals(world.holders(keyOf("last words")).length >= 3, true);
});

/** What still happens in a world where the only node has left. */
function eventsAfter(world: SimWorld, node: TestNode): number {
  for (const other of world.nodes) if (other !== node) void other.transport.close();
  const { count } = world.queue;
  world.run(48 * HOUR_MS);
  return world.queue.count - count;
}

Deno.test("after leaving, nothing is left to happen: no alarm, no retry", async () => {
  const world = new SimWorld();
  const node = world.start(world.contact(1), [world.contact(2)]);
  world.put(node, keyOf("k"), bytesOf("v"));
  node.node.getWith(keyOf("nothing"), () => {});
  await world.close(node);
  world.run(5_000); // what the network still carries
  assertEquals(eventsAfter(world, node), 0);
});

Deno.test("a PUT that cannot end leaves no alarm behind when the node leaves", async () => {
  const world = new SimWorld();
  const node = world.start(world.contact(1), [world.contact(2)]);
  world.startScripted(world.contact(2), ({ type }) => {
    if (type === "ping") return world.pong();
    return type === "store" ? null : { type: "foundNode", contacts: [] };
  });
  world.delayMs = 200; // STOREs are still under way when the time for PUTs to end is over
  for (let i = 0; i < 10; i++) {
    node.node.ping(world.contact(2));
    world.run(2_000);
  }
  for (let i = 0; i < 20; i++) {
    node.node.putWith({ key: keyOf(`k${i}`), value: bytesOf("v"), replication: 1 }, () => {});
  }
  await world.close(node);
  world.run(5_000);
  assertEquals(eventsAfter(world, node), 0);
});

Deno.test("values that expire while others are handed over are left out", async () => {
  const world = new SimWorld();
  const nodes = world.startMany(6);
  const { node, parts: { storage }, sent } = nodes[2]!;
  for (let i = 0; i < 600; i++) {
    const key = keyOf(`k${i}`);
    const { held } = world.hold(nodes[2]!, { key, value: key, replication: 2 });
    held!.isOnlyHolder = true;
  }
  const before = sent.length;
  const closing = node.close();
  const first = sent.length - before;
  assert(first > 0 && first < 600, `${first} STOREs at once`);
  storage.expire(Infinity);
  const report = await world.settle(closing);
  const stores = sent.slice(before).map(({ request }) => request)
    .filter((request) => request.type === "store");
  for (const { key, value } of stores) assertEquals(value, key);
  const keys = new Set(stores.map(({ key }) => idKey(key)));
  assert(keys.size <= first, `${keys.size} values were handed over, ${first} at first`);
  assertEquals(report.lost, []);
});

Deno.test("a value that ends between its offer and its STORE is not brought to life again", async () => {
  const world = new SimWorld();
  const nodes = world.startMany(6);
  const { sent } = nodes[2]!;
  const key = keyOf("ends");
  world.delayMs = 50;
  world.hold(nodes[2]!, { key, value: bytesOf("v"), ttlMs: 60, replication: 3 });
  const report = await world.close(nodes[2]!);
  const offers = sent.filter(({ request }) => request.type === "offer");
  assert(offers.length > 0, "it was offered while it lived");
  world.run(10_000);
  for (const { parts } of nodes) assertEquals(parts.storage.get(key), null);
  assertEquals(report.lost, []);
});

/** Puts values of which each has one replica, all at one node. */
function putSole(world: SimWorld, node: TestNode, count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => {
    const key = keyOf(`sole ${i}`);
    world.put(node, key, bytesOf(`sole ${i}`), { replication: 1, ttlMs: HOUR_MS });
    return key;
  });
}

Deno.test("a node that leaves refuses values, and those who put place them elsewhere", async () => {
  const world = new SimWorld();
  const nodes = world.startMany(8);
  const leaving = nodes[3]!;
  putSole(world, leaving, 300);
  world.delayMs = 50;
  const closing = leaving.node.close();
  const keys = Array.from({ length: 20 }, (_, i) => keyOf(`late ${i}`));
  for (const key of keys) {
    const { holders } = world.put(nodes[5]!, key, bytesOf("late"), {
      replication: 3,
      ttlMs: HOUR_MS,
    });
    assertEquals(holders.length, 3);
    assert(!holders.some((contact) => sameContact(contact, leaving.contact)));
  }
  await world.settle(closing);
  for (const key of keys) assertEquals(world.holders(key).length, 3);
});

Deno.test("a node that leaves says so also of a version older than the one that it holds", async () => {
  const world = new SimWorld();
  const nodes = world.startMany(2);
  const leaving = nodes[1]!;
  putSole(world, leaving, 300);
  world.delayMs = 50;
  const closing = leaving.node.close();
  const held = leaving.parts.storage.get(keyOf("sole 0"))!;
  const older = world.version({ ...held.replica, stamp: held.stamp - 1 });
  const request = { type: "store", ...older, cachedUntil: REPLICA } as const;
  const answer = world.ask(nodes[0]!.transport, leaving.contact, request);
  assertEquals(answer, { type: "stored", status: "leaving" });
  await world.settle(closing);
});

Deno.test("a node that leaves begins no PUT, and hands over what one under way left with it", async () => {
  const world = new SimWorld();
  const nodes = world.startMany(4);
  world.delayMs = 20;
  const { node } = nodes[2]!;
  const underWay = node.put(keyOf("before"), bytesOf("v"), { replication: 4 });
  const closing = node.close();
  await assertRejects(() => node.put(keyOf("after"), bytesOf("v")), NodeClosedError);
  await world.settle(underWay);
  await world.settle(closing);
  assertEquals(world.holders(keyOf("before")).length, 3);
});

Deno.test("thousands of sole replicas are all handed over, or said to be lost when time is over", async () => {
  for (const leaveLimitMs of [60_000, 1_000]) {
    const world = new SimWorld();
    const nodes = world.startMany(6, { leaveLimitMs, proofOfWorkBits: 0 });
    const holder = nodes[1]!;
    const sole = Array.from({ length: 5_000 }, (_, i) => {
      const key = keyOf(`many ${i}`);
      const { held } = world.hold(holder, { key, value: key, replication: 1 });
      held!.isOnlyHolder = true;
      return key;
    });
    world.delayMs = 50;
    const { lost, values } = await world.close(holder);
    const gone = new Set(sole.filter((key) => world.holders(key).length === 0).map(idKey));
    assertEquals(values, 5_000);
    const said = new Set(lost.map(idKey));
    assertEquals([...gone].filter((name) => !said.has(name)).length, 0);
    assert(
      said.size - gone.size <= 64,
      "acknowledgements on their way are all that may be missing",
    );
    assertEquals(lost.length === 0, leaveLimitMs === 60_000, `${lost.length} lost`);
  }
});

Deno.test("a node of its own says that its values end with it, and that nobody could take them", async () => {
  const world = new SimWorld();
  const node = world.start(world.contact(1));
  const keys = putSole(world, node, 5);
  const { values, lost, hadTakers } = await world.close(node);
  assertEquals([values, lost.map(idKey).sort(), hadTakers], [5, keys.map(idKey).sort(), false]);
});

Deno.test("nodes that all leave at once end soon, and say what is lost", async () => {
  const world = new SimWorld();
  const nodes = world.startMany(5);
  for (let i = 0; i < 50; i++) {
    world.put(nodes[i % 5]!, keyOf(`k${i}`), bytesOf("v"), { replication: 3, ttlMs: HOUR_MS });
  }
  const before = world.now;
  const reports = await world.settle(Promise.all(nodes.map(({ node }) => node.close())));
  assert(world.now - before < 1_000, `${world.now - before} ms`);
  for (const { values, lost, hadTakers } of reports) {
    assertEquals([lost.length, hadTakers], [values, true]);
  }
});

Deno.test("nodes that leave and come back empty one after the other lose nothing, and no node ends with all", async () => {
  const world = new SimWorld();
  const nodes = world.startMany(6);
  const keys = Array.from({ length: 60 }, (_, i) => keyOf(`v${i}`));
  for (const key of keys) {
    world.put(nodes[0]!, key, bytesOf("v"), { replication: 3, ttlMs: 20 * HOUR_MS });
  }
  for (let i = 0; i < nodes.length; i++) {
    const { contact } = nodes[i]!;
    const { lost } = await world.close(nodes[i]!);
    assertEquals(lost, []);
    const [via] = nodes.filter(({ transport }) => !transport.closed);
    world.run(500);
    nodes[i] = world.start(contact, [via!.contact]);
    world.run(2_000);
    assertEquals(keys.filter((key) => world.holders(key).length < 2), []);
  }
  world.run(60_000);
  assertEquals(keys.filter((key) => world.holders(key).length !== 3), []);
});

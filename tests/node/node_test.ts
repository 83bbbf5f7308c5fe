import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { sameContact } from "../../lib/core/kademlia/contact.ts";
import { compareDistance } from "../../lib/core/kademlia/node_id.ts";
import { NodeClosedError } from "../../lib/node/errors.ts";
import { SimWorld, type TestNode } from "../support/sim_world.ts";
import { bytesOf, keyOf, textOf } from "../support/values.ts";

Deno.test("a snapshot has the contacts by level, and what is known of each", () => {
  const world = new SimWorld();
  const nodes = world.startMany(12);
  const { node } = nodes[3]!;
  world.kill(nodes[5]!);
  void node.ping(nodes[5]!.contact);
  world.run(5_000);
  const { levels, contacts, answering, contactsByLevel, hasJoined } = node.snapshot();
  const known = levels.flatMap((level) => level.contacts);
  assertEquals([known.length, contacts, answering, hasJoined], [11, 11, 10, true]);
  assertEquals(
    levels.map(({ level }) => level),
    levels.map(({ level }) => level).sort((a, b) => a - b),
  );
  for (const { level, contacts } of levels) {
    assertEquals(contactsByLevel.get(level), contacts.length);
  }
  for (const { contact, failures, connected, seenMs } of known) {
    const isDead = sameContact(contact, nodes[5]!.contact);
    assertEquals([failures > 0, connected && isDead], [isDead, false]);
    assert(seenMs >= 0);
  }
});

Deno.test("a snapshot does not change afterwards", () => {
  const world = new SimWorld();
  const [first] = world.startMany(3);
  const before = first!.node.snapshot();
  const copy = structuredClone({ ...before, levels: before.levels });
  for (let i = 4; i < 9; i++) world.start(world.contact(i), [first!.contact]);
  world.run(10_000);
  assertEquals(first!.node.contacts().length, 7);
  assertEquals(structuredClone(before), copy);
});

Deno.test("the figures tell replicas from cached values", () => {
  const world = new SimWorld();
  const nodes = world.startMany(8);
  const key = keyOf("k");
  world.put(nodes[0]!, key, bytesOf("value"), { replication: 3 });
  const stores = nodes.map(({ node }) => node.figures().store);
  const sum = (of: (store: typeof stores[0]) => number) => stores.reduce((n, s) => n + of(s), 0);
  assertEquals(sum(({ replicas }) => replicas), 3);
  const holders = nodes.filter(({ node }) => node.held(key));
  assertEquals(sum(({ cached }) => cached), holders.length - 3);
  assertEquals(sum(({ bytes }) => bytes), holders.length * (64 + 5));
  for (const { node } of holders) {
    assertEquals([...node.heldValues()].map(({ value }) => textOf(value)), ["value"]);
  }
});

Deno.test("a lookup names the closest nodes, and the requests that led there", () => {
  const world = new SimWorld();
  const nodes = world.startMany(30, { bucketSize: 5 });
  const target = keyOf("target");
  const { node: asker } = nodes[0]!;
  let ended = 0;
  asker.lookUpWith(target, (result) => {
    ended++;
    const closest = nodes.slice(1).map(({ contact }) => contact)
      .sort((a, b) => compareDistance(target, a.id, b.id));
    assertEquals(result!.closest[0]!.id, closest[0]!.id);
    assertEquals(result!.closest.length, 5);
    assert(result!.hops >= 1 && result!.requests >= 5);
  });
  world.run(10_000);
  assertEquals(ended, 1);
});

Deno.test("nodes are found through the network, or asked of one contact", async () => {
  const world = new SimWorld();
  const nodes = world.startMany(30, { bucketSize: 5 });
  const target = keyOf("target");
  const [{ node: asker }, asked] = nodes as [TestNode, TestNode];
  const closest = nodes.slice(1).map(({ contact }) => contact)
    .sort((a, b) => compareDistance(target, a.id, b.id));
  const found = await world.settle(asker.findNode(target, 3));
  assertEquals(found.closest.map(({ id }) => id), closest.slice(0, 3).map(({ id }) => id));
  const known = await world.settle(asker.findNodesAtNode(asked.contact, target));
  assertEquals([known.contacts.length, known.failure], [5, null]);
  world.kill(asked);
  const { contacts, failure } = await world.settle(asker.findNodesAtNode(asked.contact, target));
  assertEquals([contacts, failure], [[], "unreachable"]);
  assertThrows(() => asker.findNode(new Uint8Array(31)), RangeError, "Key of 31 bytes");
  assertThrows(() => asker.findNode(target, 6), RangeError, "1 to 5 can be");
  assertThrows(() => asker.findNodesAtNode(asked.contact, target, 0), RangeError);
  await world.close(nodes[0]!);
  await assertRejects(() => asker.findNode(target), NodeClosedError);
});

Deno.test("an operation that calls back throws for wrong arguments, and does not call back", () => {
  const world = new SimWorld();
  const { node } = world.start(world.contact(1));
  const fail = () => {
    throw new Error("called back");
  };
  assertThrows(() => node.getWith(new Uint8Array(31), fail), RangeError, "Key of 31 bytes");
  const empty = { key: keyOf("k"), value: new Uint8Array(0) };
  assertThrows(() => node.putWith(empty, fail), RangeError, "it is empty");
});

import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Contact } from "../../../lib/core/kademlia/contact.ts";
import { VALUE_BYTES_MAX } from "../../../lib/core/limits.ts";
import type { StoreStatus } from "../../../lib/core/wire/messages.ts";
import { compareDistance, flipBit, type NodeId } from "../../../lib/core/kademlia/node_id.ts";
import { proofFault } from "../../../lib/core/proof_of_work.ts";
import { sha256 } from "../../../lib/hash/sha256.ts";
import type { Receipt } from "../../../lib/node/values/placement.ts";
import { closestTo, SimWorld, type TestNode } from "../../support/sim_world.ts";
import { bytesOf, keyOf, patterned, textOf } from "../../support/values.ts";

function names(contacts: readonly Contact[]): string[] {
  return contacts.map(({ address }) => address.hostname).sort();
}

/** A node with peers that know each other, and answer a STORE with the given statuses. */
function amongScripted(world: SimWorld, statuses: readonly (StoreStatus | "silence")[]): TestNode {
  const peers = statuses.map((_, i) => world.contact(i + 100));
  statuses.forEach((status, i) =>
    world.startScripted(peers[i]!, ({ type }) => {
      if (type === "ping") return world.pong();
      if (type === "store") return status === "silence" ? null : { type: "stored", status };
      return { type: "foundNode", contacts: peers };
    })
  );
  const node = world.start(world.contact(1), peers);
  world.run(3_000);
  assertEquals(node.parts.table.size, peers.length);
  return node;
}

/** A key to which the node has this rank by distance among itself and so many scripted peers. */
function keyWithRank(world: SimWorld, node: TestNode, peers: number, rank: number): NodeId {
  const contacts = Array.from({ length: peers }, (_, i) => world.contact(i + 100));
  for (let i = 0;; i++) {
    const key = keyOf(`key ${i}`);
    const order = [node.contact, ...contacts].sort((a, b) => compareDistance(key, a.id, b.id));
    if (order[rank] === node.contact) return key;
  }
}

Deno.test("a PUT stores on exactly the closest nodes, and the receipt names them", () => {
  const world = new SimWorld();
  const nodes = world.startMany(12);
  for (const replication of [1, 3, 5, 12]) {
    const key = keyOf(`value ${replication}`);
    const receipt = world.put(nodes[2]!, key, bytesOf("hello"), { replication });
    assertEquals(receipt.of, replication);
    assertEquals(receipt.refused, []);
    const closest = closestTo(key, nodes).slice(0, replication).map(({ contact }) => contact);
    assertEquals(names(receipt.holders), names(closest));
    assertEquals(names(world.holders(key).map(({ contact }) => contact)), names(closest));
  }
});

Deno.test("in a small network at rest a PUT asks nobody, and looks around once a minute", () => {
  const world = new SimWorld();
  const putter = world.startMany(12)[2]!;
  const put = () => {
    const before = putter.sent.length;
    assertEquals(world.put(putter, keyOf("again"), bytesOf("hello")).holders.length, 12);
    return putter.sent.slice(before).filter(({ request }) => request.type === "findNode").length;
  };
  world.run(70_000); // the lookups of joining have looked around, too
  assert(put() > 0);
  assertEquals(put(), 0);
  world.run(30_000);
  assertEquals(put(), 0);
  world.run(40_000);
  assert(put() > 0);
});

Deno.test("a PUT reaches nodes that joined through another and have sent the node nothing", () => {
  const world = new SimWorld();
  const many = world.startMany(10);
  const between = world.start(world.contact(100));
  const putter = world.start(world.contact(101), [between.contact]);
  world.run(20_000);
  assertEquals(putter.parts.table.size, 1);
  between.node.ping(many[0]!.contact);
  world.run(1_000);
  between.parts.joiner.join();
  world.run(5_000);
  assertEquals([between.parts.table.size, putter.parts.table.size], [11, 1]);
  // PUTs keep the only contact fresh, so that nothing else would ever look around.
  for (let i = 0; i < 3; i++) {
    world.put(putter, keyOf(`early ${i}`), bytesOf("hello"));
    world.run(30_000);
  }
  assertEquals(world.put(putter, keyOf("late"), bytesOf("hello")).holders.length, 12);
});

Deno.test("where the closest are known but have frozen, the next closest replace them", () => {
  const world = new SimWorld();
  const nodes = world.startMany(60);
  const isKnown = (node: TestNode, key: NodeId) => {
    world.put(node, key, bytesOf("first"));
    return node.parts.oracle.confirmedNear(key, 20) !== null;
  };
  const near = (node: TestNode) => flipBit(node.node.id, 255);
  const putter = nodes.find((node) => isKnown(node, near(node)))!;
  const key = near(putter);
  for (const node of closestTo(key, nodes).slice(1, 7)) world.freeze(node);
  const before = putter.sent.length;
  const { holders, of, refused } = world.put(putter, key, bytesOf("second"));
  assertEquals([holders.length, of, refused.length], [20, 20, 6]);
  assert(putter.sent.slice(before).every(({ request }) => request.type !== "findNode"));
});

Deno.test("every node finds what any node has put", () => {
  const world = new SimWorld();
  const nodes = world.startMany(15);
  nodes.forEach((node, i) => {
    world.put(node, keyOf(`of ${i}`), bytesOf(`value of ${i}`), { replication: 2 });
  });
  for (const node of nodes) {
    nodes.forEach((_, i) => {
      assertEquals(textOf(world.get(node, keyOf(`of ${i}`))?.value), `value of ${i}`);
    });
  }
});

Deno.test("a PUT under way is seen by a GET on the same node, and so is its successor", () => {
  const world = new SimWorld();
  const { node } = world.startMany(5)[1]!;
  const key = keyOf("at once");
  const seen: (string | null)[] = [];
  const look = () => node.getWith(key, (result) => seen.push(textOf(result?.value)));
  const receipts: (Receipt | null)[] = [];
  node.putWith({ key, value: bytesOf("one") }, (receipt) => receipts.push(receipt));
  look();
  node.putWith({ key, value: bytesOf("two") }, (receipt) => receipts.push(receipt));
  look();
  assertEquals(seen, ["one", "two"]);
  world.run(20_000);
  look();
  assertEquals([receipts.length, seen[2]], [2, "two"]);
});

Deno.test("of two PUTs in one millisecond the later one is found everywhere", () => {
  const world = new SimWorld();
  const nodes = world.startMany(8);
  const key = keyOf("same time");
  for (const text of ["1", "2", "3"]) {
    nodes[0]!.node.putWith({ key, value: bytesOf(text), replication: 3 }, () => {});
  }
  world.run(20_000);
  for (const node of nodes) assertEquals(textOf(world.get(node, key)?.value), "3");
});

Deno.test("a PUT at one node replaces what was put at another before", () => {
  const world = new SimWorld();
  const nodes = world.startMany(8);
  const key = keyOf("newer wins");
  world.put(nodes[1]!, key, bytesOf("old"), { replication: 4 });
  world.put(nodes[6]!, key, bytesOf("new"), { replication: 4 });
  for (const holder of world.holders(key)) {
    assertEquals(textOf(holder.parts.storage.get(key)?.value), "new");
  }
});

Deno.test("a node that is alone keeps its values itself", () => {
  const world = new SimWorld();
  const node = world.start(world.contact(1));
  const receipt = world.put(node, keyOf("mine"), bytesOf("value"), { replication: 5 });
  assertEquals(receipt.holders, [node.contact]);
  assertEquals(receipt.of, 5);
  world.run(50 * 60_000);
  assertEquals(textOf(world.get(node, keyOf("mine"))?.value), "value");
});

Deno.test("a holder that refuses is named with its reason, and the next closest replaces it", () => {
  const world = new SimWorld();
  const node = amongScripted(world, ["full", "stored", "weakProofOfWork", "stored", "stored"]);
  const receipt = world.put(node, keyOf("any"), bytesOf("value"), { replication: 4 });
  assertEquals(receipt.holders.length, 4);
  const refused = receipt.refused.map(({ contact, reason }) =>
    `${contact.address.hostname} ${reason}`
  );
  assert(refused.length <= 2);
  for (const text of refused) {
    assert(["10.0.0.100 full", "10.0.0.102 weakProofOfWork"].includes(text), text);
  }
});

Deno.test("a node whose clock is behind says so, and another takes the value", () => {
  const world = new SimWorld();
  const node = amongScripted(world, ["stampAhead", "stored"]);
  const receipt = world.put(node, keyOf("any"), bytesOf("value"), { replication: 3 });
  assertEquals(receipt.holders.length, 2);
  assertEquals(receipt.refused.map(({ reason }) => reason), ["stampAhead"]);
});

Deno.test("a holder that is silent is replaced within its time limit", () => {
  const world = new SimWorld();
  const node = amongScripted(world, ["silence", "stored"]);
  const before = world.now;
  const receipt = world.put(node, keyOf("any"), bytesOf("value"), { replication: 3 });
  assertEquals(receipt.holders.length, 2);
  assertEquals(receipt.refused.map(({ reason }) => reason), ["timeout"]);
  assert(world.now - before < 3_000);
});

Deno.test("a PUT ends once, also when the last to fail is followed by the node itself", () => {
  const world = new SimWorld();
  const node = amongScripted(world, ["full"]);
  const key = keyWithRank(world, node, 1, 1);
  const receipts: (Receipt | null)[] = [];
  node.node.putWith({ key, value: bytesOf("value"), replication: 1 }, (r) => receipts.push(r));
  world.run(5_000);
  assertEquals(receipts.length, 1, "number of receipts for one PUT");
  assertEquals(receipts[0]?.holders, [node.contact]);
});

Deno.test("a version that a holder has already in a newer form is not pushed to others", () => {
  const world = new SimWorld();
  const node = amongScripted(world, ["newerHeld", "stored", "stored"]);
  const receipt = world.put(node, keyOf("any"), bytesOf("value"), { replication: 4 });
  assertEquals(receipt.refused.map(({ reason }) => reason), ["newerHeld"]);
  assertEquals(receipt.holders.length, 3);
});

Deno.test("ttl and replication are clamped to the node's limits, and 0 means its defaults", () => {
  const world = new SimWorld();
  const node = world.start(world.contact(1), [], {
    ttlMaxMs: 7_200_000,
    bucketSize: 8,
    replication: 4,
  });
  for (
    const [ttlMs, replication, ttlGiven, replicas] of [
      [0, 0, 3_600_000, 4],
      [10_000, 2, 10_000, 2],
      [7_200_000, 8, 7_200_000, 8],
      [65_535_000, 255, 7_200_000, 8],
    ] as const
  ) {
    const key = keyOf(`${ttlMs} ${replication}`);
    const receipt = world.put(node, key, bytesOf("v"), { ttlMs, replication });
    assertEquals([receipt.of, receipt.ttlMs], [replicas, ttlGiven]);
    assertEquals(world.get(node, key)?.ttlMs, ttlGiven);
  }
});

Deno.test("the default ttl is clamped as well", () => {
  const world = new SimWorld();
  const node = world.start(world.contact(1), [], { ttlMaxMs: 60_000 });
  world.put(node, keyOf("short"), bytesOf("v"));
  assertEquals(world.get(node, keyOf("short"))?.ttlMs, 60_000);
});

Deno.test("keys and values of a wrong length are refused, the longest value is not", async () => {
  const world = new SimWorld();
  const [node, other] = world.startMany(2);
  const long = patterned(VALUE_BYTES_MAX);
  await assertRejects(() => node!.node.put(keyOf("k").subarray(1), long), RangeError, "Key of 31");
  await assertRejects(() => node!.node.put(keyOf("k"), new Uint8Array(0)), RangeError, "empty");
  const tooLong = new Uint8Array(VALUE_BYTES_MAX + 1);
  await assertRejects(() => node!.node.put(keyOf("k"), tooLong), RangeError, "65496 bytes");
  assertEquals(world.put(node!, keyOf("k"), long).holders.length, 2);
  assertEquals(world.get(other!, keyOf("k"))?.value, long);
});

Deno.test("the work is done once and travels with the value", () => {
  const world = new SimWorld();
  const nodes = world.startMany(6, { proofOfWorkBits: 10 });
  const key = keyOf("worked for");
  const value = bytesOf("value");
  world.put(nodes[0]!, key, value, { replication: 6 });
  const replicas = world.holders(key).map(({ parts }) => parts.storage.get(key)!.replica);
  assertEquals(replicas.length, 6);
  for (const replica of replicas) assertEquals(replica, replicas[0]);
  assertEquals(proofFault(replicas[0]!, { sha256, bits: 10 }), null);
});

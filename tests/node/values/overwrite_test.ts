import { assert, assertEquals } from "@std/assert";
import { History } from "../../../lib/sim/measure/history.ts";
import type { PutOptions } from "../../../lib/node/values/operations.ts";
import { closestTo, SimWorld, type TestNode } from "../../support/sim_world.ts";
import { bytesOf, keyOf, textOf } from "../../support/values.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const key = keyOf("overwritten");

/** What each node reads, counted. */
function readings(world: SimWorld, nodes: readonly TestNode[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const node of nodes) {
    const text = textOf(world.get(node, key)?.value) ?? "nothing";
    counts[text] = (counts[text] ?? 0) + 1;
  }
  return counts;
}

/** Puts an old version, then a new one. */
function overwrite(
  world: SimWorld,
  nodes: readonly TestNode[],
  { old, young }: { old: PutOptions; young: PutOptions },
): void {
  world.put(nodes[0]!, key, bytesOf("old"), old);
  world.run(5 * MINUTE_MS);
  const { of } = world.put(nodes[1]!, key, bytesOf("new"), young);
  assertEquals(of, young.replication ?? 20, "a receipt says what was asked");
}

/** Starts more nodes, one after the other. */
function grow(world: SimWorld, from: number, count: number): TestNode[] {
  return Array.from({ length: count }, (_, i) => {
    const node = world.start(world.contact(from + i), [world.contact(1)]);
    world.run(200);
    return node;
  });
}

Deno.test("holders that a growing network has pushed out do not keep an old version", () => {
  const world = new SimWorld();
  const nodes = world.startMany(5);
  world.put(nodes[0]!, key, bytesOf("old"), { ttlMs: 23 * HOUR_MS });
  nodes.push(...grow(world, 100, 35));
  world.run(10 * MINUTE_MS); // the first ones have made theirs cached values, which nobody renews
  world.put(nodes[7]!, key, bytesOf("new"), { ttlMs: 23 * HOUR_MS });
  assertEquals(readings(world, nodes), { new: 40 });
  world.run(HOUR_MS);
  assertEquals(readings(world, nodes), { new: 40 });
});

for (const replication of [1, 3]) {
  Deno.test(`a new version of ${replication} replicas displaces an old one of 20`, () => {
    const world = new SimWorld();
    const nodes = world.startMany(30);
    overwrite(world, nodes, { old: { ttlMs: HOUR_MS }, young: { replication, ttlMs: HOUR_MS } });
    world.run(MINUTE_MS);
    for (let i = 0; i < 3; i++) {
      assertEquals(readings(world, nodes), { new: 30 });
      world.run(10 * MINUTE_MS);
    }
  });
}

for (const ttlMs of [1_000, 5_000]) {
  Deno.test(`a new version of ${ttlMs} ms takes the old one with it`, () => {
    const world = new SimWorld();
    const nodes = world.startMany(10);
    overwrite(world, nodes, { old: { ttlMs: HOUR_MS }, young: { replication: 1, ttlMs } });
    for (let i = 0; i < 3; i++) {
      world.run(MINUTE_MS);
      assertEquals(readings(world, nodes), { nothing: 10 });
    }
    world.put(nodes[2]!, key, bytesOf("next"), { ttlMs: HOUR_MS });
    assertEquals(readings(world, nodes), { next: 10 });
  });
}

Deno.test("in a network that grows and loses nodes, no old version is read after a minute, none backwards", () => {
  const world = new SimWorld();
  const nodes = world.startMany(40);
  const history = new History();
  const living = () => nodes.filter(({ alive }) => alive);
  const keys = Array.from({ length: 6 }, (_, i) => keyOf(`key ${i}`));
  /** The last version of each key that was acknowledged. */
  const newest = keys.map(() => 0);
  /** A version of one replica may be lost with its holder. */
  const isLost = (i: number): boolean =>
    !living().some(({ node }) => {
      const held = node.held(keys[i]!);
      return held && !held.isCached && Number(textOf(held.value)!.split(".")[1]) >= newest[i]!;
    });
  const put = (i: number, version: number, options: PutOptions): void => {
    const node = living()[version % living().length]!;
    const [startedAt, value] = [world.now, `${i}.${version}`];
    const ttlMs = HOUR_MS;
    node.node.putWith({ key: keys[i]!, value: bytesOf(value), ttlMs, ...options }, (receipt) => {
      const acknowledgedAt = receipt!.holders.length > 0 ? world.now : null;
      if (acknowledgedAt !== null) newest[i] = Math.max(newest[i]!, version);
      const name = { key: `${i}`, value, node: `${node.index}` };
      history.put({ ...name, startedAt, acknowledgedAt, ttlMs });
    });
  };
  const get = (i: number, node: TestNode): void => {
    const startedAt = world.now;
    if (isLost(i)) history.excuse(`${i}`, startedAt, startedAt);
    node.node.getWith(keys[i]!, (result, error) => {
      if (error || !node.alive) return;
      const value = textOf(result?.value);
      history.get({ key: `${i}`, node: `${node.index}`, startedAt, endedAt: world.now, value });
    });
  };
  for (let step = 0; step < 80; step++) {
    const i = step % keys.length;
    if (step % 20 < keys.length) put(i, step, { replication: [20, 3, 1][(step / 20 | 0) % 3]! });
    nodes.push(...grow(world, 100 + step, step % 2));
    if (step % 5 === 4) world.kill(living()[1 + world.random.below(living().length - 1)]!);
    for (const node of living().filter((_, at) => (at + step) % 4 === 0)) get(i, node);
    world.run(5 * SECOND_MS);
  }
  world.run(MINUTE_MS);
  assert(history.gets > 500);
  assertEquals(history.judge().filter(({ promise }) => promise !== "found"), []);
});

Deno.test("a node that has given a new version gives no older one any more, and mends what it finds", () => {
  const world = new SimWorld();
  const nodes = world.startMany(12);
  const reader = nodes[3]!;
  world.put(nodes[0]!, key, bytesOf("old"), { ttlMs: HOUR_MS, replication: 12 });
  const { storage } = nodes[0]!.parts;
  const old = storage.asSent(storage.get(key)!);
  world.put(nodes[0]!, key, bytesOf("new"), { ttlMs: HOUR_MS, replication: 12 });
  assertEquals(textOf(world.get(reader, key)?.value), "new");
  // By some accident all but one hold the old version again; the reader too.
  const [last, ...others] = nodes.toReversed();
  for (const { parts } of others) parts.storage.expire(Infinity);
  for (const { parts } of others) parts.storage.take(old);
  assertEquals(textOf(world.get(reader, key)?.value), "new");
  assert(last!.node.held(key));
  world.run(SECOND_MS);
  assertEquals(readings(world, nodes), { new: 12 });
});

Deno.test("a node that has given a version which has ended since gives no older one instead", () => {
  const world = new SimWorld();
  const nodes = world.startMany(12);
  const reader = nodes[3]!;
  world.put(nodes[0]!, key, bytesOf("old"), { ttlMs: HOUR_MS, replication: 3 });
  const holder = world.holders(key).find((node) => node !== reader)!;
  const old = holder.parts.storage.asSent(holder.parts.storage.get(key)!);
  world.put(nodes[0]!, key, bytesOf("new"), { ttlMs: 10_000, replication: 3 });
  assertEquals(textOf(world.get(reader, key)?.value), "new");
  world.run(20_000);
  const stranger = nodes.find(({ node, parts }) =>
    parts.storage.take(old).status === "stored" && node
  );
  assert(stranger, "a node that has heard nothing of the new version");
  assertEquals(world.get(reader, key), null);
});

Deno.test("a holder that takes the place of one which it alone cannot reach gives no older version", () => {
  const world = new SimWorld();
  const nodes = world.startMany(10);
  const [closest, , , next, far] = closestTo(key, nodes) as [TestNode, ...TestNode[]];
  world.put(far!, key, bytesOf("older"), { replication: 3, ttlMs: HOUR_MS });
  const heal = world.cut((from, to) =>
    from.head === next!.contact.head && to.head === closest.contact.head
  );
  world.run(10 * SECOND_MS);
  world.put(next!, key, bytesOf("old"), { replication: 3, ttlMs: HOUR_MS });
  assertEquals(textOf(next!.node.held(key)?.value), "old");
  world.run(20 * SECOND_MS);
  assertEquals(world.put(far!, key, bytesOf("new"), { replication: 3 }).holders.length, 3);
  world.run(50 * SECOND_MS);
  heal();
  // It learns that it should not hold the value any more, and asks for it.
  for (let i = 0; i < 60; i++) {
    world.run(SECOND_MS);
    if (i >= 10) assertEquals(textOf(world.get(next!, key)?.value), "new", `${i} s later`);
  }
});

Deno.test("a new version gets past a cut between its putter, closest to the key, and one that has the old one", () => {
  const world = new SimWorld();
  const nodes = world.startMany(6);
  world.put(nodes[0]!, key, bytesOf("old"), { ttlMs: HOUR_MS });
  const [putter, , , cutOff] = closestTo(key, nodes) as [TestNode, ...TestNode[]];
  const heads = [putter.contact.head, cutOff!.contact.head];
  world.cut((from, to) => heads.includes(from.head) && heads.includes(to.head));
  world.run(2 * MINUTE_MS);
  world.put(putter, key, bytesOf("new"), { ttlMs: HOUR_MS });
  assertEquals(textOf(cutOff!.node.held(key)?.value), "old");
  world.run(10 * SECOND_MS);
  assertEquals(textOf(cutOff!.node.held(key)?.value), "new");
});

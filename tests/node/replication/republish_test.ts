import { assert, assertEquals } from "@std/assert";
import { compareDistance } from "../../../lib/core/kademlia/node_id.ts";
import { versionOf } from "../../../lib/core/repair/version.ts";
import { REPLICA } from "../../../lib/core/value.ts";
import type { NodeOptions } from "../../../lib/node/options.ts";
import { World } from "../../../lib/sim/world.ts";
import { printedSeed } from "../../support/core/seed.ts";
import { closestTo, SimWorld, type TestNode } from "../../support/sim_world.ts";
import { bytesOf, keyOf, textOf } from "../../support/values.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const key = keyOf("republished");
const OFTEN: Partial<NodeOptions> = { republishIntervalMs: 10 * MINUTE_MS };

/** STOREs of replicas that were sent since a time. */
function storesSince(nodes: readonly TestNode[], time: number): number {
  return nodes.flatMap(({ sent }) => sent).filter((each) =>
    each.time >= time && each.request.type === "store" && each.request.cachedUntil === REPLICA
  ).length;
}

Deno.test("values outlive the death of their holders one by one", () => {
  const world = new SimWorld();
  const nodes = world.startMany(16, OFTEN);
  world.put(nodes[0]!, key, bytesOf("value"), { replication: 3, ttlMs: 10 * HOUR_MS });
  const [reader, ...others] = nodes.toReversed();
  let killed = 0;
  for (let i = 0; i < 10; i++) {
    const victim = world.holders(key).find((holder) => others.includes(holder))!;
    world.kill(victim);
    killed++;
    world.run(40 * MINUTE_MS);
    assertEquals(textOf(world.get(reader!, key)?.value), "value", `after ${killed} deaths`);
    assert(world.holders(key).length >= 2, `${world.holders(key).length} holders`);
  }
});

Deno.test("republication never prolongs a ttl", () => {
  const world = new SimWorld();
  const nodes = world.startMany(10, OFTEN);
  const expiry = world.now + 2 * HOUR_MS;
  world.put(nodes[0]!, key, bytesOf("value"), { replication: 3, ttlMs: 2 * HOUR_MS });
  for (let i = 0; i < 3; i++) {
    world.kill(world.holders(key)[0]!);
    world.run(30 * MINUTE_MS);
    for (const { node } of world.holders(key)) {
      const late = node.held(key)!.expiresAt - expiry;
      assert(late < 1_000, `it would live ${late} ms longer than its PUT said`);
    }
  }
  world.queue.runUntil(expiry + 1_000);
  assertEquals(world.holders(key), []);
  for (const node of nodes.filter(({ transport }) => !transport.closed)) {
    assertEquals(world.get(node, key), null);
  }
});

Deno.test("a value expires at its time though it was republished to others", () => {
  const world = new SimWorld();
  const nodes = world.startMany(6, { republishIntervalMs: MINUTE_MS });
  world.put(nodes[0]!, key, bytesOf("value"), { replication: 6, ttlMs: 10 * MINUTE_MS });
  world.run(10 * MINUTE_MS + 500);
  for (const node of nodes) assertEquals(world.get(node, key), null);
  const after = world.now;
  world.run(HOUR_MS);
  assertEquals(storesSince(nodes, after), 0);
});

/** Requests of one type that were sent since a time. */
function requestsSince(nodes: readonly TestNode[], type: string, time: number): number {
  return nodes.flatMap(({ sent }) => sent)
    .filter((each) => each.time >= time && each.request.type === type).length;
}

Deno.test("neighbours that hold the same compare once an interval, and send nothing", () => {
  const world = new SimWorld();
  const nodes = world.startMany(12, OFTEN);
  world.put(nodes[0]!, key, bytesOf("value"), { replication: 5, ttlMs: 20 * HOUR_MS });
  world.run(HOUR_MS);
  const start = world.now;
  world.run(10 * HOUR_MS);
  const pairs = 5 * 4 / 2;
  const comparisons = requestsSince(nodes, "digest", start) / 60 / pairs;
  assert(comparisons >= 0.9 && comparisons <= 1.5, `${comparisons} comparisons an interval`);
  assertEquals(storesSince(nodes, start) + requestsSince(nodes, "offer", start), 0);
});

Deno.test("a replica that is missing unnoticed is there again within the republish interval", () => {
  const world = new SimWorld();
  const nodes = world.startMany(8, OFTEN);
  const keys = Array.from({ length: 20 }, (_, i) => keyOf(`${i}`));
  for (const each of keys) {
    world.put(nodes[0]!, each, bytesOf("value"), { replication: 3, ttlMs: 5 * HOUR_MS });
  }
  world.run(HOUR_MS);
  for (const each of keys) {
    const [{ parts: { storage } }] = world.holders(each) as [TestNode];
    storage.demote(storage.get(each)!);
    assertEquals(world.holders(each).length, 2);
  }
  world.run(OFTEN.republishIntervalMs! + 10_000);
  for (const each of keys) assertEquals(world.holders(each).length, 3);
});

Deno.test("what is left of the TTL, the stamp and the nonce travel unchanged", () => {
  const world = new SimWorld();
  const nodes = world.startMany(8, OFTEN);
  world.put(nodes[0]!, key, bytesOf("value"), { replication: 4, ttlMs: HOUR_MS });
  const start = world.now;
  const before = world.holders(key);
  const { stamp, nonce } = before[0]!.parts.storage.get(key)!;
  world.run(20 * MINUTE_MS);
  world.kill(before[1]!);
  world.run(MINUTE_MS);
  const [added] = world.holders(key).filter((holder) => !before.includes(holder));
  const entry = added!.parts.storage.get(key)!;
  assertEquals([entry.stamp, entry.nonce, entry.replication], [stamp, nonce, 4]);
  assert(Math.abs(entry.expiresAt - (start + HOUR_MS)) < 1_000);
});

Deno.test("a holder that is not among the closest any more keeps a cached value, for a short time", () => {
  const world = new SimWorld();
  const nodes = world.startMany(4, OFTEN);
  world.put(nodes[0]!, key, bytesOf("value"), { replication: 4, ttlMs: 20 * HOUR_MS });
  assertEquals(world.holders(key).length, 4);
  for (let i = 0; i < 16; i++) world.start(world.contact(50 + i), [nodes[0]!.contact], OFTEN);
  world.run(2 * HOUR_MS);
  const holders = world.holders(key);
  assertEquals(holders.length, 4);
  assert(holders.some((holder) => !nodes.includes(holder)));
  // Nobody would bring a newer version to those that hold it no more.
  for (const { node } of nodes) assert(!node.held(key)?.isCached);
});

Deno.test("a holder that is silent at the time of republishing is replaced", () => {
  const world = new SimWorld();
  const nodes = world.startMany(8, OFTEN);
  world.put(nodes[0]!, key, bytesOf("value"), { replication: 3, ttlMs: 20 * HOUR_MS });
  world.freeze(world.holders(key)[0]!);
  world.run(HOUR_MS);
  const living = world.holders(key).filter(({ clock }) => clock.isRunning);
  assert(living.length >= 3, `${living.length} living holders`);
});

Deno.test("many values are republished a few at a time, and all of them", () => {
  const world = new SimWorld();
  const nodes = world.startMany(5, OFTEN);
  const keys = Array.from({ length: 200 }, (_, i) => keyOf(`many ${i}`));
  for (const each of keys) {
    world.put(nodes[0]!, each, bytesOf("value"), { replication: 2, ttlMs: 20 * HOUR_MS });
  }
  const victim = nodes[1]!;
  const lost = keys.filter((each) => world.holders(each).includes(victim));
  assert(lost.length > 20);
  world.kill(victim);
  world.run(HOUR_MS);
  for (const each of keys) assert(world.holders(each).length >= 2);
});

Deno.test("an older version behind the closest is displaced once a newer one has won", () => {
  const world = new SimWorld();
  const nodes = world.startMany(12, OFTEN);
  const options = { replication: 3, ttlMs: HOUR_MS };
  world.put(nodes[0]!, key, bytesOf("old"), options);
  const byDistance = nodes.toSorted((a, b) => compareDistance(key, a.contact.id, b.contact.id));
  const { storage } = byDistance[0]!.parts;
  const [behind] = byDistance.slice(options.replication);
  behind!.parts.storage.take(storage.asSent(storage.get(key)!));
  world.put(nodes[1]!, key, bytesOf("new"), options);
  world.run(3 * MINUTE_MS);
  for (const { node } of nodes) {
    assert(textOf(node.held(key)?.value) !== "old", "the older version is still about");
  }
});

Deno.test("a newer version that another says it has is kept no longer than the node allows", () => {
  const world = new SimWorld();
  const peer = world.contact(2);
  const value = bytesOf("newer");
  const newer = () => world.version({ key, value, ttlMs: 24 * HOUR_MS, replication: 255 });
  world.startScripted(peer, ({ type }) => {
    if (type === "ping") return world.pong();
    if (type === "findNode") return { type: "foundNode", contacts: [] };
    if (type === "store") return { type: "stored", status: "newerHeld" };
    if (type === "digest") return { type: "different", ranges: [{ index: 0, count: 1 }] };
    if (type === "offer") {
      return { type: "wanted", wanted: [], replaced: [], offered: [versionOf(newer())] };
    }
    return { type: "foundValue", ...newer(), cachedUntil: REPLICA };
  });
  const holder = world.start(world.contact(1), [peer], { ...OFTEN, ttlMaxMs: 2 * HOUR_MS });
  world.run(5_000);
  world.put(holder, key, bytesOf("older"), { ttlMs: HOUR_MS });
  world.run(20 * MINUTE_MS);
  const entry = holder.parts.storage.get(key)!;
  assertEquals(textOf(entry.value), "newer");
  assert(entry.expiresAt <= world.now + 2 * HOUR_MS, `it would live ${entry.expiresAt} ms`);
  assertEquals(entry.replication, holder.node.options.bucketSize);
});

for (const what of ["displaced", "expired"] as const) {
  Deno.test(`a value that is ${what} while it is being republished goes out as it was`, () => {
    const world = new SimWorld();
    const nodes = world.startMany(8, OFTEN);
    world.put(nodes[0]!, key, bytesOf("value"), { replication: 3, ttlMs: HOUR_MS });
    const [holder, other] = world.holders(key) as [TestNode, TestNode];
    const { storage } = holder.parts;
    const before = storage.asSent(storage.get(key)!);
    other.parts.storage.demote(other.parts.storage.get(key)!);
    const start = world.now;
    storage.scheduleEarlier(storage.get(key)!, start);
    world.run(0.1); // the lookup is under way
    assert(holder.sent.some(({ time }) => time >= start));
    if (what === "expired") storage.expire(Infinity);
    const rest = { stamp: before.stamp + 1, value: bytesOf("newer") };
    if (what === "displaced") storage.take({ ...before, ...rest });
    world.run(1_000); // the newer version is placed later
    const sent = holder.sent.filter(({ time }) => time >= start).map(({ request }) => request);
    const stores = sent.filter((request) => request.type === "store");
    assert(stores.length > 0, "nothing was republished");
    for (const { value, nonce, stamp } of stores) {
      assertEquals([textOf(value), nonce, stamp], ["value", before.nonce, before.stamp]);
    }
    const held = storage.get(key);
    if (what === "displaced") assertEquals([textOf(held?.value), held?.isCached], ["newer", false]);
  });
}

Deno.test("where messages are lost, replicas that belong elsewhere are not republished all the time", () => {
  const world = new World({ seed: printedSeed(), loss: 0.1 });
  world.grow(30, 100);
  world.run(60_000);
  const values = 20;
  for (let i = 0; i < values; i++) {
    const options = {
      key: keyOf(`${i}`),
      value: bytesOf(`${i}`),
      replication: 5,
      ttlMs: 3_600_000,
    };
    world.pick().node.putWith(options, () => {});
  }
  world.run(120_000);
  const before = world.network.counts.requests.offer;
  world.run(300_000);
  const perMinute = (world.network.counts.requests.offer - before) / values / 5;
  assert(perMinute < 40, `${perMinute} offers a value and minute`);
});

Deno.test("a replica that has been placed, comes back and belongs elsewhere again is placed at once", () => {
  const world = new SimWorld();
  const nodes = world.startMany(8);
  world.put(nodes[0]!, key, bytesOf("value"), { replication: 2, ttlMs: 20 * HOUR_MS });
  world.run(MINUTE_MS);
  const [first, , spare] = nodes.toSorted((a, b) =>
    compareDistance(key, a.contact.id, b.contact.id)
  );
  const others = nodes.filter((node) => node !== first);
  const { contact } = first!;
  const pingAll = () => others.forEach(({ parts }) => parts.introductions.ping(contact));
  const isReplica = () => spare!.node.held(key)?.isCached === false;
  for (let round = 0; round < 2; round++) {
    const heal = world.cut((from, to) => [from.head, to.head].includes(contact.head));
    pingAll();
    world.run(12_000);
    assertEquals(isReplica(), true, `round ${round}: it takes the place of the one that is gone`);
    heal();
    pingAll();
    world.run(10_000);
    assertEquals(isReplica(), false, `round ${round}: it is needed no more`);
  }
});

Deno.test("a node that takes a newer version while it republishes an older one does not ask itself for it", () => {
  const world = new SimWorld();
  const [holder, ...others] = world.startMany(4) as [TestNode, ...TestNode[]];
  world.run(2 * MINUTE_MS); // so that it looks up who is closest
  world.hold(holder, { key, value: bytesOf("older") });
  const { republisher, storage } = holder.parts;
  const start = world.now;
  republisher.republishEarly(storage.get(key)!);
  const looksUp = () =>
    holder.sent.some(({ time, request: { type } }) => time >= start && type === "findNode");
  assert(world.queue.runWhile(looksUp, world.now + MINUTE_MS));
  world.hold(holder, { key, value: bytesOf("newer") });
  world.run(2 * MINUTE_MS);
  const toItself = holder.sent.filter(({ to }) => to.head === holder.contact.head);
  assertEquals(toItself.map(({ request: { type } }) => type), []);
  for (const { node } of [holder, ...others]) assertEquals(textOf(node.held(key)?.value), "newer");
});

/** The texts of the values that a node has stored on others. */
function storedBy({ sent }: TestNode): (string | null)[] {
  return sent.flatMap(({ request }) => request.type === "store" ? [textOf(request.value)] : []);
}

Deno.test("a replica that has displaced another displaces nothing more when others hold a newer one", () => {
  const world = new SimWorld();
  const [first, second, third] = closestTo(key, world.startMany(8)) as [
    TestNode,
    TestNode,
    TestNode,
  ];
  const hold = (node: TestNode, text: string) =>
    world.hold(node, { key, value: bytesOf(text), replication: 3 });
  hold(third, "oldest");
  world.run(1_000);
  hold(third, "older");
  world.run(1_000);
  for (const node of [first, second]) hold(node, "newer");
  world.run(MINUTE_MS);
  assertEquals(storedBy(third).filter((text) => text === "older"), []);
  assertEquals(textOf(third.node.held(key)?.value), "newer");
});

Deno.test("a node that was away looks for a newer version before it displaces older ones", () => {
  const world = new SimWorld();
  const [sleeper, next] = closestTo(key, world.startMany(8)) as [TestNode, TestNode];
  const hold = (node: TestNode, text: string) =>
    world.hold(node, { key, value: bytesOf(text), replication: 1 });
  hold(sleeper, "oldest");
  world.suspend(sleeper, MINUTE_MS);
  world.run(30_000);
  const older = {
    ...world.version({ key, value: bytesOf("older"), replication: 1 }),
    cachedUntil: REPLICA,
  };
  world.run(10_000);
  hold(next, "newer");
  world.run(20_001);
  sleeper.transport.deliver({ ...older, type: "store" });
  assertEquals(textOf(sleeper.node.held(key)?.value), "older");
  world.run(MINUTE_MS);
  assertEquals(storedBy(sleeper).filter((text) => text === "older"), []);
  assertEquals(textOf(sleeper.node.held(key)?.value), "newer");
});

import { assert, assertEquals } from "@std/assert";
import { VALUE_BYTES_MAX } from "../../../lib/core/limits.ts";
import type { Claimed } from "../../../lib/core/proof_of_work.ts";
import type { Replica } from "../../../lib/core/value.ts";
import { compareDistance } from "../../../lib/core/kademlia/node_id.ts";
import { SimWorld } from "../../support/sim_world.ts";
import { bytesOf, fakeContact, keyOf, proven, textOf } from "../../support/values.ts";

const key = keyOf("wanted");
const honest = bytesOf("honest");

/** A node that asks a liar first, who answers each search with this value, then an honest holder. */
function withLiar(lie: (said: Claimed) => Partial<Replica>) {
  const world = new SimWorld();
  const holder = world.start(world.contact(1), [], { proofOfWorkBits: 8 });
  world.put(holder, key, honest, { replication: 1 });
  const liar = Array.from({ length: 100 }, (_, i) => world.contact(i + 10))
    .find(({ id }) => compareDistance(key, id, holder.contact.id) < 0)!;
  world.startScripted(liar, (request) => {
    if (request.type === "ping") return world.pong();
    if (request.type === "store") return { type: "stored", status: "stored" };
    if (request.type === "findNode") return { type: "foundNode", contacts: [] };
    const value = bytesOf("a lie");
    const now = world.queue.unixNow();
    const said = { key, value, stamp: now, expiresAt: now + 60_000, replication: 1 };
    return { type: "foundValue", ...proven(said, 8), cachedUntil: 0, ...lie(said) };
  });
  const asker = world.start(world.contact(3), [holder.contact, liar], {
    proofOfWorkBits: 8,
    parallelism: 1,
  });
  world.run(5_000);
  assert(asker.parts.table.find(liar.id));
  return { world, asker };
}

Deno.test("a value that is not there is not found, at once when nobody is silent", () => {
  const world = new SimWorld();
  const nodes = world.startMany(10);
  const before = world.now;
  assertEquals(world.get(nodes[4]!, keyOf("nothing")), null);
  assert(world.now - before < 500, `${world.now - before} ms`);
});

Deno.test("a result says where the value was found, when it was put, and how much of its ttl is left", () => {
  const world = new SimWorld();
  const nodes = world.startMany(10);
  const stamp = world.queue.unixNow();
  world.put(nodes[0]!, key, honest, { replication: 1, ttlMs: 100_000 });
  const holder = world.holders(key)[0]!;
  const asker = nodes.find((node) => node !== holder && node !== nodes[0])!;
  world.run(50_000);
  const result = world.get(asker, key)!;
  assertEquals([result.from, result.hops], [holder.contact, 1]);
  assert(Math.abs(result.ttlMs - 50_000) < 1_000, `${result.ttlMs} ms`);
  assert(Math.abs(result.stamp - stamp) < 10);
});

Deno.test("a value with ttl of 1 s is found for one second, and not after its time", () => {
  const world = new SimWorld();
  const nodes = world.startMany(6);
  const { node } = nodes[0]!;
  node.putWith({ key, value: honest, ttlMs: 1_000, replication: 2 }, () => {});
  const expiry = world.now + 1_000;
  world.run(800);
  for (const asker of nodes.slice(1)) assertEquals(textOf(world.get(asker, key)?.value), "honest");
  world.queue.runUntil(expiry - 0.5);
  node.getWith(key, (result) => assertEquals(textOf(result?.value), "honest"));
  world.run(1_000);
  for (const asker of nodes) assertEquals(world.get(asker, key), null);
});

const LIES: Record<string, (said: Claimed) => Partial<Replica>> = {
  "without enough work": (said) => proven(said, 3),
  "with the work of another value": (said) => ({
    nonce: proven({ ...said, value: honest }, 8).nonce,
  }),
  "with the work of another stamp": (said) => ({ stamp: said.stamp + 1 }),
  "with the work of another end": (said) => ({ expiresAt: said.expiresAt + 1 }),
  "from the future": (said) =>
    proven({ ...said, stamp: said.stamp + 600_000, expiresAt: said.expiresAt + 600_000 }, 8),
  "past its end": (said) =>
    proven({ ...said, stamp: said.stamp - 1_000, expiresAt: said.stamp }, 8),
  "larger than any value": (said) =>
    proven({ ...said, value: new Uint8Array(VALUE_BYTES_MAX + 1) }, 8),
};

Deno.test("a liar that works for its value is believed: nothing else tells a value from a lie", () => {
  const { world, asker } = withLiar(() => ({}));
  assertEquals(textOf(world.get(asker, key)?.value), "a lie");
});

for (const [name, lie] of Object.entries(LIES)) {
  Deno.test(`a value ${name} is ignored, and the honest one found`, () => {
    const { world, asker } = withLiar(lie);
    assertEquals(textOf(world.get(asker, key)?.value), "honest");
  });
}

Deno.test("a liar that invents contacts cannot hide a value", () => {
  const world = new SimWorld();
  const nodes = world.startMany(8);
  world.put(nodes[1]!, key, honest, { replication: 2 });
  const liar = world.contact(99);
  const invented = Array.from({ length: 20 }, (_, i) => fakeContact(`10.9.9.${i + 1}`, 1));
  world.startScripted(
    liar,
    ({ type }) => type === "ping" ? world.pong() : { type: "foundNode", contacts: invented },
  );
  const asker = world.start(world.contact(50), [liar, nodes[0]!.contact]);
  world.run(10_000);
  assertEquals(textOf(world.get(asker, key)?.value), "honest");
  const { table } = asker.parts;
  for (const contact of invented) assertEquals(table.entry(contact), null);
});

Deno.test("frozen nodes do not hold a GET up", () => {
  const world = new SimWorld();
  const nodes = world.startMany(20);
  const keys = Array.from({ length: 40 }, (_, i) => keyOf(`value ${i}`));
  for (const each of keys) world.put(nodes[0]!, each, honest, { replication: 5 });
  world.run(61_000); // the writer's cached values have expired
  for (const node of nodes.slice(1, 5)) world.freeze(node);
  const times = keys.map((each) => {
    const before = world.now;
    assertEquals(textOf(world.get(nodes[10]!, each)?.value), "honest");
    return world.now - before;
  });
  const slowest = Math.max(...times);
  assert(slowest < 3_000, `the slowest GET took ${slowest} ms`);
});

Deno.test("many GETs at once are all answered, also beyond what runs at the same time", () => {
  const world = new SimWorld();
  const nodes = world.startMany(5);
  world.put(nodes[0]!, key, honest, { replication: 1 });
  const holder = world.holders(key)[0]!;
  const asker = nodes.find((node) => node !== holder && node !== nodes[0])!;
  let found = 0;
  for (let i = 0; i < 3_000; i++) {
    asker.node.getWith(key, (result) => {
      if (result) found++;
    });
  }
  world.run(60_000);
  assertEquals(found, 3_000);
});

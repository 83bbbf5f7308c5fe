import { assert, assertEquals } from "@std/assert";
import { PATH_CACHE_TTL_MAX_MS } from "../../../lib/node/limits.ts";
import { SimWorld, type TestNode } from "../../support/sim_world.ts";
import { bytesOf, keyOf, textOf } from "../../support/values.ts";

const HOUR_MS = 3_600_000;

function copiesSent(node: TestNode) {
  return node.sent.flatMap(({ to, request }) =>
    request.type === "store" && request.replication === 0 ? [{ to, request }] : []
  );
}

/** A network with small buckets, in which a search takes some steps; and a value in it. */
function withValue() {
  const world = new SimWorld();
  const nodes = world.startMany(60, { bucketSize: 4, parallelism: 1 });
  const key = keyOf("popular");
  world.put(nodes[0]!, key, bytesOf("value"), { replication: 1, ttlMs: HOUR_MS });
  world.run(PATH_CACHE_TTL_MAX_MS + 1_000);
  return { world, nodes, key };
}

/** Readers whose search needed more than one step, and what they left. */
function readersWithCopies() {
  const { world, nodes, key } = withValue();
  const found = nodes.map((node) => {
    const before = copiesSent(node).length;
    const result = world.get(node, key);
    world.run(1_000);
    return { node, result, copies: copiesSent(node).slice(before) };
  });
  return { world, nodes, key, found };
}

Deno.test("a search that took a detour leaves one copy, with a short life and no replication", () => {
  const { found, key } = readersWithCopies();
  const leaving = found.filter(({ copies }) => copies.length > 0);
  assert(leaving.length > 0, "some search takes a detour");
  for (const { result, copies } of found) {
    assertEquals(textOf(result?.value), "value");
    assert(copies.length <= 1);
  }
  for (const { copies: [copy] } of leaving) {
    assertEquals(copy!.request.replication, 0);
    assertEquals(copy!.request.key, key);
    assert(copy!.request.ttlMs <= PATH_CACHE_TTL_MAX_MS);
  }
});

Deno.test("copies answer searches, and are gone after a minute", () => {
  const { world, nodes, key, found } = readersWithCopies();
  const [copied] = found.flatMap(({ copies }) => copies);
  const keeper = nodes.find(({ contact }) =>
    contact.address.hostname === copied!.to.address.hostname
  )!;
  world.run(PATH_CACHE_TTL_MAX_MS + 1_000);
  for (const node of nodes) {
    if (!world.holders(key).includes(node)) assertEquals(node.parts.storage.get(key), null);
  }
  assert(!world.holders(key).includes(keeper));
});

Deno.test("copies are never republished", () => {
  const world = new SimWorld();
  const nodes = world.startMany(40, { bucketSize: 4, parallelism: 1, republishIntervalMs: 5_000 });
  const key = keyOf("copied");
  world.put(nodes[0]!, key, bytesOf("value"), { replication: 1, ttlMs: HOUR_MS });
  for (const node of nodes) world.get(node, key);
  for (const node of nodes) {
    const stored = node.parts.storage.get(key);
    const sent = node.sent.filter(({ request }) => request.type === "store").length;
    if (!stored?.isCached) continue;
    world.run(3_000);
    const after = node.sent.filter(({ request }) => request.type === "store").length;
    assertEquals(after, sent);
  }
});

Deno.test("a copy of a value that dies soon does not outlive it", () => {
  const world = new SimWorld();
  const nodes = world.startMany(60, { bucketSize: 4, parallelism: 1 });
  const key = keyOf("dies soon");
  world.put(nodes[0]!, key, bytesOf("value"), { replication: 1, ttlMs: 10_000 });
  const expiry = world.now + 10_000;
  for (const { node } of nodes) node.getWith(key, () => {});
  world.queue.runUntil(expiry + 200);
  for (const node of nodes) assertEquals(node.parts.storage.get(key), null);
});

Deno.test("a writer that is no holder reads its own value for a while, and then from the holders", () => {
  const world = new SimWorld();
  const nodes = world.startMany(10);
  const key = keyOf("own");
  const writer = nodes.find((node) => {
    world.put(node, key, bytesOf("value"), { replication: 1, ttlMs: HOUR_MS });
    return !world.holders(key).includes(node);
  })!;
  assertEquals(world.get(writer, key)?.hops, 0);
  world.run(PATH_CACHE_TTL_MAX_MS + 1_000);
  assertEquals(world.get(writer, key)?.hops, 1);
});

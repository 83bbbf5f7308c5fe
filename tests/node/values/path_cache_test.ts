import { assert, assertEquals } from "@std/assert";
import { REPLICA } from "../../../lib/core/value.ts";
import { PATH_CACHE_TTL_MAX_MS } from "../../../lib/node/limits.ts";
import { SimWorld, type TestNode } from "../../support/sim_world.ts";
import { bytesOf, keyOf, textOf } from "../../support/values.ts";

const HOUR_MS = 3_600_000;

/** The STOREs by which a node left cached values. */
function cachingStores(node: TestNode) {
  return node.sent.flatMap(({ time, to, request }) =>
    request.type === "store" && request.cachedUntil !== REPLICA ? [{ time, to, request }] : []
  );
}

/** A network with small buckets, in which a lookup takes some steps, and a value in it. */
function withValue() {
  const world = new SimWorld();
  const nodes = world.startMany(60, { bucketSize: 4, parallelism: 1 });
  const key = keyOf("popular");
  world.put(nodes[0]!, key, bytesOf("value"), { replication: 1, ttlMs: HOUR_MS });
  world.run(PATH_CACHE_TTL_MAX_MS + 1_000);
  return { world, nodes, key };
}

/** Every node reads the value; with the cached values that its lookup left. */
function readersAndTheirStores() {
  const { world, nodes, key } = withValue();
  const found = nodes.map((node) => {
    const before = cachingStores(node).length;
    const result = world.get(node, key);
    world.run(1_000);
    return { node, result, stores: cachingStores(node).slice(before) };
  });
  return { world, nodes, key, found };
}

Deno.test("a lookup that took a detour leaves one cached value, to be kept for a short time", () => {
  const { world, found, key } = readersAndTheirStores();
  const leaving = found.filter(({ stores }) => stores.length > 0);
  assert(leaving.length > 0, "some lookup takes a detour");
  for (const { result, stores } of found) {
    assertEquals(textOf(result?.value), "value");
    assert(stores.length <= 1);
  }
  for (const { stores: [store] } of leaving) {
    assertEquals([store!.request.key, store!.request.replication], [key, 1]);
    const sentAt = world.queue.unixNow() - world.now + store!.time;
    const keptMs = store!.request.cachedUntil - sentAt;
    assert(keptMs <= PATH_CACHE_TTL_MAX_MS && keptMs > 0, `${keptMs} ms`);
  }
});

Deno.test("cached values answer lookups, and are gone after a minute", () => {
  const { world, nodes, key, found } = readersAndTheirStores();
  const [store] = found.flatMap(({ stores }) => stores);
  const keeper = nodes.find(({ contact }) =>
    contact.address.hostname === store!.to.address.hostname
  )!;
  world.run(PATH_CACHE_TTL_MAX_MS + 1_000);
  for (const node of nodes) {
    if (!world.holders(key).includes(node)) assertEquals(node.parts.storage.get(key), null);
  }
  assert(!world.holders(key).includes(keeper));
});

Deno.test("cached values are never republished", () => {
  const world = new SimWorld();
  const nodes = world.startMany(40, { bucketSize: 4, parallelism: 1, republishIntervalMs: 5_000 });
  const key = keyOf("cached");
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

Deno.test("a cached value expires with its replica, where that is soon", () => {
  const world = new SimWorld();
  const nodes = world.startMany(60, { bucketSize: 4, parallelism: 1 });
  const key = keyOf("expires soon");
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

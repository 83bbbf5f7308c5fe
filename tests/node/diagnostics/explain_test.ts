import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { formatAddress } from "../../../lib/core/kademlia/address.ts";
import { compareDistance, type NodeId } from "../../../lib/core/kademlia/node_id.ts";
import type { Explanation } from "../../../lib/node/diagnostics/explanation.ts";
import { SimWorld, type TestNode } from "../../support/sim_world.ts";
import { bytesOf, keyOf } from "../../support/values.ts";

const key = keyOf("key");

function explain(world: SimWorld, { node }: TestNode, about: NodeId = key): Promise<Explanation> {
  return world.settle(node.explain(about));
}

/** The nodes by their distance to the key, the closest first. */
function byDistance(nodes: readonly TestNode[]): TestNode[] {
  return [...nodes].sort((a, b) => compareDistance(key, a.contact.id, b.contact.id));
}

Deno.test("explaining a key that nobody holds names everyone who was asked", async () => {
  const world = new SimWorld();
  const nodes = world.startMany(12, { replication: 3 });
  const explained = await explain(world, nodes[5]!);
  assertEquals([explained.verdict, explained.holders, explained.wanted], ["missing", 0, 3]);
  assertEquals(explained.summary, "None of the 11 nodes asked has the value.");
  assertEquals(explained.stopped, "all 11 nodes known were asked");
  assertEquals(new Set(explained.asked.map(({ contact }) => contact)).size, 11);
  assert(
    explained.asked.every(({ outcome, ms }) => outcome === "contacts" && ms !== null && ms > 0),
  );
  assertEquals(
    explained.responsible.map(({ contact }) => contact.id),
    byDistance(nodes).slice(0, 3).map(({ contact }) => contact.id),
  );
  assert(explained.responsible.every(({ holds, reason }) => holds === false && reason === null));
  assertEquals(explained.here, { held: false, cached: false, ttlMs: null });
});

Deno.test("explaining a key names the node that gave it, and its holders", async () => {
  const world = new SimWorld();
  const nodes = world.startMany(12);
  const [nearest, , , , far] = byDistance(nodes);
  world.put(nearest!, key, bytesOf("v"), { replication: 3 });
  const explained = await explain(world, far!);
  assertEquals([explained.verdict, explained.holders, explained.wanted], ["found", 3, 3]);
  const giver = explained.asked.find(({ outcome }) => outcome === "value")!;
  const where = formatAddress(giver.contact.address);
  assertEquals(explained.stopped, `${where} gave the value`);
  assertStringIncludes(explained.summary, `${where} gave the value after 1 hop and`);
  assertStringIncludes(explained.summary, "3 of the 3 nodes that should hold it do.");
  assert(explained.responsible.every(({ holds, stamp, ttlMs }) => holds && stamp && ttlMs! > 0));
  assert(
    explained.asked.every(({ startedMs }, i) =>
      i === 0 || startedMs >= explained.asked[i - 1]!.startedMs
    ),
  );
});

Deno.test("a holder explains what it holds itself", async () => {
  const world = new SimWorld();
  const nodes = world.startMany(6);
  const [nearest] = byDistance(nodes);
  world.put(nearest!, key, bytesOf("v"), { replication: 1 });
  const explained = await explain(world, nearest!);
  assertEquals(explained.here.held && !explained.here.cached, true);
  assertEquals([explained.verdict, explained.holders], ["found", 1]);
  assertEquals(explained.responsible.map(({ self, holds }) => [self, holds]), [[true, true]]);
  assertStringIncludes(explained.summary, "1 of the 1 nodes that should hold it does");
});

Deno.test("cached values say as well as replicas how many nodes should hold a value", async () => {
  const world = new SimWorld();
  const nodes = world.startMany(12, { replication: 5, proofOfWorkBits: 0 });
  const [nearest, second, third, ...others] = byDistance(nodes);
  const version = { key, value: bytesOf("v"), stamp: world.queue.unixNow(), replication: 2 };
  for (const node of [nearest!, second!]) world.hold(node, { ...version, cachedMs: 10_000 });
  world.hold(third!, version);
  const explained = await explain(world, others.at(-1)!);
  assertEquals([explained.verdict, explained.holders, explained.wanted], ["found", 2, 2]);
  assertEquals(explained.responsible.length, 2);
});

Deno.test("a node alone explains that nobody could be asked", async () => {
  const world = new SimWorld();
  const explained = await explain(world, world.start(world.contact(1)));
  assertEquals(explained.stopped, "no other node is known that could be asked");
  assertEquals(explained.summary, "No other node is known, and this one does not hold the value.");
});

Deno.test("a frozen node in the way is named, with the value and without", async () => {
  const world = new SimWorld();
  const nodes = world.startMany(12);
  const [nearest, second, third, ...others] = byDistance(nodes);
  world.put(others[0]!, key, bytesOf("v"), { replication: 3 });
  world.freeze(nearest!);
  const found = await explain(world, others.at(-1)!);
  const frozen = formatAddress(nearest!.contact.address);
  assertEquals(found.verdict, "found");
  assertEquals(found.holders >= 2, true);
  assertEquals(found.responsible[0]!.contact.id, nearest!.contact.id);
  assertEquals([found.responsible[0]!.holds, found.responsible[0]!.reason], [null, "timeout"]);
  assertStringIncludes(found.summary, `${frozen} did not answer in time`);

  // All who held it are gone or frozen: the value cannot be found, and it is said where it may be.
  world.kill(second!);
  world.kill(third!);
  for (const { node } of others) await world.settle(node.ping(nearest!.contact));
  for (const { parts, alive, clock } of nodes) {
    if (alive && clock.isRunning) parts.storage.expire(Infinity);
  }
  const missing = await explain(world, others.at(-2)!);
  assertEquals([missing.verdict, missing.holders], ["missing", 0]);
  assert(missing.asked.some(({ outcome }) => outcome === "timeout" || outcome === "unreachable"));
  assertStringIncludes(missing.summary, `${frozen} did not answer in time`);
});

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
  const told = await explain(world, nodes[5]!);
  assertEquals([told.verdict, told.holders, told.wanted], ["missing", 0, 3]);
  assertEquals(told.summary, "None of the 11 nodes asked has the value.");
  assertEquals(told.stopped, "all 11 nodes known were asked");
  assertEquals(new Set(told.asked.map(({ contact }) => contact)).size, 11);
  assert(told.asked.every(({ outcome, ms }) => outcome === "contacts" && ms !== null && ms > 0));
  assertEquals(
    told.responsible.map(({ contact }) => contact.id),
    byDistance(nodes).slice(0, 3).map(({ contact }) => contact.id),
  );
  assert(told.responsible.every(({ holds, reason }) => holds === false && reason === null));
  assertEquals(told.here, { held: false, cached: false, ttlMs: null });
});

Deno.test("explaining a key tells who gave it, and who holds it", async () => {
  const world = new SimWorld();
  const nodes = world.startMany(12);
  const [nearest, , , , far] = byDistance(nodes);
  world.put(nearest!, key, bytesOf("v"), { replication: 3 });
  const told = await explain(world, far!);
  assertEquals([told.verdict, told.holders, told.wanted], ["found", 3, 3]);
  const giver = told.asked.find(({ outcome }) => outcome === "value")!;
  const where = formatAddress(giver.contact.address);
  assertEquals(told.stopped, `${where} gave the value`);
  assertStringIncludes(told.summary, `${where} gave the value after 1 hop and`);
  assertStringIncludes(told.summary, "3 of the 3 nodes that should hold it do.");
  assert(told.responsible.every(({ holds, stamp, ttlMs }) => holds && stamp && ttlMs! > 0));
  assert(
    told.asked.every(({ startedMs }, i) => i === 0 || startedMs >= told.asked[i - 1]!.startedMs),
  );
});

Deno.test("a holder explains what it holds itself", async () => {
  const world = new SimWorld();
  const nodes = world.startMany(6);
  const [nearest] = byDistance(nodes);
  world.put(nearest!, key, bytesOf("v"), { replication: 1 });
  const told = await explain(world, nearest!);
  assertEquals(told.here.held && !told.here.cached, true);
  assertEquals([told.verdict, told.holders], ["found", 1]);
  assertEquals(told.responsible.map(({ self, holds }) => [self, holds]), [[true, true]]);
  assertStringIncludes(told.summary, "1 of the 1 nodes that should hold it does");
});

Deno.test("copies left for speed do not say how many should hold a value", async () => {
  const world = new SimWorld();
  const nodes = world.startMany(12, { replication: 5, proofOfWorkBits: 0 });
  const [nearest, second, third, ...others] = byDistance(nodes);
  const version = { key, value: bytesOf("v"), stamp: 1, nonce: new Uint8Array(32), ttlMs: 10_000 };
  for (const { parts } of [nearest!, second!]) {
    parts.storage.put({ ...version, replication: 0 }, { isCached: true });
  }
  third!.parts.storage.put({ ...version, replication: 2 });
  const told = await explain(world, others.at(-1)!);
  assertEquals([told.verdict, told.holders, told.wanted], ["found", 2, 2]);
  assertEquals(told.responsible.length, 2);
});

Deno.test("a node alone explains that nobody could be asked", async () => {
  const world = new SimWorld();
  const told = await explain(world, world.start(world.contact(1)));
  assertEquals(told.stopped, "no other node is known that could be asked");
  assertEquals(told.summary, "No other node is known, and this one does not hold the value.");
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

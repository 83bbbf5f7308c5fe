import { assert, assertEquals } from "@std/assert";
import type { Contact } from "../../lib/core/kademlia/contact.ts";
import { compareDistance, type NodeId } from "../../lib/core/kademlia/node_id.ts";
import type { NodeOptions } from "../../lib/node/options.ts";
import type { SimTransport } from "../../lib/sim/transport.ts";
import { pingOf } from "../support/pings.ts";
import { SimWorld, type TestNode } from "../support/sim_world.ts";
import { bytesOf, fakeContact, keyOf, textOf } from "../support/values.ts";

const NODES = 30;
const PORTS = 20_000;

/** A network of honest nodes, each in a network of its own. */
function honestNetwork(world: SimWorld, options: Partial<NodeOptions> = {}): TestNode[] {
  const contacts = Array.from({ length: NODES }, (_, i) => fakeContact(`20.0.${i}.1`, 7402));
  const nodes = contacts.map((contact, i) => {
    const node = world.start(contact, i === 0 ? [] : [contacts[0]!], options);
    world.run(200);
    return node;
  });
  world.run(30_000);
  return nodes;
}

/** The ports of one address that are closest to a key, closest first. */
function portsNear(key: NodeId, count: number, ip = "203.0.113.7"): Contact[] {
  return Array.from({ length: PORTS }, (_, i) => fakeContact(ip, 1 + i))
    .sort((a, b) => compareDistance(key, a.id, b.id))
    .slice(0, count);
}

/** Nodes that name each other only, store nothing while they say so, and find no value. */
function startSybils(world: SimWorld, contacts: readonly Contact[]): SimTransport[] {
  return contacts.map((contact) =>
    world.startScripted(contact, (request) => {
      if (request.type === "ping") return world.pong();
      if (request.type === "store") return { type: "stored", status: "stored" };
      if (request.type === "digest") return { type: "different", ranges: [] };
      if (request.type === "offer") {
        return { type: "wanted", wanted: [], replaced: [], offered: [] };
      }
      return { type: "foundNode", contacts };
    })
  );
}

/** Has peers introduce themselves to nodes, and be dialled back. */
function introduce(world: SimWorld, peers: readonly SimTransport[], nodes: readonly TestNode[]) {
  for (const peer of peers) {
    for (const { contact } of nodes) {
      peer.request(contact, pingOf(peer.self, world.queue.unixNow()), () => {});
    }
    world.run(50);
  }
  world.run(10_000);
}

function isOf(contacts: readonly Contact[]) {
  const names = new Set(contacts.map(({ address }) => `${address.hostname}:${address.port}`));
  return ({ address }: Contact) => names.has(`${address.hostname}:${address.port}`);
}

for (const ports of [20, 60]) {
  Deno.test(`${ports} ports of one address that are closest to a key get two replicas of twenty`, () => {
    const world = new SimWorld();
    const nodes = honestNetwork(world);
    const key = keyOf("wanted");
    const sybils = portsNear(key, ports);
    introduce(world, startSybils(world, sybils), nodes);
    const { holders } = world.put(nodes[3]!, key, bytesOf("value"), { ttlMs: 3_600_000 });
    assertEquals(holders.length, 20);
    assertEquals(holders.filter(isOf(sybils)).length, 2);
    const told = nodes[0]!.lines.filter((line) => line.includes("Turned a node of 203.0.113.0/24"));
    assertEquals(told.length, 1);
    for (const node of nodes) assertEquals(textOf(world.get(node, key)?.value), "value");
    world.run(120_000);
    assert(world.holders(key).length >= 18, `${world.holders(key).length} honest holders`);
  });
}

Deno.test("where networks do not count, nodes that stand too close to a key are told", async () => {
  const world = new SimWorld();
  const nodes = honestNetwork(world, { diversity: "off" });
  const key = keyOf("wanted");
  const asker = nodes[5]!.node;
  for (let i = 0; i < 20; i++) world.get(nodes[5]!, keyOf(`honest ${i}`));
  const before = await world.settle(asker.explain(key));
  assertEquals([before.attack, asker.health().reasons.length], [null, 1]);
  introduce(world, startSybils(world, portsNear(key, 20)), nodes);
  const { attack: told, summary } = await world.settle(asker.explain(key));
  const attack = String(told);
  assert(attack.includes("closer to it than chance allows"), summary);
  assert(summary.includes(attack), summary);
  const { verdict, reasons } = asker.health();
  assertEquals(verdict, "healthy");
  assert(reasons.includes(attack));
  const warnings = nodes[5]!.lines.filter((line) => line.startsWith("warn An attack"));
  assertEquals(warnings.length, 1);
  world.run(11 * 60_000);
  assertEquals(asker.health().reasons.length, 1);
});

Deno.test("one peer that names thirteen others does not get all copies of a PUT", () => {
  const world = new SimWorld();
  const nodes = honestNetwork(world, { diversity: "off" });
  const key = keyOf("wanted");
  const sybils = portsNear(key, 13);
  introduce(world, startSybils(world, sybils).slice(0, 1), nodes);
  const { holders } = world.put(nodes[3]!, key, bytesOf("value"), { replication: 3 });
  assertEquals(holders.length, 3);
  assert(holders.some((holder) => !isOf(sybils)(holder)), "one honest holder at least");
});

import { assert, assertEquals, assertMatch } from "@std/assert";
import { sameContact } from "../../../lib/core/kademlia/contact.ts";
import { JOIN_RETRY_MAX_MS } from "../../../lib/node/limits.ts";
import { commonPrefixLength, compareDistance } from "../../../lib/core/kademlia/node_id.ts";
import { bytesOf, fakeContact, keyOf, textOf } from "../../support/values.ts";
import { SimWorld, type TestNode } from "../../support/sim_world.ts";

function warnings({ lines }: TestNode): string[] {
  return lines.filter((line) => line.startsWith("warn"));
}

/** Times of the pings to one contact. */
function pingTimes({ sent }: TestNode, to: TestNode["contact"]): number[] {
  return sent.filter((s) => s.request.type === "ping" && sameContact(s.to, to)).map((s) => s.time);
}

Deno.test("two nodes know each other once one has joined through the other", () => {
  const world = new SimWorld();
  const a = world.start(world.contact(1));
  const b = world.start(world.contact(2), [a.contact]);
  world.run(2_000);
  assert(a.parts.table.entry(b.contact));
  assert(b.parts.table.entry(a.contact));
});

Deno.test("a node that joins a large network finds its own neighbourhood and all other parts", () => {
  const world = new SimWorld();
  const nodes = world.startMany(80, { bucketSize: 8 });
  const late = world.start(world.contact(200), [nodes[0]!.contact], { bucketSize: 8 });
  world.run(10_000);
  const { table } = late.parts;
  const byCloseness = nodes.map(({ contact }) => contact)
    .sort((a, b) => compareDistance(late.contact.id, a.id, b.id));
  for (const contact of byCloseness.slice(0, 3)) assert(table.entry(contact));
  for (let bits = 0; bits < 3; bits++) {
    const there = [...table.entries()]
      .filter(({ contact }) => commonPrefixLength(contact.id, late.contact.id) === bits);
    assert(there.length >= 4, `${there.length} contacts share exactly ${bits} bits`);
  }
});

Deno.test("joining looks up the other half of the network by a flipped bit, unless it is full", () => {
  const world = new SimWorld();
  const nodes = world.startMany(40, { bucketSize: 4 });
  const late = world.start(world.contact(200), [nodes[0]!.contact], { bucketSize: 4 });
  world.run(5_000);
  const targets = late.sent.flatMap(({ request }) =>
    request.type === "findNode" ? [request.key] : []
  );
  const flipped = targets.map((target) => commonPrefixLength(target, late.contact.id));
  for (const bits of flipped) {
    assert(bits <= 6 || bits === 256, `a target that shares ${bits} bits`);
  }
  assert(targets.length < 150, `${targets.length} requests`);
});

Deno.test("a node of a settled network does not join again and again", () => {
  const world = new SimWorld();
  const nodes = world.startMany(60, { bucketSize: 4 });
  world.run(10 * 60_000);
  const joins = () => nodes.flatMap(({ lines }) => lines.filter((line) => /Joined/.test(line)));
  const before = joins().length;
  world.run(60 * 60_000);
  const more = joins().length - before;
  assert(more < 2 * nodes.length, `${more} joins of ${nodes.length} nodes in an hour of peace`);
});

Deno.test("a node whose bootstrapper is down says so once, and joins when it is up", () => {
  const world = new SimWorld();
  const late = world.contact(1);
  const node = world.start(world.contact(2), [late]);
  world.run(20_000);
  assertEquals(warnings(node).length, 1, node.lines.join("\n"));
  assert(/Cannot join.*10\.0\.0\.1:7402 cannot be reached/.test(warnings(node)[0]!));
  world.start(late);
  world.run(JOIN_RETRY_MAX_MS * 1.2);
  assert(node.parts.table.entry(late));
  assertEquals(warnings(node).length, 1);
});

Deno.test("a node that joins without one of its bootstrappers says so once, until that has answered", () => {
  const world = new SimWorld();
  const [one, late] = [world.start(world.contact(1)), world.contact(2)];
  const node = world.start(world.contact(3), [late, one.contact]);
  world.run(10_000);
  for (let i = 4; i < 8; i++) world.start(world.contact(i), [one.contact]);
  world.run(10 * 60_000);
  const joins = () => node.lines.filter((line) => line.startsWith("info Joined"));
  assert(joins().length > 1, "it has joined more than once");
  assertEquals(warnings(node), ["warn Bootstrapper 10.0.0.2:7402 cannot be reached"]);
  const back = world.start(late);
  world.run(10 * 60_000);
  assert(node.parts.table.entry(late));
  world.kill(back);
  node.parts.joiner.join();
  world.run(10_000);
  assertEquals(warnings(node).length, 2);
});

Deno.test("a node among its own bootstrappers leaves itself out, with any certificate", () => {
  const world = new SimWorld();
  const self = world.contact(1);
  const renewed = fakeContact(self.address.hostname, self.address.port, "renewed");
  const first = world.start(self, [self, renewed]);
  const [left, other = ""] = first.lines;
  assertEquals(left, "info Left out bootstrapper 10.0.0.1:7402: it is this node");
  // An invite of another machine that listens on loopback looks like this.
  assertMatch(
    other,
    /^warn Left out bootstrapper 10\.0\.0\.1:7402: this is this node's own address/,
  );
  world.run(20_000);
  assertEquals(first.node.health().verdict, "alone");
  assertEquals([first.sent, warnings(first)], [[], [other]]);
  const second = world.start(world.contact(2), [self, world.contact(2)]);
  world.run(2_000);
  assert(second.parts.table.entry(self));
});

Deno.test("the waits between attempts to join double from 1 s to 60 s", () => {
  const world = new SimWorld();
  const absent = world.contact(1);
  const node = world.start(world.contact(2), [absent]);
  world.run(600_000);
  const times = pingTimes(node, absent);
  const waits = times.slice(1).map((time, i) => time - times[i]!);
  assert(waits.length >= 8, `${waits.length} attempts in 10 minutes`);
  let expected = 1_000;
  for (const wait of waits.slice(0, 6)) {
    assert(Math.abs(wait - expected) < 0.25 * expected, `waits of ${waits.map(Math.round)} ms`);
    expected *= 2;
  }
});

Deno.test("two bootstrappers that are down are named once each", () => {
  const world = new SimWorld();
  const node = world.start(world.contact(3), [world.contact(1), world.contact(2)]);
  world.run(300_000);
  assertEquals(warnings(node).length, 2, warnings(node).join("\n"));
});

Deno.test("a bootstrapper with another certificate than the one given is not joined", () => {
  const world = new SimWorld();
  const real = world.start(world.contact(1));
  const wrong = fakeContact("10.0.0.1", 7402, "another");
  const node = world.start(world.contact(2), [wrong]);
  world.run(20_000);
  assertEquals(warnings(node).length, 1);
  assert(/does not have the expected certificate/.test(warnings(node)[0]!), warnings(node)[0]);
  assertEquals(node.parts.table.size, 0);
  assertEquals(real.parts.table.size, 0);
});

Deno.test("one bootstrapper out of two is enough", () => {
  const world = new SimWorld();
  const a = world.start(world.contact(1));
  const b = world.start(world.contact(3), [world.contact(2), a.contact]);
  world.run(10_000);
  assert(b.parts.table.entry(a.contact));
  assert(b.lines.some((line) => line.startsWith("info Joined")));
});

Deno.test("nodes that start all at once all find each other", () => {
  const world = new SimWorld();
  const first = world.contact(1);
  const nodes = Array.from(
    { length: 12 },
    (_, i) => world.start(world.contact(i + 1), i === 0 ? [] : [first]),
  );
  world.run(30_000);
  for (const { node, contact } of nodes) {
    assertEquals(node.contacts().length, 11, `contacts of ${contact.address.hostname}`);
  }
});

Deno.test("a node that is its own bootstrapper does not mind", () => {
  const world = new SimWorld();
  const self = world.contact(1);
  const node = world.start(self, [self]);
  world.run(100_000);
  assertEquals(node.parts.table.size, 0);
});

Deno.test("closing while joining ends at once and leaves nothing to happen", async () => {
  const world = new SimWorld();
  const nodes = world.startMany(10);
  const late = world.start(world.contact(100), [nodes[0]!.contact]);
  world.run(25);
  const before = world.now;
  await world.close(late);
  assert(world.now - before < 2_000);
  const sent = late.sent.length;
  world.run(600_000);
  assertEquals(late.sent.length, sent);
});

Deno.test("a GET or a PUT at the very start of a node waits until it has joined, and is right", () => {
  const world = new SimWorld();
  const nodes = world.startMany(20);
  world.put(nodes[3]!, keyOf("old"), bytesOf("old"), { replication: 3 });
  for (let i = 0; i < 5; i++) {
    const newcomer = world.start(world.contact(100 + i), [nodes[0]!.contact]);
    assertEquals(textOf(world.get(newcomer, keyOf("old"))?.value), "old");
    const other = world.start(world.contact(200 + i), [nodes[0]!.contact]);
    const key = keyOf(`new ${i}`);
    const { holders } = world.put(other, key, bytesOf("new"), { replication: 3 });
    assertEquals(holders.length, 3);
    world.kill(other);
    assertEquals(textOf(world.get(nodes[7]!, key)?.value), "new");
  }
});

Deno.test("where no bootstrapper answers, a GET waits for some seconds at most", () => {
  const world = new SimWorld();
  const alone = world.start(world.contact(1), [world.contact(2)]);
  const before = world.now;
  assertEquals(world.get(alone, keyOf("nothing")), null);
  assert(world.now - before <= 3_500, `${world.now - before} ms`);
});

Deno.test("a first node, which has no bootstrapper, waits for nothing", () => {
  const world = new SimWorld();
  const first = world.start(world.contact(1));
  world.put(first, keyOf("own"), bytesOf("own"));
  assertEquals(textOf(world.get(first, keyOf("own"))?.value), "own");
  assert(world.now < 50, `${world.now} ms`);
});

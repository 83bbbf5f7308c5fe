/** Nodes whose clocks are wrong, are set, or sleep: what was put is found, and nothing is found past its end. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { sameContact } from "../../../lib/core/kademlia/contact.ts";
import { compareDistance } from "../../../lib/core/kademlia/node_id.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../lib/core/units.ts";
import { REPLICA } from "../../../lib/core/value.ts";
import { closestTo, SimWorld, type TestNode } from "../../support/sim_world.ts";
import { bytesOf, keyOf, textOf } from "../../support/values.ts";

/** How far ahead the clocks of a network are that are not right. */
const WRONG_MS = [
  -10 * MINUTE_MS,
  -6 * MINUTE_MS,
  -3 * SECOND_MS,
  3 * SECOND_MS,
  6 * MINUTE_MS,
  25 * HOUR_MS,
];

/** Nodes that join one after another: those in the middle are wrong, the others right. */
function startWrong(world: SimWorld, count: number): TestNode[] {
  for (let i = 3; i <= count; i += 3) {
    const wrongMs = WRONG_MS[(i / 3 - 1) % WRONG_MS.length]!;
    world.clockOffsets.set(world.contact(i).address.hostname, wrongMs);
  }
  return world.startMany(count);
}

function assertAllRead(world: SimWorld, nodes: readonly TestNode[], name: string, value: string) {
  for (const node of nodes) {
    const who = node.contact.address.hostname;
    assertEquals(textOf(world.get(node, keyOf(name))?.value), value, `${name} at ${who}`);
  }
}

Deno.test("clocks from 10 min behind to 25 h ahead: every PUT is found everywhere", () => {
  const world = new SimWorld();
  const nodes = startWrong(world, 24);
  for (const [i, node] of nodes.entries()) {
    const alone = world.put(node, keyOf(`one ${i}`), bytesOf(`${i}`), { replication: 1 });
    assertEquals(alone.holders.length, 1);
    const { holders, refused } = world.put(node, keyOf(`many ${i}`), bytesOf(`${i}`));
    assertEquals([holders.length, refused], [20, []]);
  }
  world.run(MINUTE_MS + SECOND_MS); // what the nodes have kept for themselves is gone
  for (const i of nodes.keys()) {
    assertAllRead(world, nodes, `one ${i}`, `${i}`);
    assertAllRead(world, nodes, `many ${i}`, `${i}`);
  }
});

Deno.test("clocks from 10 min behind to 25 h ahead: the later of two writers wins", () => {
  const world = new SimWorld();
  const nodes = startWrong(world, 18);
  for (let round = 0; round < 48; round++) {
    const name = `contended ${round}`;
    const writers = [0, 1, 2].map(() => nodes[world.random.below(nodes.length)]!);
    for (const [i, writer] of writers.entries()) world.put(writer, keyOf(name), bytesOf(`${i}`));
    assertAllRead(world, nodes, name, "2");
  }
});

Deno.test("a PUT that a stamp from the near future displaces is put again above it", () => {
  const world = new SimWorld();
  const nodes = world.startMany(30);
  const key = keyOf("contended");
  const [writer] = nodes.toSorted((a, b) => compareDistance(key, b.contact.id, a.contact.id));
  const stamp = world.queue.unixNow() + 3 * SECOND_MS;
  const other = world.version({ key, value: bytesOf("first"), stamp });
  const stranger = world.startScripted(world.contact(99), () => null);
  for (const { contact } of nodes) {
    if (contact === writer!.contact) continue;
    world.ask(stranger, contact, { type: "store", ...other, cachedUntil: REPLICA });
  }
  const { holders } = world.put(writer!, key, bytesOf("second"));
  assertEquals(holders.length, 20);
  for (const holder of world.holders(key)) {
    const { node } = holder;
    if (!holders.some((contact) => sameContact(contact, node.self))) continue;
    assertEquals([textOf(node.held(key)?.value), node.held(key)?.stamp], ["second", stamp + 1]);
  }
  assertAllRead(world, [writer!], "contended", "second");
  const late = world.put(writer!, key, bytesOf("third"), { writeQuorum: 1 });
  assertEquals(late.holders.length > 0, true);
  world.run(MINUTE_MS + SECOND_MS);
  assertAllRead(world, [writer!], "contended", "third");
});

Deno.test("values of nodes with wrong clocks end when they should, and not before", () => {
  const world = new SimWorld();
  const nodes = startWrong(world, 24);
  for (const [i, node] of nodes.entries()) {
    world.put(node, keyOf(`${i}`), bytesOf("value"), { replication: 3, ttlMs: 10 * MINUTE_MS });
  }
  world.run(9 * MINUTE_MS);
  for (const i of nodes.keys()) assertAllRead(world, nodes, `${i}`, "value");
  world.run(MINUTE_MS);
  for (const i of nodes.keys()) {
    for (const node of nodes) assertEquals(world.get(node, keyOf(`${i}`)), null);
  }
});

Deno.test("a clock that is set back by an hour: the next PUT is taken everywhere, and read", () => {
  const world = new SimWorld();
  const nodes = startWrong(world, 12);
  const writer = nodes[4]!;
  for (const [round, ms] of [-HOUR_MS, HOUR_MS, 25 * HOUR_MS, -HOUR_MS].entries()) {
    world.put(writer, keyOf("again"), bytesOf(`before ${round}`));
    writer.clock.jump(ms);
    const { holders, refused } = world.put(writer, keyOf("again"), bytesOf(`after ${round}`));
    assertEquals([holders.length, refused], [12, []]);
    assertAllRead(world, nodes, "again", `after ${round}`);
  }
  assert(writer.lines.includes("info The clock of this machine was set back"), `${writer.lines}`);
});

Deno.test("a lone node whose clock is set back reads what it wrote last", () => {
  const world = new SimWorld();
  const node = world.start(world.contact(1));
  world.put(node, keyOf("again"), bytesOf("before"));
  node.clock.jump(-HOUR_MS);
  assertEquals(world.put(node, keyOf("again"), bytesOf("after")).holders.length, 1);
  assertAllRead(world, [node], "again", "after");
});

Deno.test("a node that has slept for 8 h serves nothing that has ended, and takes part again", () => {
  const world = new SimWorld();
  const nodes = startWrong(world, 8);
  const ends = { ttlMs: 40 * MINUTE_MS };
  const lasts = { ttlMs: 12 * HOUR_MS };
  for (let i = 0; i < 20; i++) {
    world.put(nodes[i % 8]!, keyOf(`ends ${i}`), bytesOf("value"), ends);
    world.put(nodes[i % 8]!, keyOf(`lasts ${i}`), bytesOf("value"), lasts);
  }
  const sleeper = nodes[5]!;
  assertEquals([...sleeper.node.heldValues()].length, 40);
  world.suspend(sleeper, 8 * HOUR_MS);
  world.run(8 * HOUR_MS);
  assertEquals([...sleeper.node.heldValues()].length, 20);
  const stranger = world.startScripted(world.contact(99), () => null);
  for (let i = 0; i < 20; i++) {
    const request = { type: "findValue", key: keyOf(`ends ${i}`), amount: 20 } as const;
    const answer = world.ask(stranger, sleeper.contact, request);
    assertEquals(typeof answer === "string" ? answer : answer.type, "foundNode");
  }
  world.run(2 * MINUTE_MS);
  for (let i = 0; i < 20; i++) assertAllRead(world, nodes, `lasts ${i}`, "value");
  world.put(sleeper, keyOf("awake"), bytesOf("value"));
  assertAllRead(world, nodes, "awake", "value");
});

Deno.test("a wrong clock is logged once, and shown; a right one is not", () => {
  const world = new SimWorld();
  const nodes = startWrong(world, 24);
  const warnings = (node: TestNode) => node.lines.filter((line) => line.startsWith("warn"));
  world.run(3 * HOUR_MS);
  for (const node of nodes) {
    const wrongMs = node.clock.offsetMs;
    assert(Math.abs(node.node.figures().clockOffsetMs + wrongMs) < 20);
    assertEquals(warnings(node).length, Math.abs(wrongMs) > 5_000 ? 1 : 0, `${node.lines}`);
  }
  const behind = nodes[5]!; // by 6 min
  const words = /the clock of this node is 6 min 0 s behind the network's/i;
  assertMatch(warnings(behind)[0]!, words);
  const { verdict, reasons } = behind.node.health();
  assertEquals(verdict, "healthy");
  assertMatch(reasons.at(-1)!, words);
  behind.clock.jump(6 * MINUTE_MS);
  world.run(10 * MINUTE_MS);
  assertEquals(behind.node.health().reasons.length, 1);
});

Deno.test("a node that is asked to ping itself counts its own clock once", () => {
  const world = new SimWorld();
  const nodes = world.startMany(4);
  nodes[0]!.clock.jump(-10 * MINUTE_MS);
  nodes[1]!.clock.jump(-10 * MINUTE_MS);
  const third = world.start(world.contact(5), [nodes[0]!.contact]);
  nodes.push(third);
  for (const from of nodes) for (const to of nodes) void from.node.ping(to.contact);
  world.run(10 * SECOND_MS);
  for (const { node, clock } of nodes) {
    assert(Math.abs(node.figures().clockOffsetMs + clock.offsetMs) < SECOND_MS);
  }
});

Deno.test("where half of the clocks are wrong each node says so, until most agree again", () => {
  const world = new SimWorld();
  const nodes = world.startMany(6);
  const troubles = ({ node }: TestNode) => {
    const { verdict, reasons } = node.health();
    return [verdict, reasons.some((reason) => reason.includes("agree on the time"))];
  };
  const warnings = ({ lines }: TestNode) => lines.filter((line) => line.includes("in doubt"));
  nodes[2]!.clock.jump(6 * MINUTE_MS);
  nodes[4]!.clock.jump(25 * HOUR_MS);
  world.run(10 * MINUTE_MS);
  for (const node of nodes) {
    assertEquals([...troubles(node), warnings(node)], ["healthy", false, []]);
  }
  nodes[1]!.clock.jump(-10 * MINUTE_MS);
  world.run(2 * HOUR_MS);
  for (const node of nodes) {
    assertEquals([...troubles(node), warnings(node).length], ["degraded", true, 1]);
    assertMatch(warnings(node)[0]!, /^warn .*only 3 of the 6 clocks/);
  }
  nodes[1]!.clock.jump(10 * MINUTE_MS);
  world.run(2 * HOUR_MS);
  for (const node of nodes) assertEquals(troubles(node), ["healthy", false]);
});

Deno.test("where half of the clocks are set the nodes go on by the time that most had agreed on", () => {
  for (const jumpMs of [-10 * MINUTE_MS, 10 * MINUTE_MS]) {
    const world = new SimWorld();
    const nodes = world.startMany(6);
    world.put(nodes[0]!, keyOf("before"), bytesOf("value"), { ttlMs: 20 * MINUTE_MS });
    for (const { clock } of nodes.slice(3)) clock.jump(jumpMs);
    for (const from of nodes) for (const to of nodes) void from.node.ping(to.contact);
    world.run(10 * SECOND_MS);
    const trueNow = world.queue.unixNow();
    for (const { node } of nodes) {
      assert(Math.abs(node.networkNow() - trueNow) < SECOND_MS);
      assertEquals(node.health().verdict, "degraded");
    }
    world.put(nodes[4]!, keyOf("after"), bytesOf("value"), { ttlMs: 15 * MINUTE_MS });
    world.run(14 * MINUTE_MS);
    assertAllRead(world, nodes, "before", "value");
    assertAllRead(world, nodes, "after", "value");
    world.run(10 * MINUTE_MS);
    for (const node of nodes) {
      assertEquals([world.get(node, keyOf("before")), world.get(node, keyOf("after"))], [
        null,
        null,
      ]);
    }
  }
});

Deno.test("where all clocks are minutes apart nodes take the time to be nearly the same", () => {
  const world = new SimWorld();
  for (let i = 1; i <= 24; i++) {
    const offsetMs = 8 * MINUTE_MS * (world.random.next() - 0.5);
    world.clockOffsets.set(world.contact(i).address.hostname, offsetMs);
  }
  const nodes = world.startMany(24);
  const times = nodes.map(({ node }) => node.networkNow());
  assert(Math.max(...times) - Math.min(...times) < MINUTE_MS / 2, `${times}`);
});

Deno.test("a node that slept while a value was overwritten gives the older one to nobody", () => {
  const world = new SimWorld();
  const nodes = world.startMany(8);
  for (let i = 0; i < 8; i++) {
    const key = keyOf(`slept through ${i}`);
    world.put(nodes[i]!, key, bytesOf("older"), { replication: 3, ttlMs: HOUR_MS });
    world.run(MINUTE_MS);
    const [sleeper, ...others] = world.holders(key) as [TestNode, ...TestNode[]];
    world.suspend(sleeper, 5 * MINUTE_MS);
    const writer = nodes.find((node) => node !== sleeper && !others.includes(node))!;
    world.run(2 * MINUTE_MS);
    world.put(writer, key, bytesOf("newer"), { replication: 3, ttlMs: HOUR_MS });
    world.run(3 * MINUTE_MS + 1);
    assertEquals(textOf(world.get(sleeper, key)?.value), "newer", "through the one that slept");
    for (const node of nodes) assertEquals(textOf(world.get(node, key)?.value), "newer");
    world.run(MINUTE_MS);
    assertEquals(world.holders(key).map(({ node }) => textOf(node.held(key)!.value)), [
      "newer",
      "newer",
      "newer",
    ]);
  }
});

Deno.test("a node that has slept gives each asker its own value, though it answers later", () => {
  const world = new SimWorld();
  const [sleeper, asker] = world.startMany(2) as [TestNode, TestNode];
  const names = ["one", "two", "three"];
  for (const name of names) world.put(asker, keyOf(name), bytesOf(name), { ttlMs: HOUR_MS });
  world.suspend(sleeper, MINUTE_MS);
  world.run(MINUTE_MS + 1);
  const answers: (string | null | undefined)[] = [];
  for (const name of names) {
    // The bytes of a request are valid during the call only.
    const key = keyOf(name).slice();
    asker.transport.request(sleeper.contact, { type: "findValue", key, amount: 1 }, (answer) => {
      answers.push(answer?.type === "foundValue" ? textOf(answer.value) : answer?.type);
    });
  }
  world.run(5 * SECOND_MS);
  assertEquals(answers, names);
});

Deno.test("a node that has slept asks who may have a newer version before it gives its own", () => {
  const world = new SimWorld();
  const sleeper = world.start(world.contact(1));
  const key = keyOf("replaced");
  const version = (text: string) => ({
    ...world.version({ key, value: bytesOf(text), replication: 1 }),
    cachedUntil: REPLICA,
  });
  const older = version("older");
  world.run(MINUTE_MS);
  const newer = version("newer");
  const other = world.startScripted(world.contact(2), ({ type }) => {
    if (type === "findValue") return { type: "foundValue", ...newer };
    if (type === "findNode") return { type: "foundNode", contacts: [] };
    return type === "digest" ? { type: "different", ranges: [] } : world.pong();
  });
  sleeper.node.ping(other.self);
  world.run(SECOND_MS);
  sleeper.transport.deliver({ ...older, type: "store" });
  world.suspend(sleeper, MINUTE_MS);
  world.run(MINUTE_MS + 1);
  const asker = world.startScripted(world.contact(3), () => null);
  const answer = world.ask(asker, sleeper.contact, { type: "findValue", key, amount: 1 });
  const value = typeof answer !== "string" && answer.type === "foundValue" ? answer.value : null;
  assertEquals(textOf(value), "newer");
});

Deno.test("a PUT of a node whose clock was wrong when it started is dated anew, and found", () => {
  const starts = [
    [25 * HOUR_MS, HOUR_MS],
    [-10 * MINUTE_MS, 5 * MINUTE_MS],
    [-10 * MINUTE_MS, HOUR_MS],
  ] as const;
  for (const [offsetMs, ttlMs] of starts) {
    const world = new SimWorld();
    const nodes = world.startMany(8);
    const contact = world.contact(50);
    world.clockOffsets.set(contact.address.hostname, offsetMs);
    const late = world.start(contact, [nodes[0]!.contact]);
    const receipt = world.put(late, keyOf("early"), bytesOf("value"), { replication: 5, ttlMs });
    assertEquals(receipt.holders.length, 5);
    assertAllRead(world, [...nodes, late], "early", "value");
    world.run(ttlMs - 10 * SECOND_MS);
    assertAllRead(world, [...nodes, late], "early", "value");
    world.run(MINUTE_MS);
    for (const node of [...nodes, late]) assertEquals(world.get(node, keyOf("early")), null);
  }
});

Deno.test("a node that has slept looks for a newer version of a single replica that it is sent then", () => {
  const world = new SimWorld();
  const key = keyOf("sent again");
  const [sleeper, next, sender] = closestTo(key, world.startMany(8)) as [
    TestNode,
    TestNode,
    TestNode,
  ];
  const older = world.version({ key, value: bytesOf("older"), replication: 1 });
  world.suspend(sleeper, MINUTE_MS);
  world.run(MINUTE_MS - SECOND_MS);
  world.hold(next, { key, value: bytesOf("newer"), replication: 1 });
  world.run(SECOND_MS + 1);
  world.ask(sender.transport, sleeper.contact, { type: "store", ...older, cachedUntil: REPLICA });
  world.run(100);
  assertEquals(textOf(sleeper.node.held(key)?.value), "newer");
});

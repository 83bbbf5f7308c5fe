/**
 * Whose certificate counts at an address: that of the contact that has proven itself there, while it may be alive.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { MINUTE_MS } from "../../../lib/core/units.ts";
import type { SimTransport } from "../../../lib/sim/transport.ts";
import { CERTIFICATE_KEPT_DEFAULT_MS as KEPT_MS } from "../../../lib/core/limits.ts";
import { RoutingTable } from "../../../lib/core/kademlia/routing_table.ts";
import { Pins, type PinsParts } from "../../../lib/node/membership/pins.ts";
import { pingOf } from "../../support/pings.ts";
import { SimWorld, type TestNode } from "../../support/sim_world.ts";
import { bytesOf, fakeContact, keyOf, textOf } from "../../support/values.ts";

/** Who takes over the address of the second node. */
const impostor = fakeContact("10.0.0.2", 7402, "stolen");
const warnings = ({ lines }: TestNode, what: RegExp) => lines.filter((line) => what.test(line));
const REFUSED = /^warn Refused another certificate for the node at 10\.0\.0\.2:7402, /;
const TAKEN = /^warn Took another certificate for the node at 10\.0\.0\.2:7402: /;

/** Answers at the address of the node that was killed, and counts what it is asked; introduces itself to others. */
function takeOver(world: SimWorld, others: readonly TestNode[]) {
  const asked: string[] = [];
  const transport = world.startScripted(impostor, ({ type }) => {
    asked.push(type);
    return type === "ping" ? world.pong() : null;
  });
  const introduce = () => {
    for (const { contact } of others) transport.request(contact, pingOf(impostor), () => {});
  };
  return { asked, introduce, transport: transport as SimTransport };
}

Deno.test("who takes over an address for a minute does not take the place of the node in others' tables", () => {
  const world = new SimWorld();
  const nodes = world.startMany(6);
  const [, victim] = nodes as [TestNode, TestNode];
  const others = nodes.filter((node) => node !== victim);
  world.kill(victim);
  const { asked, introduce, transport } = takeOver(world, others);
  for (let passed = 0; passed < MINUTE_MS; passed += 5_000) {
    introduce();
    world.run(5_000);
    for (const { parts } of others) assertEquals(parts.table.entry(impostor), null);
  }
  assertEquals(asked, [], "nobody even asks");
  for (const node of others) assertEquals(warnings(node, REFUSED).length, 1);
  void transport.close();
  world.restart(victim);
  world.run(MINUTE_MS);
  for (const { parts } of others) assert(parts.table.entry(victim.contact));
  for (const node of others) assertEquals(warnings(node, TAKEN), []);
});

Deno.test("a value is asked for nowhere but where its holders have proven themselves", () => {
  const world = new SimWorld();
  const [first, victim, ...rest] = world.startMany(5) as [TestNode, TestNode, ...TestNode[]];
  const key = keyOf("key");
  world.put(first, key, bytesOf("value"));
  world.kill(victim);
  const { asked, introduce } = takeOver(world, [first, ...rest]);
  introduce();
  world.run(5_000);
  for (const node of [first, ...rest]) {
    assertEquals(textOf(world.get(node, key)?.value), "value");
    assert(world.put(node, key, bytesOf("value")).holders.length > 0);
  }
  assertEquals(asked, []);
});

Deno.test("a node that has been dead for long gives its address to another one, and that is logged", () => {
  const world = new SimWorld();
  const [first, victim, ...rest] = world.startMany(4) as [TestNode, TestNode, ...TestNode[]];
  world.kill(victim);
  world.run(2 * MINUTE_MS);
  const { introduce } = takeOver(world, [first, ...rest]);
  world.run(KEPT_MS - 5 * MINUTE_MS);
  introduce();
  world.run(MINUTE_MS);
  assertEquals(first.parts.table.entry(impostor), null, "not yet");
  world.run(8 * MINUTE_MS);
  introduce();
  world.run(MINUTE_MS);
  assert(first.parts.table.entry(impostor));
  assertEquals(warnings(first, TAKEN).length, 1);
  assertMatch(warnings(first, TAKEN)[0]!, /the one before has not answered for long$/);
});

Deno.test("an operator may say that the certificate has changed, or that it may at any time", () => {
  for (const certificateKeptMs of [KEPT_MS, 0]) {
    const world = new SimWorld();
    const [first, victim] = world.startMany(2, { certificateKeptMs }) as [TestNode, TestNode];
    world.kill(victim);
    world.run(MINUTE_MS);
    if (certificateKeptMs > 0) {
      assert(first.node.forgetContact(victim.contact.id));
      assert(!first.node.forgetContact(victim.contact.id));
    }
    const { introduce } = takeOver(world, [first]);
    introduce();
    world.run(1_000);
    assert(first.parts.table.entry(impostor));
  }
});

Deno.test("another certificate with the same key is taken at once, one with another key never beside a live contact", () => {
  const lines: string[] = [];
  let now = 0;
  const known = fakeContact("10.0.0.2", 7402, "key a, first");
  const table = new RoutingTable(fakeContact("10.0.0.1", 7402).id, {
    prefixLength: 1,
    bucketSize: 20,
  });
  const keyOf = (certificate: Uint8Array) => certificate.subarray(0, 5);
  const pins = new Pins({
    table,
    bootstrappers: [],
    options: { certificateKeptMs: KEPT_MS },
    ports: {
      clock: { now: () => now },
      log: (level: string, line: string) => lines.push(`${level} ${line}`),
      keyOf,
    },
  } as unknown as PinsParts);
  table.insert(known, now);
  const renewed = fakeContact("10.0.0.2", 7402, "key a, second");
  now += 100 * KEPT_MS;
  assert(!pins.allows(impostor));
  assert(!pins.take(impostor));
  assert(pins.allows(renewed));
  assert(pins.take(renewed));
  assertMatch(lines.at(-1)!, /^warn Took another certificate .*: it has the same key$/);
});

Deno.test("what an earlier process knew counts for as long, and an operator's bootstrapper above it", () => {
  const world = new SimWorld();
  const given = fakeContact("10.0.0.3", 7402, "given");
  world.startScripted(given, () => world.pong());
  world.startScripted(impostor, () => world.pong());
  const node = world.start(world.contact(1), [given]);
  const { pins } = node.parts;
  for (const contact of [world.contact(2), world.contact(3)]) pins.note(contact, world.now);
  world.run(5_000);
  assert(node.parts.table.entry(given));
  node.parts.introductions.ping(impostor);
  world.run(5_000);
  assertEquals(node.parts.table.entry(impostor), null);
});

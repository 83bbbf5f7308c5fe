/** A node that nobody can dial learns of it, says so, and is a client until it can be reached. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Contact } from "../../../lib/core/kademlia/contact.ts";
import { Node } from "../../../lib/node/node.ts";
import { SimWorld, type TestNode } from "../../support/sim_world.ts";
import { bytesOf, fakeContact, keyOf, textOf } from "../../support/values.ts";

/** A node that says that it listens where it does not. */
function startUnreachable(world: SimWorld, via: readonly Contact[]) {
  const lines: string[] = [];
  const self = fakeContact("10.0.9.9", 7999);
  const { node } = world.add({
    self: fakeContact("10.0.9.9", 7402),
    via,
    makeNode: (settings, ports) =>
      Node.create({ ...settings, self }, {
        ...ports,
        log: (level, message) => void lines.push(`${level} ${message}`),
      }),
  });
  return { node, self, lines };
}

const TROUBLE = "unreachable: 10.0.9.9:7999 refused the connection";

for (const count of [1, 2, 12]) {
  Deno.test(`a node that none of ${count} can dial learns of it, says so, and is degraded`, () => {
    const world = new SimWorld();
    const nodes = world.startMany(count);
    const { node, lines } = startUnreachable(world, [nodes[0]!.contact]);
    world.run(10_000);
    assertEquals(node.figures().reachability, "unreachable");
    assertEquals(node.health(), { verdict: "degraded", reasons: [TROUBLE] });
    world.run(600_000);
    const warnings = lines.filter((line) => line.startsWith("warn"));
    assertEquals(warnings.length, 1);
    assert(warnings[0]!.includes(TROUBLE), warnings[0]);
    for (const other of nodes) {
      assertEquals(other.node.health().verdict, count === 1 ? "alone" : "healthy");
      assertEquals(other.node.contacts().length, count - 1);
    }
  });
}

Deno.test("what a node puts that nobody can dial is found by all, and by itself", () => {
  const world = new SimWorld();
  const nodes = world.startMany(10);
  const { node } = startUnreachable(world, [nodes[0]!.contact]);
  world.run(100); // before anybody has said anything
  for (let i = 0; i < 60; i++) {
    if (i === 30) world.run(10_000);
    let holders: readonly Contact[] = [];
    const request = { key: keyOf(`${i}`), value: bytesOf("value"), replication: 1 };
    node.putWith(request, (receipt) => holders = receipt!.holders);
    world.run(1_000);
    assertEquals(holders.length, 1);
    assert(holders[0] !== node.self, `${i} is held by the node itself`);
  }
  world.run(61_000);
  for (let i = 0; i < 60; i++) {
    for (const reader of nodes) {
      assertEquals(textOf(world.get(reader, keyOf(`${i}`))?.value), "value");
    }
    let found: string | null = null;
    node.getWith(keyOf(`${i}`), (result) => found = textOf(result?.value));
    world.run(1_000);
    assertEquals(found, "value");
  }
});

Deno.test("a node that can be reached at last is a member, and says so", () => {
  const world = new SimWorld();
  const nodes = world.startMany(5);
  const { node, self, lines } = startUnreachable(world, [nodes[0]!.contact]);
  world.run(60_000);
  assertEquals(node.figures().reachability, "unreachable");
  world.startScripted(self, () => world.pong());
  world.run(180_000);
  assertEquals([node.figures().reachability, node.health().verdict], ["reached", "healthy"]);
  assertMatch(lines.at(-1)!, /^info Other nodes can reach this one now$/);
  assert(nodes.some((other) => other.node.contacts().some(({ address }) => address.port === 7999)));
});

Deno.test("nodes that can be dialled know it within a second, without asking for it", () => {
  const world = new SimWorld();
  const first = world.start(world.contact(1));
  const others: TestNode[] = [];
  for (let i = 2; i <= 40; i++) {
    others.push(world.start(world.contact(i), [first.contact]));
    world.run(1_000);
    const states = [first, ...others].map(({ node }) => node.figures().reachability);
    assertEquals(new Set(states), new Set(["reached"]));
  }
});

import { assert, assertEquals } from "@std/assert";
import type { Contact } from "../../lib/core/kademlia/contact.ts";
import { REPLICA } from "../../lib/core/value.ts";
import { DIAL_CREDIT_MAX, DIAL_CREDIT_RETURN_MS } from "../../lib/node/limits.ts";
import { pingOf } from "../support/pings.ts";
import { SimWorld, type TestNode } from "../support/sim_world.ts";
import { bytesOf, fakeContact, keyOf } from "../support/values.ts";

/** Networks as they are on one machine, where networks do not count, and on the Internet, where they do. */
const PLANS = { "10.0.0": "10.9.9.9", "20.0": "203.0.113.7" };

/** Honest nodes, and one peer that all of them know; it names whom a test wants. */
function networkWithLiar(prefix: keyof typeof PLANS, names: () => readonly Contact[]) {
  const world = new SimWorld();
  const isPrivate = prefix === "10.0.0";
  const contactOf = (i: number) => fakeContact(`${prefix}.${i}${isPrivate ? "" : ".1"}`, 7402);
  const nodes = Array.from({ length: 8 }, (_, i) => {
    const node = world.start(contactOf(i + 1), i === 0 ? [] : [contactOf(1)]);
    world.run(200);
    return node;
  });
  const liar = world.startScripted(contactOf(200), ({ type }) => {
    if (type === "ping") return world.pong();
    if (type === "digest") return { type: "different", ranges: [] };
    if (type === "offer") return { type: "wanted", wanted: [], replaced: [], offered: [] };
    if (type === "store") return { type: "stored", status: "stored" };
    return { type: "foundNode", contacts: names() };
  });
  for (const { contact } of nodes) liar.request(contact, pingOf(liar.self), () => {});
  world.run(30_000);
  return { world, nodes, liar };
}

/** How often a node has dialled addresses of one IP. */
function dialsTo({ sent }: TestNode, hostname: string): number {
  return sent.filter(({ to }) => to.address.hostname === hostname).length;
}

function storeOf(world: SimWorld, text: string) {
  const version = world.version({ key: keyOf(text), value: bytesOf("v"), replication: 1 });
  return { type: "store", ...version, cachedUntil: REPLICA } as const;
}

for (const [prefix, victim] of Object.entries(PLANS)) {
  let port = 0;
  const names = () => Array.from({ length: 20 }, () => fakeContact(victim, ++port));

  Deno.test(`200 STOREs of a stranger make no connections at ${victim}`, () => {
    const { world, nodes } = networkWithLiar(prefix as keyof typeof PLANS, names);
    const [node] = nodes;
    const stranger = world.startScripted(
      fakeContact("198.51.100.9", 1),
      () => null,
    );
    world.run(30_000);
    const before = dialsTo(node!, victim);
    for (let i = 0; i < 200; i++) {
      stranger.request(node!.contact, storeOf(world, `misplaced ${i}`), () => {});
    }
    world.run(120_000);
    assertEquals(dialsTo(node!, victim) - before, 0);
  });

  Deno.test(`who has a node look up much at ${victim} is followed no more`, () => {
    const { world, nodes, liar } = networkWithLiar(prefix as keyof typeof PLANS, names);
    const [node] = nodes;
    const startedAt = world.now;
    for (let i = 0; i < 200; i++) {
      liar.request(node!.contact, storeOf(world, `misplaced ${i}`), () => {});
      world.get(node!, keyOf(`missing ${i}`));
    }
    world.run(60_000);
    const forgiven = world.now / DIAL_CREDIT_RETURN_MS;
    const dials = dialsTo(node!, victim);
    assert(
      dials >= 1 && dials <= DIAL_CREDIT_MAX + forgiven,
      `${dials} in ${world.now - startedAt} ms`,
    );
  });
}

Deno.test("addresses that nobody may name are never dialled, whoever names them", () => {
  const ips = ["0.0.0.0", "0.1.2.3", "127.0.0.1", "169.254.1.1", "224.0.0.1", "255.255.255.255"];
  const ips6 = ["::", "::1", "fe80::1", "ff02::1"];
  const special = [...ips, ...ips6].map((ip) => fakeContact(ip, 7402));
  const { world, nodes } = networkWithLiar("10.0.0", () => special);
  for (const node of nodes) world.get(node, keyOf("missing"));
  world.run(60_000);
  for (const { hostname } of special.map(({ address }) => address)) {
    for (const node of nodes) assertEquals(dialsTo(node, hostname), 0, hostname);
  }
});

Deno.test("a node on the Internet has nobody dial private addresses", () => {
  const { world, nodes } = networkWithLiar("20.0", () => [fakeContact("192.168.1.1", 80)]);
  for (const node of nodes) {
    world.get(node, keyOf("missing"));
    assertEquals(dialsTo(node, "192.168.1.1"), 0);
  }
});

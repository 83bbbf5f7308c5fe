import { assert, assertEquals, assertObjectMatch } from "@std/assert";
import type { Contact } from "../../../lib/core/kademlia/contact.ts";
import {
  DIAL_BACK_AGAIN_MS,
  DIAL_BACKS_MAX,
  DIAL_BACKS_PER_ADDRESS_MAX,
  DIAL_BACKS_WAITING_PER_ADDRESS_MAX,
} from "../../../lib/node/limits.ts";
import { equalIds } from "../../../lib/core/kademlia/node_id.ts";
import { pingOf } from "../../support/pings.ts";
import { SimWorld, type TestNode } from "../../support/sim_world.ts";
import { fakeContact, keyOf } from "../../support/values.ts";

function introduce(
  world: SimWorld,
  from: Contact,
  to: TestNode,
  claim: Contact,
  { alive = true, waitMs = 5_000 } = {},
) {
  const stranger = world.startScripted(
    from,
    ({ type }) => alive && type === "ping" ? world.pong() : null,
  );
  const answer = world.ask(stranger, to.contact, pingOf(claim));
  world.run(waitMs);
  return { stranger, answer };
}

Deno.test("a peer that introduces itself is a contact once it has been dialled back", () => {
  const world = new SimWorld();
  const node = world.start(world.contact(1));
  const { origins } = node;
  const peer = world.contact(2);
  introduce(world, peer, node, peer);
  assert(node.parts.table.entry(peer));
  assertEquals([...origins].map(({ contact }) => contact?.id), [peer.id]);
});

Deno.test("PING is answered with PONG before anything is believed", () => {
  const world = new SimWorld();
  const node = world.start(world.contact(1));
  const { origins } = node;
  const peer = world.contact(2);
  const { answer } = introduce(world, peer, node, peer, { alive: false });
  assertObjectMatch(answer, { type: "pong", reachability: "underWay", address: peer.address });
  assertEquals(node.parts.table.size, 0);
  assertEquals([...origins].map(({ contact }) => contact), [null]);
});

const home = fakeContact("10.0.0.2", 7402);
const LIES: Record<string, Contact> = {
  "another port": fakeContact("10.0.0.2", 7403),
  "another certificate": fakeContact("10.0.0.2", 7402, "stolen"),
};
for (const [what, claim] of Object.entries(LIES)) {
  Deno.test(`a peer that claims ${what} than its own never enters the table`, () => {
    const world = new SimWorld();
    const node = world.start(world.contact(1));
    world.startScripted(world.contact(3), () => world.pong());
    const { origins } = node;
    introduce(world, home, node, claim);
    assertEquals(node.parts.table.size, 0);
    assertEquals([...origins].map(({ contact }) => contact), [null]);
  });
}

Deno.test("a peer that listens at another IP is a contact once that has been dialled back", () => {
  const world = new SimWorld();
  const node = world.start(world.contact(1));
  const elsewhere = fakeContact("10.0.9.9", 7402);
  world.startScripted(elsewhere, () => world.pong());
  const { stranger } = introduce(world, home, node, elsewhere);
  assert(node.parts.table.entry(elsewhere));
  const again = world.ask(stranger, node.contact, pingOf(elsewhere));
  assertObjectMatch(again, { type: "pong", reachability: "reached", address: home.address });
  // A live contact does not prove that this peer is it: the peer's requests keep nobody in the table.
  assertEquals([...node.origins].map(({ contact }) => contact), [null]);
});

Deno.test("few are dialled at addresses of others' choice, and none at special ones", () => {
  const world = new SimWorld();
  const node = world.start(world.contact(1));
  const name = (claims: readonly Contact[]) => {
    for (const claim of claims) {
      const stranger = world.startScripted(world.contact(world.random.below(60_000)), () => null);
      stranger.request(node.contact, pingOf(claim), () => {});
    }
  };
  const special = [
    "0.0.0.0",
    "0.1.2.3",
    "127.0.0.1",
    "169.254.1.1",
    "224.0.0.1",
    "255.255.255.255",
  ];
  const special6 = ["::", "::1", "fe80::1", "ff02::1"];
  name([...special, ...special6].map((ip) => fakeContact(ip, 7402)));
  world.run(10_000);
  assertEquals(node.sent.length, 0);
  for (let second = 0; second < 60; second += 10) {
    name(Array.from({ length: 20 }, (_, i) => fakeContact(`10.9.${second}.${i}`, 7402)));
    world.run(10_000);
    assertEquals(node.sent.length, Math.min(30, 4 * (1 + second / 10)));
  }
  for (let i = 0; i < 100; i++) {
    name([fakeContact(`10.8.0.${i}`, 7402)]);
    world.run(600);
  }
  assert(node.sent.length >= 24 + 26 && node.sent.length <= 24 + 60, `${node.sent.length}`);
});

Deno.test("a peer learns why it could not be dialled back, and may have it tried again", () => {
  const world = new SimWorld();
  const node = world.start(world.contact(1));
  const dead = fakeContact("10.0.0.2", 7403);
  const { stranger } = introduce(world, home, node, dead);
  const ask = () => world.ask(stranger, node.contact, pingOf(dead));
  assertObjectMatch(ask(), { reachability: "refused" });
  world.startScripted(dead, () => world.pong());
  assertObjectMatch(ask(), { reachability: "refused" });
  world.run(DIAL_BACK_AGAIN_MS);
  assertObjectMatch(ask(), { reachability: "underWay" });
  world.run(1_000);
  assertObjectMatch(ask(), { reachability: "reached" });
});

Deno.test("a lie about a known contact's certificate does that contact no harm", () => {
  const world = new SimWorld();
  const [a, b] = world.startMany(2);
  introduce(
    world,
    fakeContact("10.0.0.2", 9_999),
    a!,
    fakeContact("10.0.0.2", 7402, "stolen"),
  );
  assert(a!.parts.table.entry(b!.contact));
  assertEquals(a!.parts.table.closest(b!.contact.id, 20), [b!.contact]);
});

Deno.test("nobody gets a dead contact back into favour by using its name", () => {
  const world = new SimWorld();
  const [a, b] = world.startMany(2);
  world.kill(b!);
  a!.node.ping(b!.contact);
  world.run(5_000);
  assertEquals(a!.parts.table.closest(b!.contact.id, 20), []);
  introduce(world, fakeContact("10.0.0.2", 9_999), a!, b!.contact, { waitMs: 1 });
  assertEquals(a!.parts.table.closest(b!.contact.id, 20), []);
});

Deno.test("a node that claims to be the asked one itself is not dialled", () => {
  const world = new SimWorld();
  const node = world.start(world.contact(1));
  introduce(world, fakeContact("10.0.0.1", 9_999), node, node.contact);
  assertEquals(node.sent.length, 0);
  assertEquals(node.parts.table.size, 0);
});

Deno.test("only the first introduction on a connection counts", () => {
  const world = new SimWorld();
  const node = world.start(world.contact(1));
  const { stranger } = introduce(world, home, node, LIES["another port"]!);
  const before = node.sent.length;
  world.ask(stranger, node.contact, pingOf(home));
  world.run(5_000);
  assertEquals(node.sent.length, before);
});

Deno.test("few are dialled back at once, fewer at one address, and the others when they are done", () => {
  const world = new SimWorld();
  const node = world.start(world.contact(1));
  const name = (dead: Contact) => {
    const stranger = world.startScripted(dead, () => null);
    stranger.request(node.contact, pingOf(dead), () => {});
  };
  for (let i = 0; i < 20; i++) name(fakeContact("10.0.66.66", 1 + i));
  for (let i = 0; i < 50; i++) name(world.contact(1_000 + i));
  world.run(1_000);
  assertEquals(node.sent.length, DIAL_BACKS_MAX);
  const ofOne = node.sent.filter(({ to }) => to.address.hostname === "10.0.66.66");
  assertEquals(ofOne.length, DIAL_BACKS_PER_ADDRESS_MAX);
  world.run(60_000);
  assertEquals(node.sent.length, 70);
  assertEquals(node.parts.table.size, 0);
});

Deno.test("an introduction for which there was no room is checked when it is made again", () => {
  const world = new SimWorld();
  const node = world.start(world.contact(1), [], { bucketSize: 128 });
  const peers = Array.from({ length: DIAL_BACKS_WAITING_PER_ADDRESS_MAX + 10 }, (_, i) => {
    const contact = fakeContact("10.0.66.66", 1 + i);
    return world.startScripted(contact, ({ type }) => type === "ping" ? world.pong() : null);
  });
  const introduceAll = () => {
    for (const peer of peers) peer.request(node.contact, pingOf(peer.self), () => {});
    world.run(30_000);
  };
  introduceAll();
  assertEquals([...node.origins].filter(({ contact }) => !contact).length, 8);
  introduceAll();
  assertEquals([...node.origins].filter(({ contact }) => !contact).length, 0);
});

Deno.test("a client that only asks is answered, becomes no contact, and gets no contact twice", () => {
  const world = new SimWorld();
  const nodes = world.startMany(6);
  const client = world.startScripted(world.contact(77), () => null);
  const contacts = world.askClosest(client, nodes[0]!.contact, keyOf("any"), 20);
  assertEquals(new Set(contacts).size, 5);
  assertEquals(nodes[0]!.parts.table.find(client.self.id), null);
});

Deno.test("FOUND NODE holds at most what was asked for, and not the asker", () => {
  const world = new SimWorld();
  const nodes = world.startMany(9);
  const asker = nodes[3]!;
  for (const amount of [0, 1, 5, 255]) {
    const { id } = asker.contact;
    const contacts = world.askClosest(asker.transport, nodes[0]!.contact, id, amount);
    assertEquals(contacts.length, Math.min(amount, 7));
    assert(contacts.every((contact) => !equalIds(contact.id, id)));
  }
});

Deno.test("a node whose introduction was lost on a connection that lives introduces itself once more", () => {
  const world = new SimWorld();
  const [first, second] = world.startMany(2) as [TestNode, TestNode];
  const newcomer = world.start(world.contact(9), [first.contact]);
  const { head } = second.contact;
  const isPing = () =>
    newcomer.sent.some(({ to, request }) => to.head === head && request.type === "ping");
  const asked = () => newcomer.sent.some(({ to }) => to.head === head);
  world.queue.runWhile(asked, world.now + 1_000);
  assert(asked() && !isPing());
  // The handshake takes place, and the request that it was for passes.
  world.run(30);
  const heal = world.cut((from, to) => from.head === newcomer.contact.head && to.head === head);
  world.queue.runWhile(isPing, world.now + 1_000);
  world.run(1);
  heal();
  assert(isPing());
  world.run(5_000);
  assert(second.parts.table.entry(newcomer.contact));
});

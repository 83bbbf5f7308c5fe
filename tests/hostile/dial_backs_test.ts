import { assert, assertEquals } from "@std/assert";
import { pingOf } from "../support/pings.ts";
import { SimWorld, type TestNode } from "../support/sim_world.ts";
import { fakeContact, keyOf } from "../support/values.ts";

const SECOND_MS = 1_000;

/** Has a stranger at one IP name silent ports of it, each on a connection of its own. */
function pingFromSilentPorts(world: SimWorld, node: TestNode, perSecond: number, seconds: number) {
  let port = 0;
  world.repeat(seconds * SECOND_MS, SECOND_MS / perSecond, () => {
    const stranger = world.startScripted(fakeContact("10.0.66.66", ++port), () => null);
    const silent = fakeContact("10.0.66.66", 30_000 + port);
    world.network.switchOff(silent);
    stranger.request(node.contact, pingOf(silent), () => {});
  });
}

Deno.test("30 PINGs a second that name silent ports shut no newcomer out", () => {
  const world = new SimWorld();
  const [node] = world.startMany(3);
  pingFromSilentPorts(world, node!, 30, 40);
  world.run(20 * SECOND_MS);
  for (let i = 0; i < 5; i++) {
    const newcomer = world.start(world.contact(100 + i), [node!.contact]);
    world.run(2 * SECOND_MS);
    assert(node!.parts.table.entry(newcomer.contact), `newcomer ${i} is known`);
  }
});

Deno.test("12 PINGs a second that name silent ports leave a node as healthy and as sure as it was", () => {
  const world = new SimWorld();
  const nodes = world.startMany(10);
  const [node] = nodes;
  world.run(30 * SECOND_MS);
  const { changes } = node!.parts.membership;
  pingFromSilentPorts(world, node!, 12, 60);
  world.run(60 * SECOND_MS);
  assertEquals(node!.node.health().verdict, "healthy");
  assert(node!.node.figures().failedShare < 0.05, `${node!.node.figures().failedShare}`);
  assertEquals(node!.parts.membership.changes, changes);
});

Deno.test("a contact that answers and hangs up is dialled less and less often", () => {
  const world = new SimWorld();
  const node = world.start(world.contact(1));
  let dials = 0;
  const open = () => {
    const rude = world.startScripted(world.contact(2), ({ type }) => {
      if (type !== "ping") return null;
      dials++;
      world.queue.runAt(world.now + 15, () => {
        void rude.close();
        open();
      });
      return world.pong();
    });
    return rude;
  };
  const first = open();
  first.request(node.contact, pingOf(world.contact(2)), () => {});
  world.run(5 * SECOND_MS);
  assert(node.parts.table.find(world.contact(2).id));
  world.run(600 * SECOND_MS);
  assert(dials >= 2 && dials <= 12, `${dials} dials in ten minutes`);
});

Deno.test("a stranger at the same IP keeps no killed node in the table", () => {
  const world = new SimWorld();
  const [a, b] = world.startMany(3);
  const stranger = world.startScripted(fakeContact("10.0.0.2", 9_999), () => null);
  world.ask(stranger, a!.contact, pingOf(b!.contact));
  world.run(SECOND_MS);
  assert([...a!.origins].some(({ address, contact }) => address.port === 9_999 && contact));
  world.kill(b!);
  world.repeat(120 * SECOND_MS, SECOND_MS / 2, () => {
    const request = { type: "findNode", key: keyOf("any"), amount: 1 } as const;
    stranger.request(a!.contact, request, () => {});
  });
  for (let i = 0; i < 12; i++) {
    world.run(10 * SECOND_MS);
    const named = a!.parts.table.closest(b!.contact.id, 20);
    assert(!named.some(({ address }) => address.hostname === "10.0.0.2"));
  }
});

Deno.test("a contact that asks but cannot be dialled any more is not named to others", () => {
  const world = new SimWorld();
  const [node] = world.startMany(2);
  const contact = fakeContact("10.0.77.77", 7402);
  const peer = world.startScripted(contact, ({ type }) => type === "ping" ? world.pong() : null);
  world.ask(peer, node!.contact, pingOf(contact));
  world.run(SECOND_MS);
  assert(node!.parts.table.entry(contact));
  // Its packets still come, but it answers none.
  peer.attach({ onConnected: () => {}, onRequest: () => {} });
  world.repeat(60 * SECOND_MS, SECOND_MS, () => {
    const request = { type: "findNode", key: keyOf("any"), amount: 1 } as const;
    peer.request(node!.contact, request, () => {});
  });
  world.get(node!, keyOf("missing"));
  world.run(30 * SECOND_MS);
  const named = node!.parts.table.closest(contact.id, 20);
  assert(!named.some(({ address }) => address.hostname === "10.0.77.77"));
});

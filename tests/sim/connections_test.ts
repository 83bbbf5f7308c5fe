import { assert, assertEquals } from "@std/assert";
import { makeAddress } from "../../lib/core/kademlia/address.ts";
import type { Contact } from "../../lib/core/kademlia/contact.ts";
import { HANDSHAKE_LIMIT_MS } from "../../lib/core/limits.ts";
import type { Origin } from "../../lib/node/ports.ts";
import { SimWorld } from "../support/sim_world.ts";

const MINUTE_MS = 60_000;
const find = { type: "findNode", key: new Uint8Array(32), amount: 1 } as const;

/** Two ends that answer everything, and what the first of them gets for its requests. */
function twoEnds(world = new SimWorld(1)) {
  const [a, b] = [world.contact(1), world.contact(2)];
  const origins: Origin[] = [];
  const open = (self: Contact) =>
    world.startScripted(self, (_, origin) => {
      origins.push(origin);
      return { type: "foundNode", contacts: [] };
    });
  const [from, to] = [open(a), open(b)];
  const outcomes: string[] = [];
  const ask = (ms = 1_000) => {
    from.request(b, find, (answer, failure) => outcomes.push(failure ?? answer!.type));
    world.run(ms);
  };
  return { world, a, b, from, to, ask, outcomes, origins };
}

Deno.test("what is cut in one direction passes in the other", () => {
  const { world, b, ask, outcomes, origins } = twoEnds();
  ask();
  const heal = world.cut((from) => from.head === b.head);
  ask();
  assertEquals([outcomes, origins.length], [["foundNode"], 2], "it arrives, and is not answered");
  heal();
  ask();
  assertEquals(outcomes, ["foundNode", "foundNode"]);
});

Deno.test("nobody can connect where one direction is cut", () => {
  const { world, b, ask, outcomes } = twoEnds();
  const heal = world.cut((from) => from.head === b.head);
  ask(HANDSHAKE_LIMIT_MS + 1);
  heal();
  ask();
  assertEquals(outcomes, ["unreachable", "foundNode"]);
});

Deno.test("a connection that went dead carries nothing, and nobody hears of it", () => {
  const { world, b, from, to, ask, outcomes } = twoEnds();
  ask();
  from.loseConnections();
  ask(MINUTE_MS);
  assertEquals([outcomes, from.isConnected(b)], [["foundNode"], true]);
  void to.close();
  world.run(1_000);
  assertEquals(from.isConnected(b), true, "not even of its end");
});

Deno.test("a machine whose power is cut neither closes connections nor refuses them", () => {
  const world = new SimWorld();
  const [a, b] = world.startMany(2);
  const outcomes: unknown[] = [];
  const ask = (ms: number) => {
    a!.transport.request(b!.contact, find, (_, failure) => outcomes.push(failure));
    world.run(ms);
  };
  world.cutPower(b!);
  ask(1_000);
  assertEquals([outcomes, a!.transport.isConnected(b!.contact)], [[], true]);
  world.start(b!.contact, [a!.contact]);
  ask(1_000);
  assertEquals(outcomes, ["unreachable", "unreachable"], "the system that is back knows of none");
  ask(1_000);
  assertEquals(outcomes.at(-1), null);
});

Deno.test("requests under way fail when the other side ends the connection", () => {
  const { world, b, from, to, ask, outcomes } = twoEnds();
  ask();
  to.clock.stop();
  ask();
  assertEquals(outcomes, ["foundNode"]);
  void to.close();
  world.run(100);
  assertEquals([outcomes, from.isConnected(b)], [["foundNode", "unreachable"], false]);
});

Deno.test("beyond the cap the dialler of the connection used least recently closes it, and takes it for no end", () => {
  const world = new SimWorld(1);
  const host = world.startScripted(world.contact(1), () => ({ type: "foundNode", contacts: [] }));
  const ended: number[] = [];
  const diallers = Array.from({ length: host.inboundMax + 3 }, (_, i) => {
    const dialler = world.network.open(world.contact(2 + i));
    dialler.attach({
      onConnected: () => {},
      onRequest: () => {},
      onDisconnected: () => ended.push(i),
    });
    return dialler;
  });
  for (const dialler of diallers) {
    dialler.request(host.self, find, () => {});
    world.run(100);
    diallers[0]!.request(host.self, find, () => {});
    world.run(100);
  }
  const gone = diallers.flatMap((dialler, i) => dialler.isConnected(host.self) ? [] : [i]);
  assertEquals([gone, ended], [[1, 2, 3], []]);
  assertEquals(host.inbound, host.inboundMax);
});

Deno.test("packets may come from another address than the one a node listens on", () => {
  const world = new SimWorld(1);
  const source = makeAddress("10.9.9.9", 1);
  const origins: Origin[] = [];
  const b = world.startScripted(world.contact(2), (_, origin) => {
    origins.push(origin);
    return null;
  });
  const from = world.network.open(world.contact(1), { source });
  from.request(b.self, find, () => {});
  world.run(1_000);
  assertEquals(origins.map(({ address }) => address), [source]);
});

Deno.test("a connection without a message for long is opened anew", () => {
  const { world, b, from, ask } = twoEnds();
  ask();
  assert(from.isConnected(b));
  world.run(11 * MINUTE_MS);
  assertEquals(from.isConnected(b), false);
  ask();
  assertEquals(world.network.counts.connections, 2);
});

Deno.test("the end of a connection is heard of though messages are lost", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { world, b, from, to, ask } = twoEnds(new SimWorld(seed, { loss: 0.5 }));
    while (!from.isConnected(b)) ask();
    void to.close();
    world.run(20_000);
    assertEquals(from.isConnected(b), false);
  }
});

Deno.test("a connection says which node has dialled it, whatever is lost on it", () => {
  const world = new SimWorld();
  const node = world.start(world.contact(1));
  const peers: (number | undefined)[] = [];
  const other = world.startScripted(world.contact(2), (_, { peer }) => {
    peers.push(peer?.head);
    return world.pong();
  });
  void node.node.ping(other.self);
  world.ask(other, node.contact, find);
  assertEquals(peers, [node.contact.head]);
  assertEquals([...node.origins].map(({ peer }) => peer), [null], "it is no node");
});

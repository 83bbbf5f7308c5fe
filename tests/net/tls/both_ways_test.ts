/**
 * One connection between two nodes, on which both ask: which one stays, when it may be used, and that no request is
 * lost by it.
 */

import { assert, assertEquals } from "@std/assert";
import { compareDistance } from "../../../lib/core/kademlia/node_id.ts";
import { VALUE_BYTES_MAX } from "../../../lib/core/limits.ts";
import type { PeerRequest } from "../../../lib/core/wire/messages.ts";
import {
  ADDRESS_PROVEN_MS,
  CONNECTION_IDLE_MS,
  CONNECTION_SWEEP_MS,
} from "../../../lib/net/limits.ts";
import type { Origin, RequestFailure } from "../../../lib/node/ports.ts";
import { EventQueue } from "../../../lib/sim/event_queue.ts";
import { FakePeer } from "../../support/fake_peer.ts";
import { peerFrame, uint } from "../../support/frames.ts";
import {
  type EndpointOptions,
  openTransport,
  startNode,
  type TlsEndpoint,
  until,
} from "../../support/tls_nodes.ts";
import { bytesOf, keyOf, patterned, textOf } from "../../support/values.ts";

const key = keyOf("any");
const FIND: PeerRequest = { type: "findNode", key, amount: 20 };
const GOING_AWAY = 665;
const LARGEST = patterned(VALUE_BYTES_MAX);

interface Answering extends TlsEndpoint {
  /** The connections on which it was asked. */
  readonly origins: Set<Origin>;
  readonly disconnected: unknown[];
  /** What it waits for before it answers; nothing by default. */
  delay: (() => Promise<void>) | null;
}

/** An end that answers all that it is asked, a FIND VALUE with the largest value. */
async function open(options: EndpointOptions = {}): Promise<Answering> {
  const end = await openTransport({ kind: "node", ...options });
  const origins = new Set<Origin>();
  const disconnected: unknown[] = [];
  const node: Answering = Object.assign(end, { origins, disconnected, delay: null });
  const said = { cachedUntil: 0, stamp: 1, expiresAt: 2, replication: 1, nonce: key };
  end.transport.attach({
    onConnected: () => {},
    onDisconnected: (contact) => void disconnected.push(contact),
    onRequest: (request, origin, answer) => {
      origins.add(origin);
      const give = () => {
        if (request.type === "store") answer({ type: "stored", status: "stored" });
        else if (request.type !== "findValue") answer({ type: "foundNode", contacts: [] });
        else answer({ type: "foundValue", ...said, key, value: LARGEST });
      };
      if (node.delay) void node.delay().then(give);
      else give();
    },
  });
  return node;
}

/** Two ends, the one with the smaller id first. */
async function openTwo(options: EndpointOptions = {}): Promise<[Answering, Answering]> {
  const ends: [Answering, Answering] = [await open(options), await open(options)];
  const [a, b] = ends;
  return compareDistance(new Uint8Array(32), a.contact.id, b.contact.id) < 0 ? ends : [b, a];
}

function ask(
  { transport }: TlsEndpoint,
  { contact }: Pick<TlsEndpoint, "contact">,
  request = FIND,
): Promise<RequestFailure | null> {
  return new Promise((resolve) => {
    transport.request(contact, request, (_, failure) => resolve(failure));
  });
}

const connectionsOf = ({ transport }: TlsEndpoint) => transport.connections;
const handshakes = (...ends: TlsEndpoint[]) =>
  ends.reduce((sum, { transport }) => sum + transport.counts.handshakesOut, 0);

for (const first of ["smaller", "larger"] as const) {
  Deno.test(`when the ${first} id has dialled, the other dials back once, and one connection stays`, async () => {
    const [small, large] = await openTwo();
    const [dialler, listener] = first === "smaller" ? [small, large] : [large, small];
    assertEquals(await ask(dialler, listener), null);
    assert(!listener.transport.isConnected(dialler.contact), "its address is not proven");
    assertEquals(await ask(listener, dialler), null);
    await until(() => {
      const [out, into] = [connectionsOf(large), connectionsOf(small)];
      return out.outbound + into.inbound === 0;
    });
    assertEquals(connectionsOf(small), { outbound: 1, inbound: 0 });
    assertEquals(connectionsOf(large), { outbound: 0, inbound: 1 });
    for (let i = 0; i < 3; i++) {
      assertEquals(await Promise.all([ask(small, large), ask(large, small)]), [null, null]);
    }
    assertEquals(handshakes(small, large), 2);
    assertEquals([small.disconnected, large.disconnected], [[], []]);
    const [origin] = [...small.origins].slice(-1);
    assertEquals(origin?.peer?.record, large.contact.record, "who was dialled is known");
    assertEquals([origin?.isDialled, origin?.contact], [true, null], "and no contact for that");
    await Promise.all([small.transport.close(), large.transport.close()]);
    assertEquals([...small.lines, ...large.lines], []);
  });
}

Deno.test("nodes that dial each other at once lose no request, and one connection stays", async () => {
  for (let round = 0; round < 5; round++) {
    const [small, large] = await openTwo();
    const store: PeerRequest = {
      type: "store",
      key,
      value: patterned(10_000),
      ...{ cachedUntil: 0, stamp: 1, expiresAt: 2, replication: 1, nonce: key },
    };
    const asked = Array.from({ length: 200 }, (_, i) => {
      const request = i % 4 === 0 ? store : FIND;
      return [ask(small, large, request), ask(large, small, request)];
    });
    assertEquals(new Set(await Promise.all(asked.flat())), new Set([null]));
    await until(() => connectionsOf(small).inbound + connectionsOf(large).outbound === 0);
    assertEquals(connectionsOf(small).outbound + connectionsOf(large).inbound, 2);
    assertEquals(handshakes(small, large), 2);
    await Promise.all([small.transport.close(), large.transport.close()]);
  }
});

Deno.test("both may ask for more than either takes in at once", async () => {
  const [small, large] = await openTwo();
  await Promise.all([ask(small, large), ask(large, small)]);
  await until(() => connectionsOf(large).outbound === 0);
  const request: PeerRequest = { type: "findValue", key, amount: 20 };
  const asked = Array.from({ length: 150 }, () => [
    ask(small, large, request),
    ask(large, small, request),
  ]);
  assertEquals(new Set(await Promise.all(asked.flat())), new Set([null]));
  assertEquals(handshakes(small, large), 2);
  await Promise.all([small.transport.close(), large.transport.close()]);
});

Deno.test("who connects again is asked on that connection, for an hour after it was dialled", async () => {
  const clock = new EventQueue();
  const [small, large] = await openTwo({ clock });
  await Promise.all([ask(small, large), ask(large, small)]);
  await until(() => connectionsOf(large).outbound === 0);
  small.transport.suspect(large.contact, Infinity);
  await until(() => connectionsOf(large).inbound === 0);
  assertEquals(await ask(small, large), null);
  assert(large.transport.isConnected(small.contact));
  assertEquals(await ask(large, small), null);
  assertEquals(handshakes(small, large), 3);
  for (let passed = 0; passed <= ADDRESS_PROVEN_MS; passed += CONNECTION_IDLE_MS / 2) {
    clock.runUntil(clock.now() + CONNECTION_IDLE_MS / 2);
    assertEquals(await ask(small, large), null);
  }
  assert(!large.transport.isConnected(small.contact));
  assertEquals(await ask(large, small), null);
  assertEquals(handshakes(small, large), 4);
  await Promise.all([small.transport.close(), large.transport.close()]);
});

Deno.test("a connection that ends without a word is missed by the side that has not dialled it, too", async () => {
  const [small, large] = await openTwo();
  await Promise.all([ask(small, large), ask(large, small)]);
  await until(() => connectionsOf(large).outbound === 0);
  await small.transport.close();
  await until(() => large.disconnected.length > 0);
  assertEquals(large.disconnected, [small.contact]);
  await large.transport.close();
});

Deno.test("an idle connection is ended by its dialler with words, which nobody takes for a failure", async () => {
  const clock = new EventQueue();
  const [small, large] = await openTwo({ clock });
  await Promise.all([ask(small, large), ask(large, small)]);
  await until(() => connectionsOf(large).outbound === 0);
  clock.runUntil(CONNECTION_IDLE_MS + CONNECTION_SWEEP_MS);
  await until(() => connectionsOf(large).inbound + connectionsOf(small).outbound === 0);
  assertEquals([small.disconnected, large.disconnected], [[], []]);
  await Promise.all([small.transport.close(), large.transport.close()]);
});

for (const leaving of ["listener", "dialler"] as const) {
  Deno.test(`when the ${leaving} takes a connection for dead, the other's requests on it are answered all the same`, async () => {
    const clock = new EventQueue();
    const [small, large] = await openTwo({ clock });
    await Promise.all([ask(small, large), ask(large, small)]);
    await until(() => connectionsOf(large).outbound === 0);
    const [leaver, other] = leaving === "dialler" ? [small, large] : [large, small];
    const isAsked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    leaver.delay = () => (isAsked.resolve(), answer.promise);
    const asked = ask(other, leaver);
    await isAsked.promise;
    leaver.delay = null;
    assert(leaver.transport.suspect(other.contact, Infinity));
    assertEquals(await ask(leaver, other), null);
    assertEquals(handshakes(small, large), 3);
    clock.runUntil(1);
    answer.resolve();
    assertEquals(await asked, null);
    assertEquals(await ask(other, leaver), null);
    clock.runUntil(CONNECTION_SWEEP_MS);
    await until(() => connectionsOf(large).outbound + connectionsOf(small).inbound === 0);
    assertEquals([small.disconnected, large.disconnected], [[], []]);
    await Promise.all([small.transport.close(), large.transport.close()]);
  });
}

Deno.test("a listener's request on the dialler's connection is answered under its own ids", async () => {
  let isAsked = false;
  const answers: number[] = [];
  await using peer = await FakePeer.listen(({ type, id }, connection) => {
    if (type === 674) answers.push(id);
    if (type !== 662) return null;
    // Before it answers it asks, under the very same id.
    if (!isAsked) void connection.tryWrite(peerFrame(662, id, new Uint8Array([...key, 20])));
    isAsked = true;
    return peerFrame(674, id, uint(0, 1));
  });
  await using end = await open();
  assertEquals(await ask(end, peer), null);
  await until(() => answers.length === 1);
  assertEquals([answers, peer.connections], [[0], 1]);
  const [origin] = end.origins;
  assertEquals(origin?.peer?.record, peer.contact.record);
});

Deno.test("a dialler that is asked to go still answers what it was asked", async () => {
  const seen: number[] = [];
  await using peer = await FakePeer.listen(({ type, id }, connection) => {
    seen.push(type);
    if (type !== 662) return null;
    void connection.tryWrite(peerFrame(662, 7, new Uint8Array([...key, 20])))
      .then(() => connection.tryWrite(peerFrame(GOING_AWAY, 0, new Uint8Array(0))))
      .then(() => connection.tryWrite(peerFrame(674, id, uint(0, 1))));
    return null;
  });
  await using end = await open();
  assertEquals(await ask(end, peer), null);
  await until(() => peer.open === 0);
  assertEquals(seen, [662, 674]);
  assertEquals(end.disconnected, []);
});

Deno.test("nodes of a network have one connection for each two of them", async () => {
  const listener = "node";
  const nodes = [await startNode({ listener })];
  while (nodes.length < 6) nodes.push(await startNode({ listener, via: [nodes[0]!] }));
  await until(() => nodes.every(({ node }) => node.figures().contacts === 5), 10_000);
  const sum = () =>
    nodes.reduce((all, { transport: { connections } }) => all + connections.outbound, 0);
  await until(() => sum() === 15);
  for (const [i, { node }] of nodes.entries()) {
    assertEquals((await node.put(keyOf(`${i}`), bytesOf(`value ${i}`))).refused, []);
  }
  for (const { node } of nodes) {
    for (const i of nodes.keys()) {
      assertEquals(textOf((await node.get(keyOf(`${i}`)))?.value), `value ${i}`);
    }
  }
  assertEquals(sum(), 15);
  const dialled = nodes.map(({ transport }) => transport.counts.handshakesOut);
  assert(dialled.reduce((a, b) => a + b) <= 30, `${dialled}`);
  await Promise.all(nodes.map((node) => node.close()));
  assertEquals(nodes.flatMap(({ lines }) => lines.filter((line) => line.startsWith("warn"))), []);
});

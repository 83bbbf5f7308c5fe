/**
 * Connections that the side which listens wants to end: to make room for others, or since they are not used.
 */

import { deadline } from "@std/async/deadline";
import { concat } from "@std/bytes/concat";
import { assert, assertEquals } from "@std/assert";
import type { Contact } from "../../../lib/core/kademlia/contact.ts";
import { CONNECTION_IDLE_MS, DRAIN_LIMIT_MS, DRAINING_MAX } from "../../../lib/net/limits.ts";
import type { RequestFailure } from "../../../lib/node/ports.ts";
import { EventQueue } from "../../../lib/sim/event_queue.ts";
import { FakePeer } from "../../support/fake_peer.ts";
import { findBody, join, peerFrame, pong, uint } from "../../support/frames.ts";
import { HELLO_OF_CLIENT, RawConnection } from "../../support/raw_connection.ts";
import {
  openTransport,
  pause,
  startNode,
  type TlsEndpoint,
  until,
} from "../../support/tls_nodes.ts";
import { bytesOf, keyOf, textOf } from "../../support/values.ts";

const PING = 660;
const GOING_AWAY = 665;
const key = keyOf("key");
const request = { type: "findNode", key, amount: 20 } as const;
const goingAway = peerFrame(GOING_AWAY, 0, new Uint8Array(0));

/** A FOUND NODE without contacts. */
function empty(id: number): Uint8Array {
  return peerFrame(674, id, uint(0, 1));
}

/** Answers all that it is asked, and notes who has hung up on it. */
function attach({ transport }: TlsEndpoint): Contact[] {
  const disconnected: Contact[] = [];
  transport.attach({
    onConnected: () => {},
    onRequest: (_request, _origin, answer) => answer({ type: "foundNode", contacts: [] }),
    onDisconnected: (contact) => void disconnected.push(contact),
  });
  return disconnected;
}

function ask({ transport }: TlsEndpoint, contact: Contact): Promise<RequestFailure | null> {
  return new Promise((resolve) => {
    transport.request(contact, request, (_, failure) => resolve(failure));
  });
}

/** Connects to an endpoint and asks it something. */
async function connect({ contact }: TlsEndpoint): Promise<RawConnection> {
  const peer = await RawConnection.toPeer(contact.address.port);
  await peer.write(peerFrame(662, 1, findBody(key)));
  assertEquals((await peer.next())?.type, 674);
  return peer;
}

Deno.test("who has to make room is told so, still answered, and closed in the end", async () => {
  const clock = new EventQueue();
  await using end = await openTransport({ clock, inboundMax: 2 });
  attach(end);
  using first = await connect(end);
  clock.runUntil(1);
  using second = await connect(end);
  using third = await connect(end);
  assertEquals((await first.next())?.type, GOING_AWAY);
  assertEquals(end.transport.connections.inbound, 2);
  clock.runUntil(DRAIN_LIMIT_MS);
  for (const peer of [first, second, third]) {
    await peer.write(peerFrame(662, 2, findBody(key)));
    assertEquals((await peer.next())?.type, 674);
  }
  clock.runUntil(1 + DRAIN_LIMIT_MS);
  assertEquals(await first.next(), null);
  await end.transport.close();
  assertEquals([await second.next(), await third.next()], [null, null], "closing needs no words");
});

Deno.test("who is told to go before it has said HELLO is answered, and closed in the end as well", async () => {
  const clock = new EventQueue();
  await using end = await openTransport({ clock, inboundMax: 1 });
  attach(end);
  using first = await RawConnection.toPeerSilently(end.contact.address.port, undefined, true);
  await until(() => end.transport.connections.inbound === 1);
  using second = await connect(end);
  assertEquals((await first.next())?.type, GOING_AWAY);
  await first.write(concat([HELLO_OF_CLIENT, peerFrame(662, 1, findBody(key))]));
  assertEquals((await first.next())?.type, 674);
  clock.runUntil(DRAIN_LIMIT_MS);
  assertEquals(await deadline(first.next(), 2_000), null);
  await second.write(peerFrame(662, 2, findBody(key)));
  assertEquals((await second.next())?.type, 674);
});

Deno.test("diallers that do not go do not make the number of connections grow", async () => {
  const clock = new EventQueue();
  await using end = await openTransport({ clock, inboundMax: 1 });
  attach(end);
  const peers: RawConnection[] = [];
  for (let i = 0; i < DRAINING_MAX + 3; i++) peers.push(await connect(end));
  for (const peer of peers.slice(0, 2)) {
    assertEquals((await peer.all()).map(({ type }) => type), [GOING_AWAY]);
  }
  assertEquals((await peers[2]!.next())?.type, GOING_AWAY);
  await end.transport.close();
  for (const peer of peers) peer.close();
});

Deno.test("a connection without use is ended with the same words", async () => {
  const clock = new EventQueue();
  await using end = await openTransport({ clock });
  attach(end);
  using peer = await connect(end);
  clock.runUntil(1.6 * CONNECTION_IDLE_MS);
  assertEquals((await peer.next())?.type, GOING_AWAY);
  await end.transport.close();
});

Deno.test("a dialler takes what it has asked for, hangs up, and connects again when it asks again", async () => {
  const ids: number[] = [];
  await using peer = await FakePeer.listen(({ id }) => {
    ids.push(id);
    if (ids.length === 1) return null;
    return ids.length === 2
      ? join(goingAway, goingAway, empty(ids[1]!), empty(ids[0]!))
      : empty(id);
  });
  await using end = await openTransport();
  const disconnected = attach(end);
  const waiting = [ask(end, peer.contact), ask(end, peer.contact)];
  assertEquals(await Promise.all(waiting), [null, null]);
  await until(() => end.transport.connections.outbound === 0);
  assertEquals([peer.connections, disconnected], [1, []]);
  assertEquals(await ask(end, peer.contact), null);
  assertEquals([peer.connections, disconnected], [2, []]);
  await end.transport.close();
});

Deno.test("a dialler that still waits asks further on a new connection, and gives up what is not answered", async () => {
  let asked = 0;
  await using peer = await FakePeer.listen(({ id }) => ++asked === 1 ? goingAway : empty(id));
  await using end = await openTransport();
  attach(end);
  const first = ask(end, peer.contact);
  await until(() => asked === 1 && !end.transport.isConnected(peer.contact));
  assertEquals(await ask(end, peer.contact), null);
  assertEquals(peer.connections, 2);
  await end.transport.close();
  assertEquals(await first, "closed");
});

Deno.test("a peer that ends each connection without a word is asked once what that means", async () => {
  await using peer = await FakePeer.listen(({ type, id }, connection) => {
    if (type !== PING) return empty(id);
    void connection.tryWrite(pong(id)).then(() => connection.close());
    return null;
  });
  await using node = await startNode({ via: [{ node: { self: peer.contact } }] });
  await until(() => node.node.figures().contacts === 1);
  await pause(1_800); // it tries to join again after about 1 s, and then after 2 s
  const before = peer.connections;
  assert(before < 10, `${before} connections to join`);
  await pause(800);
  assertEquals(peer.connections, before);
});

Deno.test("nodes that are more than may connect to each other leave each other in peace", async () => {
  const nodes = [await startNode({ inboundMax: 6 })];
  while (nodes.length < 8) nodes.push(await startNode({ inboundMax: 6, via: [nodes[0]!] }));
  const handshakes = () =>
    nodes.reduce((sum, { transport }) => sum + transport.counts.handshakesOut, 0);
  await until(() => nodes.every(({ node }) => node.figures().contacts === 7), 10_000);
  for (let before = -1; before !== handshakes(); await pause(500)) before = handshakes();
  const settled = handshakes();
  await pause(1_500);
  assertEquals(handshakes(), settled, "nobody does anything");
  for (const [i, { node }] of nodes.entries()) {
    assertEquals((await node.put(keyOf(`${i}`), bytesOf(`value ${i}`))).refused, []);
  }
  for (const { node } of nodes) {
    for (const i of nodes.keys()) {
      assertEquals(textOf((await node.get(keyOf(`${i}`)))?.value), `value ${i}`);
    }
  }
  const { length } = nodes.flatMap(({ lines }) => lines.filter((line) => line.startsWith("warn")));
  assertEquals(length, 0);
  assert(handshakes() - settled < 100, `${handshakes() - settled} handshakes for 8 PUTs`);
  await Promise.all(nodes.map((node) => node.close()));
});

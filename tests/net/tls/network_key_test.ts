/**
 * A network with a key: who does not have it gets in nowhere, and both sides say so.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { encodeHex } from "@std/encoding/hex";
import type { Contact } from "../../../lib/core/kademlia/contact.ts";
import { HANDSHAKE_LIMIT_MS } from "../../../lib/core/limits.ts";
import { ALPN_PROTOCOL } from "../../../lib/core/wire/versions.ts";
import { PEER_UNSENT_BYTES_MAX } from "../../../lib/net/limits.ts";
import { measureWay } from "../../../lib/net/tls/ping_client.ts";
import { EventQueue } from "../../../lib/sim/event_queue.ts";
import { findBody, peerFrame } from "../../support/frames.ts";
import { RawConnection } from "../../support/raw_connection.ts";
import {
  certificate,
  contactAt,
  openTransport,
  pause,
  startNode,
  type TlsNode,
  until,
} from "../../support/tls_nodes.ts";
import { bytesOf, keyOf, textOf } from "../../support/values.ts";

const [A, B] = [keyOf("network A"), keyOf("network B")];
const STORE = {
  type: "store",
  cachedUntil: 0,
  expiresAt: 1_000,
  replication: 1,
  stamp: 1,
  nonce: keyOf("nonce"),
  key: keyOf("key"),
  value: bytesOf("value"),
} as const;
const LARGE_STORE = { ...STORE, value: new Uint8Array(65_000) };

function contactsOf(...nodes: TlsNode[]): number[] {
  return nodes.map(({ node }) => node.figures().contacts);
}

function lineOf(
  { lines }: { readonly lines: readonly string[] },
  pattern: RegExp,
): string | undefined {
  return lines.find((line) => pattern.test(line));
}

Deno.test("members of a network join, put and get", async () => {
  const networkKeys = [A];
  await using first = await startNode({ networkKeys });
  await using second = await startNode({ networkKeys, via: [first] });
  await using third = await startNode({ networkKeys, via: [first] });
  await until(() => contactsOf(first, second, third).every((count) => count === 2));
  await second.node.put(keyOf("key"), bytesOf("value"), { replication: 1 });
  for (const { node } of [first, second, third]) {
    assertEquals(textOf((await node.get(keyOf("key")))?.value), "value");
  }
  assert((await measureWay(first.node.self, networkKeys)).roundTripMs >= 0);
});

for (
  const [what, listener, dialler] of [
    ["another key", [A], [B]],
    ["no key, to a network that has one", [A], []],
    ["a key, to a network that has none", [], [A]],
  ] as const
) {
  Deno.test(`a node does not join with ${what}, and both sides say so`, async () => {
    await using first = await startNode({ networkKeys: listener });
    await using second = await startNode({ networkKeys: dialler, via: [first] });
    await until(() => lineOf(second, /^warn Cannot join/) !== undefined);
    assertMatch(lineOf(second, /Cannot join/)!, /another network: its network key and this node/);
    assertMatch(second.node.health().reasons[0]!, /answered yet: .* belongs to another network/);
    await until(() => lineOf(first, /^warn Closed connection .* the network$/) !== undefined);
    await second.node.put(keyOf("key"), bytesOf("of the second"));
    assertEquals(await first.node.get(keyOf("key")), null);
    assertEquals(contactsOf(first, second), [0, 0]);
  });
}

Deno.test("two networks never merge, whatever their nodes are given of each other", async () => {
  await using a1 = await startNode({ networkKeys: [A] });
  await using a2 = await startNode({ networkKeys: [A], via: [a1] });
  await using b1 = await startNode({ networkKeys: [B] });
  await using b2 = await startNode({ networkKeys: [B], via: [b1, a1] });
  await until(() => contactsOf(a1, a2, b1, b2).every((count) => count === 1));
  await a1.node.ping(b1.node.self).catch(() => {});
  await b2.node.ping(a2.node.self).catch(() => {});
  await a2.node.put(keyOf("key"), bytesOf("A"));
  await b2.node.put(keyOf("key"), bytesOf("B"));
  assertEquals(textOf((await a1.node.get(keyOf("key")))?.value), "A");
  assertEquals(textOf((await b1.node.get(keyOf("key")))?.value), "B");
  assertEquals(contactsOf(a1, a2, b1, b2), [1, 1, 1, 1]);
});

Deno.test("a key and the one before it are both accepted, so that a key can be changed", async () => {
  await using old = await startNode({ networkKeys: [A] });
  await using both = await startNode({ networkKeys: [B, A], via: [old] });
  await using fresh = await startNode({ networkKeys: [B], via: [both] });
  await until(() => contactsOf(both)[0] === 2 && contactsOf(fresh)[0]! >= 1);
  await fresh.node.put(keyOf("key"), bytesOf("value"), { replication: 3 });
  assertEquals(textOf((await both.node.get(keyOf("key")))?.value), "value");
});

Deno.test("while a key is changed a node knows which contacts have the new one", async () => {
  await using old = await startNode({ networkKeys: [A] });
  await using both = await startNode({ networkKeys: [B, A], via: [old] });
  await using adopted = await startNode({ networkKeys: [B, A], via: [both] });
  await using finished = await startNode({ networkKeys: [B], via: [both] });
  await until(() => contactsOf(both)[0] === 3);
  const { have, lack, unheard } = both.networkKeyChange()!;
  const idsOf = (contacts: readonly Contact[]) => contacts.map(({ id }) => encodeHex(id)).sort();
  assertEquals(idsOf(have), idsOf([adopted.node.self, finished.node.self]));
  assertEquals(idsOf(lack), idsOf([old.node.self]));
  assertEquals(unheard, []);
  for (const { networkKeyChange } of [old, finished]) assertEquals(networkKeyChange(), null);
});

Deno.test("a stranger to a private network can ask nothing", async () => {
  await using node = await startNode({ networkKeys: [A] });
  await node.node.put(keyOf("secret"), bytesOf("value"));
  using stranger = await RawConnection.toPeer(node.p2pAddress.port);
  await stranger.tryWrite(peerFrame(663, 1, findBody(keyOf("secret"))));
  assertEquals((await stranger.all()).map(({ type, body }) => [type, ...body]), [[669, 1]]);
});

Deno.test("a node gives no value, and no key of one, to a contact that is no member", async () => {
  await using listener = await openTransport();
  const asked: string[] = [];
  listener.transport.attach({
    onConnected: () => {},
    onRequest: (request) => void asked.push(request.type),
  });
  await using member = await openTransport({ networkKeys: [A] });
  const failures: unknown[] = [];
  member.transport.attach({ onConnected: () => {}, onRequest: () => {} });
  member.transport.request(listener.contact, STORE, (_, failure) => failures.push(failure));
  await until(() => failures.length === 1);
  await pause(50);
  assertEquals(failures, ["notMember"]);
  assertEquals(asked, []);
});

Deno.test("STOREs that wait for the listener's proof are no more than may be unsent, until they are given up", async () => {
  const { certificatePem: cert, keyPem: key, der } = await certificate();
  const at = { hostname: "127.0.0.1", port: 0, cert, key, alpnProtocols: [ALPN_PROTOCOL] };
  using listener = Deno.listenTls(at);
  const silent = listener.accept();
  await using member = await openTransport({ networkKeys: [A] });
  const contact = contactAt(listener.addr.port, der);
  const failures: unknown[] = [];
  const store = () =>
    member.transport.request(contact, LARGE_STORE, (_, failure) => failures.push(failure));
  const first = store();
  using conn = await silent;
  await conn.handshake();
  await until(() => member.transport.isConnected(contact));
  const sent = [first, ...Array.from({ length: 99 }, store)];
  const held = Math.ceil(PEER_UNSENT_BYTES_MAX / LARGE_STORE.value.length);
  await until(() => failures.length > 0);
  assertEquals(failures, new Array(100 - held).fill("busy"));
  for (const { cancel } of sent) cancel();
  store();
  await pause(20);
  assertEquals(failures.length, 100 - held);
});

Deno.test("a peer that says nothing first is hung up on", async () => {
  const clock = new EventQueue();
  await using end = await openTransport({ clock });
  end.transport.attach({ onConnected: () => {}, onRequest: () => {} });
  using silent = await RawConnection.toPeerSilently(end.contact.address.port);
  await until(() => end.transport.connections.inbound === 1);
  clock.runUntil(HANDSHAKE_LIMIT_MS - 1);
  assertEquals(end.transport.connections.inbound, 1);
  clock.runUntil(HANDSHAKE_LIMIT_MS);
  assertEquals(await silent.all(), []);
  await until(() => lineOf(end, /^warn Closed connection from .* in time$/) !== undefined);
});

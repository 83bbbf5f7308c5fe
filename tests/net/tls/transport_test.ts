import { assert, assertEquals } from "@std/assert";
import { HANDSHAKE_LIMIT_MS } from "../../../lib/core/limits.ts";
import { CONNECTION_IDLE_MS, CONNECTION_SWEEP_MS, DIALS_MAX } from "../../../lib/net/limits.ts";
import type { PeerRequest } from "../../../lib/core/wire/messages.ts";
import type { RequestFailure } from "../../../lib/node/ports.ts";
import { EventQueue } from "../../../lib/sim/event_queue.ts";
import { FakePeer } from "../../support/fake_peer.ts";
import { join, peerFrame } from "../../support/frames.ts";
import {
  certificate,
  contactAt,
  deadPort,
  openTransport,
  type TlsEndpoint,
  until,
} from "../../support/tls_nodes.ts";
import { keyOf } from "../../support/values.ts";

const request: PeerRequest = { type: "findNode", key: keyOf("any"), amount: 20 };

async function openAnswering(options = {}): Promise<TlsEndpoint> {
  const end = await openTransport(options);
  end.transport.attach({
    onConnected: () => {},
    onRequest: (_request, _origin, answer) => answer({ type: "foundNode", contacts: [] }),
  });
  return end;
}

function ask({ transport }: TlsEndpoint, { contact }: { contact: TlsEndpoint["contact"] }) {
  return new Promise<RequestFailure | null>((resolve) => {
    transport.request(contact, request, (_, failure) => resolve(failure));
  });
}

Deno.test("1,000 requests from one node to another open one connection in each direction", async () => {
  await using a = await openAnswering();
  await using b = await openAnswering();
  const there = Array.from({ length: 1_000 }, () => ask(a, b));
  const back = Array.from({ length: 1_000 }, () => ask(b, a));
  assertEquals(new Set(await Promise.all([...there, ...back])), new Set([null]));
  assertEquals(a.transport.counts, { handshakesOut: 1, handshakesIn: 1, handshakesFailed: 0 });
  assertEquals(b.transport.counts, { handshakesOut: 1, handshakesIn: 1, handshakesFailed: 0 });
  assertEquals(a.transport.connections, { outbound: 1, inbound: 1 });
  await Promise.all([a.transport.close(), b.transport.close()]);
  assertEquals(a.transport.connections, { outbound: 0, inbound: 0 });
});

Deno.test("one contact has one connection, even if it is known by two objects", async () => {
  await using a = await openAnswering();
  await using b = await openAnswering();
  const twin = contactAt(b.contact.address.port, b.contact.certificate);
  assertEquals(await Promise.all([ask(a, b), ask(a, { contact: twin }), ask(a, b)]), [
    null,
    null,
    null,
  ]);
  assertEquals(a.transport.counts.handshakesOut, 1);
  await Promise.all([a.transport.close(), b.transport.close()]);
});

Deno.test("lies about a contact's certificate do not part it from its connection", async () => {
  await using a = await openAnswering();
  await using b = await openAnswering();
  const { port } = b.contact.address;
  const { der } = await certificate("another");
  for (let i = 0; i < 3; i++) {
    assertEquals(await ask(a, { contact: contactAt(port, b.contact.certificate) }), null);
    assertEquals(await ask(a, { contact: contactAt(port, der) }), "untrusted");
  }
  assertEquals(a.transport.counts.handshakesOut, 1);
  assertEquals(a.transport.connections.outbound, 1);
  await Promise.all([a.transport.close(), b.transport.close()]);
});

Deno.test("a connection without a request for long is closed by both sides", async () => {
  const clock = new EventQueue();
  await using a = await openAnswering({ clock });
  await using b = await openAnswering({ clock });
  assertEquals(await ask(a, b), null);
  clock.runUntil(CONNECTION_IDLE_MS - CONNECTION_SWEEP_MS);
  assertEquals([a.transport.connections.outbound, b.transport.connections.inbound], [1, 1]);
  assertEquals(await ask(a, b), null);
  clock.runUntil(CONNECTION_IDLE_MS + CONNECTION_SWEEP_MS);
  assertEquals(a.transport.connections.outbound, 1, "it was used meanwhile");
  clock.runUntil(2 * CONNECTION_IDLE_MS + CONNECTION_SWEEP_MS);
  await until(() => a.transport.connections.outbound + b.transport.connections.inbound === 0);
  assertEquals(await ask(a, b), null);
  assertEquals(a.transport.counts.handshakesOut, 2);
  await Promise.all([a.transport.close(), b.transport.close()]);
});

Deno.test("a peer that hangs up in the middle makes what is under way unreachable", async () => {
  await using peer = await FakePeer.listen(() => "close");
  await using a = await openAnswering();
  assertEquals(await Promise.all([ask(a, peer), ask(a, peer), ask(a, peer)]), [
    "unreachable",
    "unreachable",
    "unreachable",
  ]);
  assertEquals(a.transport.connections.outbound, 0);
  assertEquals(await ask(a, peer), "unreachable", "and is dialled anew");
  await a.transport.close();
});

Deno.test("a peer that hangs up within a frame is unreachable, too", async () => {
  await using peer = await FakePeer.listen((_frame, connection) => {
    void connection.tryWrite(peerFrame(674, 0, new Uint8Array(1), 50)).then(() =>
      connection.close()
    );
    return null;
  });
  await using a = await openAnswering();
  assert(["unreachable", "protocolError"].includes((await ask(a, peer))!));
  await a.transport.close();
});

Deno.test("a late answer to a request that was given up is ignored", async () => {
  let first: number | null = null;
  let isAnswered = false;
  await using peer = await FakePeer.listen(({ id }) => {
    if (first === null) {
      first = id;
      return null;
    }
    const late = isAnswered ? [] : [peerFrame(674, first, new Uint8Array(1))];
    isAnswered = true;
    return join(...late, peerFrame(674, id, new Uint8Array(1)));
  });
  await using a = await openAnswering();
  let answered = false;
  const sent = a.transport.request(peer.contact, request, () => answered = true);
  await until(() => first !== null);
  sent.cancel();
  assertEquals(await ask(a, peer), null);
  assertEquals(await ask(a, peer), null);
  assert(!answered);
  assertEquals(peer.connections, 1);
  await a.transport.close();
});

Deno.test("a peer that listens without TLS, or never shakes hands, is given up in time", async () => {
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const clock = new EventQueue();
  await using a = await openAnswering({ clock });
  const { der } = await certificate();
  const contact = contactAt(silent.addr.port, der);
  const first = ask(a, { contact });
  using _first = await silent.accept();
  clock.runUntil(HANDSHAKE_LIMIT_MS - 1);
  assertEquals(a.transport.connections.outbound, 1);
  clock.runUntil(HANDSHAKE_LIMIT_MS);
  assertEquals(await first, "unreachable");
  const second = ask(a, { contact });
  using _second = await silent.accept();
  await a.transport.close(); // which does not wait for a handshake: the clock stands still
  assertEquals(await second, "closed");
});

Deno.test("a peer that speaks another protocol over TLS is a protocol error", async () => {
  await using other = await FakePeer.listen(() => null, ["http/1.1"]);
  await using none = await FakePeer.listen(() => null, []);
  await using a = await openAnswering();
  const failures = [await ask(a, other), await ask(a, none)];
  assert(["protocolError", "unreachable"].includes(failures[0]!), failures[0]!);
  assertEquals(failures[1], "protocolError");
  await a.transport.close();
});

Deno.test("closing dials nobody, also for requests made meanwhile", async () => {
  await using a = await openAnswering();
  await using peer = await FakePeer.listen(() => null);
  const { der } = await certificate();
  const warm = peer.contact;
  const others = Array.from({ length: 20 }, () => contactAt(deadPort(), der));
  const failures: (RequestFailure | null)[] = [];
  a.transport.request(warm, request, () => {
    for (const contact of others) {
      a.transport.request(contact, request, (_, failure) => failures.push(failure));
    }
  });
  await until(() => peer.asked.length === 1);
  await a.transport.close();
  await until(() => failures.length === others.length);
  assertEquals(new Set(failures), new Set(["closed"]));
  assertEquals(a.transport.counts, { handshakesOut: 1, handshakesIn: 0, handshakesFailed: 0 });
});

Deno.test("a dial that nobody waits for any more is not made", async () => {
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { der } = await certificate();
  const clock = new EventQueue();
  await using a = await openAnswering({ clock });
  await using b = await openAnswering();
  // More contacts than may be dialled at once: certificates that differ in their serial number.
  const stuck = Array.from({ length: 40 }, (_, i) => {
    const other = der.slice();
    other[20] = i;
    return contactAt(silent.addr.port, other);
  });
  for (const contact of stuck) a.transport.request(contact, request, () => {});
  a.transport.request(b.contact, request, () => {}).cancel();
  const dialled: Deno.Conn[] = [];
  while (dialled.length < DIALS_MAX) dialled.push(await silent.accept());
  clock.runUntil(HANDSHAKE_LIMIT_MS);
  await until(() => a.transport.connections.outbound <= stuck.length - DIALS_MAX);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assertEquals(b.transport.counts.handshakesIn, 0);
  await Promise.all([a.transport.close(), b.transport.close()]);
  for (const conn of dialled) conn.close();
});

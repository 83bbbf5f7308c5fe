import { assert, assertEquals, assertMatch } from "@std/assert";
import { makeAddress } from "../../../lib/core/kademlia/address.ts";
import type { PeerAnswer, PeerRequest } from "../../../lib/core/wire/messages.ts";
import { STALL_CHECK_MS, STALL_LIMIT_MS } from "../../../lib/net/limits.ts";
import { Handshakes } from "../../../lib/net/tls/handshake.ts";
import { EventQueue } from "../../../lib/sim/event_queue.ts";
import { FakePeer } from "../../support/fake_peer.ts";
import { findBody, join, peerFrame, uint } from "../../support/frames.ts";
import { RawConnection } from "../../support/raw_connection.ts";
import {
  certificate,
  openTransport,
  pause,
  startNode,
  type TlsEndpoint,
  until,
} from "../../support/tls_nodes.ts";
import { keyOf, patterned } from "../../support/values.ts";

const KINDS = ["deno", "node"] as const;
const FIND: PeerRequest = { type: "findNode", key: keyOf("key"), amount: 20 };
const NOBODY: PeerAnswer = { type: "foundNode", contacts: [] };

/** Has an endpoint answer all requests alike. */
function attach({ transport }: TlsEndpoint, answer: PeerAnswer = NOBODY): PeerRequest[] {
  const requests: PeerRequest[] = [];
  transport.attach({
    onConnected: () => {},
    onDisconnected: () => {},
    onRequest: (request, _origin, respond) => {
      requests.push(request);
      respond(answer);
    },
  });
  return requests;
}

/** A FOUND NODE without contacts. */
function empty(id: number): Uint8Array {
  return peerFrame(674, id, uint(0, 1));
}

/** File descriptors of this process. */
function openFiles(): number {
  // The runtime itself lets it be read only with all permissions.
  const { stdout } = new Deno.Command("ls", { args: [`/proc/${Deno.pid}/fd`] }).outputSync();
  return new TextDecoder().decode(stdout).trim().split("\n").length;
}

Deno.test("a request that was given up is answered once; who answers again is hung up on", async () => {
  let asked = 0;
  await using peer = await FakePeer.listen(({ id }) => {
    if (++asked === 1) return null;
    return asked === 2 ? join(empty(0), empty(id)) : join(empty(0), empty(id));
  });
  await using end = await openTransport();
  attach(end);
  const ask = () =>
    new Promise<string | null>((resolve) =>
      end.transport.request(peer.contact, FIND, (_, failure) => resolve(failure))
    );
  const first = end.transport.request(peer.contact, FIND, () => {});
  await until(() => asked === 1);
  first.cancel();
  assertEquals(await ask(), null, "one late answer is none too many");
  assertEquals(await ask(), "protocolError");
  assertMatch(
    end.lines.join("\n"),
    /^warn Closed connection to .*: answer to request 0, for which/m,
  );
});

for (const kind of KINDS) {
  Deno.test(`${kind}: a peer that reads none of its answers is given up`, async () => {
    const clock = new EventQueue();
    await using end = await openTransport({ clock, kind });
    const value = { key: keyOf("key"), value: patterned(65_000), nonce: keyOf("nonce") };
    const claims = { cachedUntil: 0, stamp: 1, expiresAt: 1_000, replication: 1 };
    attach(end, { type: "foundValue", ...claims, ...value });
    using peer = await RawConnection.toPeer(end.contact.address.port);
    using other = await RawConnection.toPeer(end.contact.address.port);
    await peer.write(
      join(...Array.from({ length: 2_000 }, (_, id) => peerFrame(663, id, findBody(keyOf("key"))))),
    );
    await pause(200);
    for (let ms = 0; ms <= STALL_LIMIT_MS + STALL_CHECK_MS; ms += STALL_CHECK_MS) {
      clock.runUntil(ms);
      await pause(20);
    }
    await until(() => end.transport.connections.inbound === 1);
    assertMatch(end.lines.join("\n"), /^debug Closed connection from .*: it takes no answer for/m);
    await other.write(peerFrame(663, 1, findBody(keyOf("key"))));
    assertEquals((await other.next())?.id, 1);
    await peer.all();
  });

  Deno.test(`${kind}: a peer that does not end a frame is given up, one that says nothing is not`, async () => {
    const clock = new EventQueue();
    await using end = await openTransport({ clock, kind });
    attach(end);
    using peer = await RawConnection.toPeer(end.contact.address.port);
    using quiet = await RawConnection.toPeer(end.contact.address.port);
    await peer.write(peerFrame(661, 1, new Uint8Array(20), 1_000));
    await pause(50);
    for (let ms = 0; ms <= STALL_LIMIT_MS + STALL_CHECK_MS; ms += STALL_CHECK_MS) {
      clock.runUntil(ms);
      await pause(5);
    }
    assertEquals(await peer.all(), []);
    assertMatch(end.lines.join("\n"), /: it does not end a frame for/);
    await quiet.write(peerFrame(662, 1, findBody(keyOf("key"))));
    assertEquals((await quiet.next())?.id, 1);
  });
}

Deno.test("a peer beyond its budget waits, and others do not", async () => {
  const clock = new EventQueue();
  const budgets = { perConnection: 100, perNetwork: 1_000, burstSeconds: 1, onLoopback: true };
  await using end = await openTransport({ clock, budgets });
  const requests = attach(end);
  using greedy = await RawConnection.toPeer(end.contact.address.port);
  using modest = await RawConnection.toPeer(end.contact.address.port);
  const finds = (count: number) =>
    join(...Array.from({ length: count }, (_, id) => peerFrame(662, id, findBody(keyOf("key")))));
  await greedy.write(finds(1_000));
  await until(() => requests.length >= 49);
  await pause(100);
  const first = requests.length;
  assert(first < 60, `${first} requests of two units each, of a budget of 100`);
  await modest.write(finds(10));
  await modest.take(10);
  clock.runUntil(1_000);
  await until(() => requests.length >= first + 10 + 40);
  await pause(100);
  assert(requests.length < first + 10 + 60, `${requests.length} after a second`);
});

Deno.test("many handshakes cut no idle connection of another peer", async () => {
  const inboundMax = 48;
  await using node = await startNode({ inboundMax });
  const { port } = node.p2pAddress;
  using honest = await RawConnection.toPeer(port);
  await honest.write(peerFrame(662, 1, findBody(keyOf("any"))));
  assertEquals((await honest.next())?.id, 1);
  let ended = false;
  const next = honest.next().then((frame) => (ended = true, frame));
  const crowd: RawConnection[] = [];
  while (crowd.length < 3 * inboundMax) {
    const some = Array.from({ length: 16 }, () => RawConnection.toPeer(port));
    crowd.push(...await Promise.all(some));
  }
  await until(() => node.transport.connections.inbound <= inboundMax);
  assertEquals(ended, false);
  await honest.write(peerFrame(662, 2, findBody(keyOf("any"))));
  assertEquals((await next)?.id, 2);
  for (const connection of crowd) connection.close();
});

Deno.test({
  name: "a host that accepts and stays silent costs one connection, however often it is dialled",
  ignore: Deno.build.os !== "linux", // where open files can be counted
  fn: dialSilentHost,
});

async function dialSilentHost(): Promise<void> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const conn of listener) accepted.push(conn);
  })().catch(() => {});
  const { der } = await certificate();
  const clock = new EventQueue();
  const handshakes = new Handshakes(clock);
  const before = openFiles();
  for (let i = 0; i < 8; i++) {
    const dialled = handshakes.dial(makeAddress("127.0.0.1", listener.addr.port), der);
    await until(() => accepted.length === i + 1);
    await pause(50); // its hello has been sent
    clock.runUntil(clock.now() + 3_000);
    assertEquals("failure" in await dialled, true);
  }
  await until(() => openFiles() - before - accepted.length <= 1);
  for (const conn of accepted) conn.close();
  handshakes.abort();
  listener.close();
  await accepting;
}

Deno.test("wrong frames of one address are one line a minute in the log, and a count", async () => {
  const clock = new EventQueue();
  await using end = await openTransport({ clock });
  attach(end);
  for (let i = 0; i < 30; i++) {
    using peer = await RawConnection.toPeer(end.contact.address.port);
    await peer.write(peerFrame(1_000 + i, 1, new Uint8Array(i)));
    assertEquals(await peer.all(), []);
  }
  await until(() => end.transport.connections.inbound === 0);
  const warnings = () => end.lines.filter((line) => line.startsWith("warn"));
  assertEquals(warnings().length, 1);
  clock.runUntil(60_000);
  assertEquals(warnings().length, 2);
  assertMatch(warnings()[1]!, /\(and 29 more like this within a minute\)$/);
});

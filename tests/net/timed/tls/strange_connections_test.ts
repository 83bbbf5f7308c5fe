/**
 * Connections that never become what they should: the node gives them up in time and serves on.
 */

import { assert, assertEquals } from "@std/assert";
import { HANDSHAKE_LIMIT_MS, PEER_FRAME_BYTES_MAX } from "../../../../lib/core/limits.ts";
import { EventQueue } from "../../../../lib/sim/event_queue.ts";
import { apiGet, findBody, join, peerFrame } from "../../../support/frames.ts";
import { assertServes, RawConnection } from "../../../support/raw_connection.ts";
import {
  assertCloses,
  openTransport,
  pause,
  startNode,
  until,
} from "../../../support/tls_nodes.ts";
import { bytesOf, keyOf, patterned } from "../../../support/values.ts";

const key = keyOf("key");

async function plain(port: number): Promise<RawConnection> {
  return new RawConnection(await Deno.connect({ hostname: "127.0.0.1", port }), 4);
}

const NO_HANDSHAKES: Record<string, Uint8Array> = {
  "a frame without TLS": peerFrame(662, 1, findBody(key)),
  "a module's GET": apiGet(key),
  "HTTP": bytesOf("GET / HTTP/1.1\r\n\r\n"),
  "zeros": new Uint8Array(1_000),
  "a TLS record of no meaning": join(22, 3, 1, 0, 100, patterned(100)),
  "a TLS alert": join(21, 3, 3, 0, 2, 2, 40),
  "application data before a handshake": join(23, 3, 3, 0, 16, patterned(16)),
  "SSL 2": join(0x80, 0x2e, 1, 0, 2, patterned(40)),
};

Deno.test("what is no TLS handshake is hung up on", async (test) => {
  await using node = await startNode();
  for (const [what, bytes] of Object.entries(NO_HANDSHAKES)) {
    await test.step(what, async () => {
      using connection = await plain(node.p2pAddress.port);
      await connection.tryWrite(bytes);
      await connection.finish().catch(() => {});
      const rest = new Uint8Array(1_000);
      for (let count: number | null = 1; count !== null;) {
        count = await connection.conn.read(rest).catch(() => null);
      }
    });
  }
  await assertServes(node);
  assertEquals(node.lines.filter((line) => line.startsWith("warn")), []);
});

// The runtime keeps the socket of an unfinished handshake until the other side hangs up, though it is closed
// here (seen with Deno 2.8.3). So the test can only see that the node is done with it.
Deno.test("a handshake that is never finished is given up after its time", async () => {
  const clock = new EventQueue();
  await using end = await openTransport({ clock });
  end.transport.attach({
    onConnected: () => {},
    onRequest: (_request, _origin, answer) => answer({ type: "foundNode", contacts: [] }),
  });
  const { port } = end.contact.address;
  const silent = await Promise.all(Array.from({ length: 50 }, () => plain(port)));
  const half = await plain(port);
  await half.write(join(22, 3, 1, 2, 0, 1, 0, 1));
  // Accepted after the others, and served meanwhile.
  using peer = await RawConnection.toPeer(port);
  await peer.write(peerFrame(662, 1, findBody(key)));
  assertEquals((await peer.next())?.id, 1);
  clock.runUntil(HANDSHAKE_LIMIT_MS - 1);
  await pause(10);
  assertEquals(end.transport.counts.handshakesFailed, 0);
  clock.runUntil(HANDSHAKE_LIMIT_MS);
  await until(() => end.transport.counts.handshakesFailed === 51);
  assertEquals(end.lines.filter((line) => /handshake takes too long/.test(line)).length, 51);
  for (const connection of [...silent, half]) connection.close();
  await peer.write(peerFrame(662, 2, findBody(key)));
  assertEquals((await peer.next())?.id, 2);
});

Deno.test("handshakes that are under way do not hold up closing", async () => {
  const node = await startNode();
  const silent = await Promise.all(Array.from({ length: 50 }, () => plain(node.p2pAddress.port)));
  await pause(20);
  const late = Array.from({ length: 50 }, () => plain(node.p2pAddress.port).catch(() => null));
  const before = performance.now();
  await node.close();
  assert(performance.now() - before < 1_500, `${performance.now() - before} ms`);
  for (const connection of [...silent, ...await Promise.all(late)]) connection?.close();
});

Deno.test("closing while peers connect and shake hands leaves no connection open", async () => {
  for (let round = 0; round < 8; round++) {
    const node = await startNode();
    const peers = Array.from(
      { length: 12 },
      () => RawConnection.toPeer(node.p2pAddress.port).catch(() => null),
    );
    await pause(round * 2);
    await node.close();
    const connected = (await Promise.all(peers)).filter((peer) => peer !== null);
    let ended = 0;
    for (const peer of connected) void peer.all().then(() => ended++);
    await until(() => ended === connected.length).finally(() => {
      for (const peer of connected) peer.close();
    });
  }
});

Deno.test("a peer that agrees on no application protocol is hung up on", async () => {
  await using node = await startNode();
  using none = await RawConnection.toPeerSilently(node.p2pAddress.port, []);
  await none.tryWrite(peerFrame(662, 1, findBody(key)));
  assertEquals(await none.all(), []);
  const other = await RawConnection.toPeerSilently(node.p2pAddress.port, ["http/1.1"])
    .catch(() => null);
  if (other) {
    await other.tryWrite(peerFrame(662, 1, findBody(key)));
    assertEquals(await other.all(), []);
    other.close();
  }
  await assertServes(node);
});

Deno.test("a peer that closes its half gets all its answers", async () => {
  await using node = await startNode();
  using peer = await RawConnection.toPeer(node.p2pAddress.port);
  await peer.write(
    join(...Array.from({ length: 500 }, (_, i) => peerFrame(662, i, findBody(key)))),
  );
  await peer.finish();
  const answers = await peer.all();
  assertEquals(answers.map(({ id }) => id), Array.from({ length: 500 }, (_, i) => i));
});

for (const [what, finish] of [["and says no more", true], ["and stays", false]] as const) {
  Deno.test(`a peer that asks much, reads nothing ${what} does not hold up closing`, async () => {
    const node = await startNode();
    await node.node.put(key, patterned(60_000));
    using peer = await RawConnection.toPeer(node.p2pAddress.port);
    const requests = Array.from({ length: 95 }, (_, i) => peerFrame(663, i, findBody(key)));
    await peer.write(join(...requests));
    if (finish) await peer.finish();
    await until(() => node.transport.connections.inbound === 1);
    await pause(100);
    await assertServes(node);
    await assertCloses(node, () => peer.all());
  });
}

Deno.test("a peer that asks without end and reads nothing costs a limited amount of memory", async () => {
  await using node = await startNode();
  await node.node.put(key, patterned(60_000));
  const before = Deno.memoryUsage().rss;
  const requests = join(
    ...Array.from({ length: 4_000 }, (_, i) => peerFrame(663, i, findBody(key))),
  );
  const peers = await Promise.all(
    Array.from({ length: 4 }, () => RawConnection.toPeer(node.p2pAddress.port)),
  );
  const writes = peers.map((peer) => peer.tryWrite(requests));
  await pause(500);
  await assertServes(node);
  const grownMib = (Deno.memoryUsage().rss - before) / 2 ** 20;
  const closing = node.close();
  await Promise.all(peers.map((peer) => peer.all()));
  await Promise.all([closing, ...writes]);
  for (const peer of peers) peer.close();
  assert(grownMib < 150, `${grownMib} MiB for 4 peers that do not read`);
});

Deno.test("many peers that ask for a little more than they read cost little memory each", async () => {
  await using node = await startNode();
  await node.node.put(key, patterned(65_000));
  const before = Deno.memoryUsage().rss;
  const requests = join(...Array.from({ length: 100 }, (_, i) => peerFrame(663, i, findBody(key))));
  const peers: RawConnection[] = [];
  for (let i = 0; i < 64; i++) {
    const peer = await RawConnection.toPeer(node.p2pAddress.port);
    peers.push(peer);
    await peer.write(requests);
  }
  await pause(500);
  await assertServes(node);
  const grownMib = (Deno.memoryUsage().rss - before) / 2 ** 20;
  const closing = node.close();
  await Promise.all(peers.map((peer) => peer.all()));
  await closing;
  for (const peer of peers) peer.close();
  assert(grownMib < 220, `${grownMib} MiB for 64 peers that do not read`);
});

Deno.test("a claimed size takes no memory before the bytes have come", async () => {
  await using node = await startNode();
  const before = Deno.memoryUsage().rss;
  const connections = await Promise.all(
    Array.from({ length: 200 }, () => RawConnection.toPeer(node.p2pAddress.port)),
  );
  for (const connection of connections) {
    await connection.write(peerFrame(661, 1, new Uint8Array(1), PEER_FRAME_BYTES_MAX));
  }
  await assertServes(node);
  const grownMib = (Deno.memoryUsage().rss - before) / 2 ** 20;
  assert(grownMib < 60, `${grownMib} MiB for 200 connections with a byte each`);
  for (const connection of connections) connection.close();
});

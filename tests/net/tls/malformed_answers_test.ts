/**
 * A peer whose answers break the protocol: it loses its connection, and the request fails; the node goes on.
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { PEER_FRAME_BYTES_MAX } from "../../../lib/core/limits.ts";
import { ALL_KEYS } from "../../../lib/core/repair/key_range.ts";
import { EMPTY_DIGEST } from "../../../lib/core/repair/version.ts";
import type { PeerRequest } from "../../../lib/core/wire/messages.ts";
import { NodeClosedError } from "../../../lib/node/errors.ts";
import type { RequestFailure } from "../../../lib/node/ports.ts";
import { FakePeer } from "../../support/fake_peer.ts";
import { apiGet, join, peerFrame, pong, type RawFrame, uint } from "../../support/frames.ts";
import { RawConnection } from "../../support/raw_connection.ts";
import { openTransport, startNode, type TlsEndpoint, until } from "../../support/tls_nodes.ts";
import { keyOf, proven } from "../../support/values.ts";
import { pingOf } from "../../support/pings.ts";

const key = keyOf("key");
/** The addresses of a record. */
const address = join(
  new Uint8Array(10),
  ...[255, 255, 127, 0, 0, 1],
  uint(4_000, 2),
  new Uint8Array(18),
);
const record = join(address, uint(300, 2), new Uint8Array(300));
const EMPTY = new Uint8Array(0);
const now = Date.now();
const times = join(uint(0, 8), uint(now, 8), uint(60_000, 4), 3, keyOf("nonce"));

const REQUESTS = {
  ping: (end: TlsEndpoint): PeerRequest => pingOf(end.contact),
  store: (): PeerRequest => {
    const value = new Uint8Array(1);
    const times = { cachedUntil: 0, stamp: 1, expiresAt: 2 };
    return { type: "store", key, value, ...times, nonce: key, replication: 1 };
  },
  findNode: (): PeerRequest => ({ type: "findNode", key, amount: 20 }),
  findValue: (): PeerRequest => ({ type: "findValue", key, amount: 20 }),
  digest: (): PeerRequest => {
    return { type: "digest", ranges: [{ range: ALL_KEYS, digest: EMPTY_DIGEST }] };
  },
  offer: (): PeerRequest => {
    const versions = [{ key, stamp: 1, tag: 1, replication: 1 }];
    return { type: "offer", range: ALL_KEYS, versions };
  },
};

type Wrong = readonly [keyof typeof REQUESTS, (asked: RawFrame) => Uint8Array];

const ANSWERS_WRONG: Record<string, Wrong> = {
  "an answer to an id never asked": ["findNode", ({ id }) => peerFrame(674, id + 1, uint(0, 1))],
  "an answer to the largest id": ["findNode", () => peerFrame(674, 0xffff_ffff, uint(0, 1))],
  "a request cut short": ["findNode", ({ id }) => peerFrame(662, id, key)],
  "a HELLO as an answer": ["findNode", ({ id }) => peerFrame(668, id, uint(0, 1))],
  "a type that does not exist": ["findNode", ({ id }) => peerFrame(672, id, uint(0, 1))],
  "a PONG for FIND NODE": ["findNode", ({ id }) => pong(id)],
  "a FOUND VALUE for FIND NODE": ["findNode", ({ id }) => peerFrame(673, id, join(times, 1))],
  "a FOUND NODE for PING": ["ping", ({ id }) => peerFrame(674, id, uint(0, 1))],
  "a STORED for PING": ["ping", ({ id }) => peerFrame(671, id, uint(0, 1))],
  "a FOUND VALUE for STORE": ["store", ({ id }) => peerFrame(673, id, join(times, 1))],
  "a STORED for FIND VALUE": ["findValue", ({ id }) => peerFrame(671, id, uint(0, 1))],
  "an empty PONG": ["ping", ({ id }) => peerFrame(670, id, EMPTY)],
  "a PONG with an unknown reachability": [
    "ping",
    ({ id }) => peerFrame(670, id, join(uint(1, 8), 6, address)),
  ],
  "a PONG with a trailing byte": [
    "ping",
    ({ id }) => peerFrame(670, id, join(uint(1, 8), 0, address, 0)),
  ],
  "an empty STORED": ["store", ({ id }) => peerFrame(671, id, new Uint8Array(0))],
  "a STORED with status 10": ["store", ({ id }) => peerFrame(671, id, uint(10, 1))],
  "a STORED with status 255": ["store", ({ id }) => peerFrame(671, id, uint(255, 1))],
  "a STORED with a trailing byte": ["store", ({ id }) => peerFrame(671, id, uint(0, 2))],
  "a FOUND NODE without a count": [
    "findNode",
    ({ id }) => peerFrame(674, id, new Uint8Array(0)),
  ],
  "a FOUND NODE whose count is too large": [
    "findNode",
    ({ id }) => peerFrame(674, id, join(2, 255, record)),
  ],
  "a FOUND NODE that counts 255 and has none": [
    "findNode",
    ({ id }) => peerFrame(674, id, uint(255, 1)),
  ],
  "a FOUND NODE whose count is too small": [
    "findNode",
    ({ id }) => peerFrame(674, id, join(1, 255, record, 255, record)),
  ],
  "a FOUND NODE with a record cut off": [
    "findNode",
    ({ id }) => peerFrame(674, id, join(2, 255, record, 255, record.subarray(0, 100))),
  ],
  "a FOUND NODE with a record of port 0": [
    "findNode",
    ({ id }) => peerFrame(674, id, join(1, 255, record.subarray(0, 16), 0, 0, record.subarray(18))),
  ],
  "a FOUND NODE with an empty certificate": [
    "findNode",
    ({ id }) => peerFrame(674, id, join(1, 255, address, 0, 0)),
  ],
  "a FOUND NODE with a certificate length that lies": [
    "findNode",
    ({ id }) => peerFrame(674, id, join(1, 255, address, 255, 255, new Uint8Array(300))),
  ],
  "a FOUND NODE with an index before any contact": [
    "findNode",
    ({ id }) => peerFrame(674, id, join(1, 0)),
  ],
  "a FOUND NODE with an index that is not taken": [
    "findNode",
    ({ id }) => peerFrame(674, id, join(2, 255, record, 1)),
  ],
  "a DIFFERENT with the index of no range": [
    "digest",
    ({ id }) => peerFrame(676, id, join(1, 1, uint(5, 4))),
  ],
  "a DIFFERENT that names a range twice": [
    "digest",
    ({ id }) => peerFrame(676, id, join(2, 0, uint(5, 4), 0, uint(5, 4))),
  ],
  "a WANTED with the index of no version": [
    "offer",
    ({ id }) => peerFrame(677, id, join(0, 1, 0, 1, 0, 0, 0, 0)),
  ],
  "a FOUND VALUE without a value": ["findValue", ({ id }) => peerFrame(673, id, times)],
  "a FOUND VALUE with half its times": [
    "findValue",
    ({ id }) => peerFrame(673, id, times.subarray(0, 20)),
  ],
  "a size of 0": ["ping", ({ id }) => peerFrame(670, id, EMPTY, 0)],
  "a size above the cap": [
    "ping",
    ({ id }) => peerFrame(670, id, EMPTY, PEER_FRAME_BYTES_MAX + 1),
  ],
  "a size of 4 GiB": ["ping", ({ id }) => peerFrame(670, id, EMPTY, 0xffff_ffff)],
  "an unasked frame before the answer": [
    "ping",
    ({ id }) => join(pong(12_345), pong(id)),
  ],
};

Deno.test("each answer that breaks the protocol fails its request and closes the connection", async (test) => {
  let react: (asked: RawFrame) => Uint8Array = () => new Uint8Array(0);
  await using peer = await FakePeer.listen((asked) => react(asked));
  await using end = await openTransport();
  end.transport.attach({ onConnected: () => {}, onRequest: () => {} });
  for (const [what, [type, wrong]] of Object.entries(ANSWERS_WRONG)) {
    await test.step(what, async () => {
      react = wrong;
      end.lines.length = 0;
      const failure = await new Promise<RequestFailure | null>((resolve) => {
        end.transport.request(peer.contact, REQUESTS[type](end), (_, f) => resolve(f));
      });
      assertEquals(failure, "protocolError");
      assertEquals(end.transport.connections.outbound, 0);
      assertEquals(end.lines.length, 1, end.lines.join("\n"));
      assert(/^warn Closed connection to 127\.0\.0\.1:\d+: ./.test(end.lines[0]!));
    });
  }
});

/** A node that knows a fake peer and an honest node, which holds nothing. */
async function withPeer(peer: FakePeer) {
  const node = await startNode({ via: [{ node: { self: peer.contact } }] });
  await until(() => peer.asked.length > 0);
  return node;
}

Deno.test("a node whose only peer breaks the protocol serves on, with what it holds itself", async () => {
  await using peer = await FakePeer.listen(({ type, id }) =>
    type === 660 ? pong(id) : peerFrame(9_999, id, key)
  );
  await using node = await withPeer(peer);
  const receipt = await node.node.put(key, new Uint8Array(5));
  assertEquals(receipt.holders, [node.node.self]);
  assertEquals((await node.node.get(key))?.value, new Uint8Array(5));
  assertEquals(await node.node.get(keyOf("nothing")), null);
});

Deno.test("a value larger than any is never handed to a client", async () => {
  const value = new Uint8Array(100_000);
  const said = { key, value, stamp: now, expiresAt: now + 60_000, replication: 3 };
  const { nonce } = proven(said, 8);
  const stamped = join(uint(0, 8), uint(now, 8), uint(60_000, 4), 3, nonce);
  await using peer = await FakePeer.listen(({ type, id }) => {
    if (type === 660) return pong(id);
    return type === 663 ? peerFrame(673, id, join(stamped, value)) : peerFrame(674, id, uint(0, 1));
  });
  await using node = await withPeer(peer);
  await until(() => node.node.figures().contacts === 1);
  using client = await RawConnection.toApi(node.apiAddress.port);
  await client.write(join(apiGet(key), apiGet(keyOf("nothing"))));
  const answers = await client.take(2);
  assertEquals(answers.map(({ type }) => type), [653, 653]);
});

Deno.test("a peer that takes requests and never answers does not keep the node from closing", async () => {
  await using peer = await FakePeer.listen(({ type, id }) => type === 660 ? pong(id) : null);
  const node = await withPeer(peer);
  await until(() => node.node.figures().contacts === 1);
  const ended = Promise.all([
    assertRejects(() => node.node.get(key), NodeClosedError),
    node.node.put(key, new Uint8Array(1), { replication: 2 }),
  ]);
  const before = performance.now();
  await node.close();
  assert(performance.now() - before < 2_000, `${performance.now() - before} ms`);
  await ended;
});

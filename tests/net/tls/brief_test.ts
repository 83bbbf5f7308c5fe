/**
 * What connections that agree on voidkad/2 have beyond voidkad/1: records in brief, and nudges.
 */

import { assert, assertEquals } from "@std/assert";
import { ALPN_PROTOCOL, ALPN_PROTOCOL_BRIEF } from "../../../lib/core/limits.ts";
import type { PeerAnswer } from "../../../lib/core/wire/messages.ts";
import { FakePeer } from "../../support/fake_peer.ts";
import { findBody, peerFrame, type RawFrame, uint } from "../../support/frames.ts";
import { assertServes, RawConnection } from "../../support/raw_connection.ts";
import { openTransport, startNode, until } from "../../support/tls_nodes.ts";
import { keyOf } from "../../support/values.ts";

const FIND_NODE = 662;
const NUDGE = 664;
const key = keyOf("key");
const request = { type: "findNode", key, amount: 20 } as const;
const HANDLER = { onRequest: () => {}, onConnected: () => {} };

Deno.test("a node sends a record in full once on a connection, and as one byte after that", async () => {
  await using first = await startNode();
  await using second = await startNode({ via: [first] });
  await until(() => first.node.peers.table.size === 1 && second.node.peers.table.size === 1);
  using peer = await RawConnection.toPeer(first.p2pAddress.port, [ALPN_PROTOCOL_BRIEF]);
  for (const id of [1, 2]) await peer.write(peerFrame(FIND_NODE, id, findBody(key)));
  const [full, brief] = await peer.take(2);
  assertEquals([full!.type, brief!.type], [674, 674]);
  assertEquals(full!.body.subarray(0, 2), new Uint8Array([1, 255]));
  assertEquals(full!.body.subarray(2), second.node.self.record);
  assertEquals(brief!.body, new Uint8Array([1, 0]));
});

Deno.test("a peer that knows voidkad/1 only gets its records in full", async () => {
  await using first = await startNode();
  await using second = await startNode({ via: [first] });
  await until(() => first.node.peers.table.size === 1 && second.node.peers.table.size === 1);
  using peer = await RawConnection.toPeer(first.p2pAddress.port, [ALPN_PROTOCOL]);
  for (const id of [1, 2]) await peer.write(peerFrame(FIND_NODE, id, findBody(key)));
  for (const { type, body } of await peer.take(2)) {
    assertEquals([type, body[0]], [672, 1]);
    assertEquals(body.subarray(1), second.node.self.record);
  }
});

Deno.test("who waits for a second answer after a first one nudges, on voidkad/2 alone", async () => {
  for (const protocol of [ALPN_PROTOCOL_BRIEF, ALPN_PROTOCOL]) {
    const asked: RawFrame[] = [];
    const empty = (id: number) => peerFrame(672, id, uint(0, 1));
    await using peer = await FakePeer.listen((frame) => {
      if (frame.type === NUDGE) return empty(asked[1]!.id);
      asked.push({ ...frame, body: frame.body.slice() });
      if (frame.type !== FIND_NODE) return null;
      if (asked.length === 1) return empty(frame.id);
      return protocol === ALPN_PROTOCOL ? empty(frame.id) : null;
    }, [protocol]);
    await using end = await openTransport();
    end.transport.attach(HANDLER);
    const answers: (PeerAnswer | null)[] = [];
    for (let i = 0; i < 2; i++) {
      end.transport.request(peer.contact, request, (answer) => answers.push(answer));
    }
    await until(() => answers.length === 2);
    assertEquals(answers, Array(2).fill({ type: "foundNode", contacts: [] }));
    assertEquals(peer.asked.includes(NUDGE), protocol === ALPN_PROTOCOL_BRIEF);
  }
});

Deno.test("what was sent before the last answer came does not stand for a nudge", async () => {
  const asked: RawFrame[] = [];
  const empty = (id: number) => peerFrame(672, id, uint(0, 1));
  await using peer = await FakePeer.listen((frame) => {
    if (frame.type === NUDGE) return empty(asked[1]!.id);
    asked.push({ ...frame, body: frame.body.slice() });
    return asked.length === 2 ? null : empty(frame.id);
  }, [ALPN_PROTOCOL_BRIEF]);
  await using end = await openTransport();
  end.transport.attach(HANDLER);
  const answered: string[] = [];
  const ask = (name: string, onAnswer = () => {}) =>
    end.transport.request(peer.contact, request, () => {
      answered.push(name);
      onAnswer();
    });
  ask("first", () => queueMicrotask(() => ask("third")));
  ask("second");
  await until(() => answered.length === 3);
  assertEquals(answered, ["first", "third", "second"]);
});

Deno.test("a nudge is passed over on voidkad/2 and ends a connection of voidkad/1", async () => {
  await using node = await startNode();
  const nudge = peerFrame(NUDGE, 0, new Uint8Array(0));
  using brief = await RawConnection.toPeer(node.p2pAddress.port, [ALPN_PROTOCOL_BRIEF]);
  await brief.write(nudge);
  await brief.write(peerFrame(FIND_NODE, 5, findBody(key)));
  assertEquals((await brief.next())?.id, 5);
  using plain = await RawConnection.toPeer(node.p2pAddress.port, [ALPN_PROTOCOL]);
  await plain.tryWrite(nudge);
  assertEquals(await plain.next(), null);
  assert(node.lines.some((line) => line.includes("message type 664 is no request")));
  await assertServes(node);
});

Deno.test("a node that answers late does not part the two ends' counts of records", async () => {
  await using first = await startNode();
  await using second = await startNode({ via: [first] });
  await until(() => first.node.peers.table.size === 1 && second.node.peers.table.size === 1);
  await using end = await openTransport({ name: "third" });
  end.transport.attach(HANDLER);
  const { self } = first.node;
  end.transport.request(self, request, () => assert(false, "it was given up")).cancel();
  const answer = await new Promise((resolve) => end.transport.request(self, request, resolve));
  assert((answer as PeerAnswer | null)?.type === "foundNode");
  assertEquals((answer as { contacts: unknown[] }).contacts.length, 1);
});

import { assert, assertEquals } from "@std/assert";
import type { PeerAnswer } from "../../../lib/core/wire/messages.ts";
import { FakePeer } from "../../support/fake_peer.ts";
import { findBody, peerFrame, type RawFrame, uint } from "../../support/frames.ts";
import { RawConnection } from "../../support/raw_connection.ts";
import { openTransport, startNode, until } from "../../support/tls_nodes.ts";
import { keyOf } from "../../support/values.ts";

const FIND_NODE = 662;
const NUDGE = 664;
const key = keyOf("key");
const request = { type: "findNode", key, amount: 20 } as const;
const HANDLER = { onRequest: () => {}, onConnected: () => {} };

/** A FOUND NODE without contacts. */
function empty(id: number): Uint8Array {
  return peerFrame(674, id, uint(0, 1));
}

Deno.test("a node that waits for a second answer after a first one nudges", async () => {
  const asked: RawFrame[] = [];
  await using peer = await FakePeer.listen((frame) => {
    if (frame.type === NUDGE) return empty(asked[1]!.id);
    asked.push({ ...frame, body: frame.body.slice() });
    return frame.type === FIND_NODE && asked.length === 1 ? empty(frame.id) : null;
  });
  await using end = await openTransport();
  end.transport.attach(HANDLER);
  const answers: (PeerAnswer | null)[] = [];
  for (let i = 0; i < 2; i++) {
    end.transport.request(peer.contact, request, (answer) => answers.push(answer));
  }
  await until(() => answers.length === 2);
  assertEquals(answers, Array(2).fill({ type: "foundNode", contacts: [] }));
  assert(peer.asked.includes(NUDGE));
});

Deno.test("a node that waits for nothing does not nudge", async () => {
  await using peer = await FakePeer.listen(({ id }) => empty(id));
  await using end = await openTransport();
  end.transport.attach(HANDLER);
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => end.transport.request(peer.contact, request, resolve));
  }
  assertEquals(peer.asked, [FIND_NODE, FIND_NODE, FIND_NODE]);
});

Deno.test("what was sent before the last answer came does not stand for a nudge", async () => {
  const asked: RawFrame[] = [];
  await using peer = await FakePeer.listen((frame) => {
    if (frame.type === NUDGE) return empty(asked[1]!.id);
    asked.push({ ...frame, body: frame.body.slice() });
    return asked.length === 2 ? null : empty(frame.id);
  });
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

Deno.test("a nudge with any id is ignored", async () => {
  await using node = await startNode();
  using peer = await RawConnection.toPeer(node.p2pAddress.port);
  for (const id of [0, 5, 0xffff_ffff]) await peer.write(peerFrame(NUDGE, id, new Uint8Array(0)));
  await peer.write(peerFrame(FIND_NODE, 5, findBody(key)));
  assertEquals((await peer.next())?.id, 5);
});

import { assert, assertEquals } from "@std/assert";
import type { PeerAnswer } from "../../../lib/core/wire/messages.ts";
import { findBody, peerFrame } from "../../support/frames.ts";
import { RawConnection } from "../../support/raw_connection.ts";
import { openTransport, startNode, until } from "../../support/tls_nodes.ts";
import { keyOf } from "../../support/values.ts";

const key = keyOf("key");
const request = { type: "findNode", key, amount: 20 } as const;

/** Two nodes that know each other. */
async function startPair() {
  const first = await startNode();
  const second = await startNode({ via: [first] });
  await until(() => first.node.figures().contacts === 1 && second.node.figures().contacts === 1);
  return {
    first,
    second,
    async [Symbol.asyncDispose]() {
      await Promise.all([first.close(), second.close()]);
    },
  };
}

Deno.test("a node sends a record in full once on a connection, and its index after that", async () => {
  await using pair = await startPair();
  const { first, second } = pair;
  using peer = await RawConnection.toPeer(first.p2pAddress.port);
  for (const id of [1, 2]) await peer.write(peerFrame(662, id, findBody(key)));
  const [full, again] = await peer.take(2);
  assertEquals([full!.type, again!.type], [674, 674]);
  assertEquals(full!.body.subarray(0, 2), new Uint8Array([1, 255]));
  assertEquals(full!.body.subarray(2), second.node.self.record);
  assertEquals(again!.body, new Uint8Array([1, 0]));
});

Deno.test("each connection has indices of its own", async () => {
  await using pair = await startPair();
  for (let i = 0; i < 2; i++) {
    using peer = await RawConnection.toPeer(pair.first.p2pAddress.port);
    await peer.write(peerFrame(662, 1, findBody(key)));
    assertEquals((await peer.next())?.body.subarray(0, 2), new Uint8Array([1, 255]));
  }
});

Deno.test("a node that answers late does not part the two ends' indices", async () => {
  await using pair = await startPair();
  await using end = await openTransport({ name: "third" });
  end.transport.attach({ onRequest: () => {}, onConnected: () => {} });
  const { self } = pair.first.node;
  end.transport.request(self, request, () => assert(false, "it was given up")).cancel();
  const answer = await new Promise<PeerAnswer | null>((resolve) => {
    end.transport.request(self, request, resolve);
  });
  assertEquals(answer, { type: "foundNode", contacts: [pair.second.node.self] });
});

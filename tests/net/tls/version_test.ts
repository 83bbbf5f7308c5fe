/**
 * One version of the protocol is spoken: a peer of another one is refused in the handshake, and both sides
 * say why.
 */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { makeContact } from "../../../lib/core/kademlia/contact.ts";
import { sha256 } from "../../../lib/hash/sha256.ts";
import { measureWay } from "../../../lib/net/tls/ping_client.ts";
import type { RequestFailure } from "../../../lib/node/ports.ts";
import { FakePeer } from "../../support/fake_peer.ts";
import { findBody, peerFrame } from "../../support/frames.ts";
import { assertServes, HELLO_OF_CLIENT, RawConnection } from "../../support/raw_connection.ts";
import { openTransport, startNode, until } from "../../support/tls_nodes.ts";
import { keyOf } from "../../support/values.ts";

const OLDER: readonly (readonly [string, readonly string[]])[] = [
  ["voidkad/7", ["voidkad/7"]],
  ["voidkad/1", ["voidkad/1"]],
  ["voidkad/2 and voidkad/1", ["voidkad/2", "voidkad/1"]],
  ["no protocol", []],
];

for (const [name, protocols] of OLDER) {
  Deno.test(`a peer that offers ${name} is refused, with one line in the log`, async () => {
    await using node = await startNode();
    const before = node.lines.length;
    const end = await connect(node.p2pAddress.port, protocols);
    assertEquals(end, null, "closed without an answer");
    await until(() => node.lines.length > before);
    const lines = node.lines.slice(before);
    assertEquals(lines.length, 1, lines.join("\n"));
    assertMatch(lines[0]!, /^warn Refused connection from 127\.0\.0\.1:\d+: it (speaks|names) /);
    assertMatch(lines[0]!, /voidkad\/8/);
    await assertServes(node);
  });

  Deno.test(`a listener that speaks ${name} is a protocol error to a dialler`, async () => {
    await using peer = await FakePeer.listen(() => null, [...protocols]);
    await using end = await openTransport();
    end.transport.attach({ onRequest: () => {}, onConnected: () => {} });
    const failure = await new Promise<RequestFailure | null>((resolve) => {
      const request = { type: "findNode", key: keyOf("key"), amount: 20 } as const;
      end.transport.request(peer.contact, request, (_, failure) => resolve(failure));
    });
    assertEquals(failure, "protocolError");
    assertEquals(end.lines.length, 1);
    assertMatch(end.lines[0]!, /^debug Cannot connect to .*: it speaks .*, not voidkad\/8$/);
    await assertRejects(() => measureWay(peer.contact), Error, "not voidkad/8");
    assertEquals(peer.asked, [], "nothing was sent");
  });
}

Deno.test("a bootstrapper of another version is named as such", async () => {
  await using peer = await FakePeer.listen(() => null, ["voidkad/2"]);
  const { address, certificate } = peer.contact;
  const self = makeContact(address, certificate, sha256);
  await using node = await startNode({ via: [{ node: { self } }] });
  await until(() => node.lines.some((line) => line.startsWith("warn Cannot join: ")));
  assertMatch(
    node.lines.find((line) => line.startsWith("warn"))!,
    /does not speak this version of the protocol/,
  );
});

/** Connects under some protocols and asks; returns what comes, null if the other side closes. */
async function connect(port: number, protocols: readonly string[]) {
  try {
    using peer = await RawConnection.toPeerSilently(port, [...protocols], true);
    await peer.tryWrite(HELLO_OF_CLIENT);
    await peer.tryWrite(peerFrame(662, 1, findBody(keyOf("key"))));
    return await peer.next();
  } catch (error) {
    assert(error instanceof Deno.errors.InvalidData, String(error)); // the handshake is refused
    return null;
  }
}

import { assert, assertEquals } from "@std/assert";
import { ALPN_PROTOCOL } from "../../../../lib/core/wire/versions.ts";
import { OUTBOUND_CONNECTIONS_MAX } from "../../../../lib/net/limits.ts";
import type { Contact } from "../../../../lib/core/kademlia/contact.ts";
import type { PeerRequest } from "../../../../lib/core/wire/messages.ts";
import type { RequestFailure } from "../../../../lib/node/ports.ts";
import { Credentials } from "../../../../lib/identity/credentials.ts";
import { FakePeer, helloFor } from "../../../support/fake_peer.ts";
import { findBody, peerFrame, uint } from "../../../support/frames.ts";
import { assertServes, RawConnection } from "../../../support/raw_connection.ts";
import {
  certificate,
  contactAt,
  deadPort,
  openTransport,
  startNode,
  type TlsEndpoint,
  until,
} from "../../../support/tls_nodes.ts";
import { keyOf } from "../../../support/values.ts";

const request: PeerRequest = { type: "findNode", key: keyOf("any"), amount: 1 };

function ask({ transport }: TlsEndpoint, contact: Contact): Promise<RequestFailure | null> {
  return new Promise((resolve) => {
    transport.request(contact, request, (_, failure) => resolve(failure));
  });
}

/** Many contacts with one listener each, which all answer with nobody. */
async function listenMany(count: number) {
  const { certificatePem: cert, keyPem: key, der } = await certificate();
  const listeners: Deno.TlsListener[] = [];
  const tasks: Promise<void>[] = [];
  const serve = async (conn: Deno.Conn, credentials: Credentials) => {
    using connection = new RawConnection(conn, 4);
    for (let frame = await connection.next(); frame; frame = await connection.next()) {
      const isHello = frame.type === 668;
      await connection.tryWrite(
        isHello ? helloFor(frame, credentials) : peerFrame(674, frame.id, uint(0, 1)),
      );
    }
  };
  const accept = async (listener: Deno.TlsListener) => {
    const credentials = new Credentials({
      contact: contactAt(listener.addr.port, der),
      keyPem: key,
    });
    try {
      for await (const conn of listener) tasks.push(serve(conn, credentials));
    } catch {
      // Closed at the end.
    }
  };
  for (let i = 0; i < count; i++) {
    const at = { hostname: "127.0.0.1", port: 0, cert, key, alpnProtocols: [ALPN_PROTOCOL] };
    const listener = Deno.listenTls(at);
    listeners.push(listener);
    tasks.push(accept(listener));
  }
  return {
    contacts: listeners.map(({ addr }) => contactAt(addr.port, der)),
    async [Symbol.asyncDispose]() {
      for (const listener of listeners) listener.close();
      await Promise.all(tasks);
    },
  };
}

Deno.test("dialled connections are capped, and the idle one used least recently goes first", async () => {
  await using many = await listenMany(OUTBOUND_CONNECTIONS_MAX);
  await using slow = await FakePeer.listen(() => null);
  {
    await using end = await openTransport();
    end.transport.attach({ onConnected: () => {}, onRequest: () => {} });
    let slowFailed: RequestFailure | null = null;
    end.transport.request(slow.contact, request, (_, failure) => slowFailed = failure);
    await until(() => slow.asked.length === 1);
    for (let i = 0; i < many.contacts.length; i += 16) {
      const some = many.contacts.slice(i, i + 16).map((contact) => ask(end, contact));
      assertEquals(new Set(await Promise.all(some)), new Set([null]));
    }
    assertEquals(end.transport.connections.outbound, OUTBOUND_CONNECTIONS_MAX);
    assertEquals(slowFailed, null, "a request under way is not failed while others are idle");
    assert(end.transport.isConnected(slow.contact));
    assert(end.transport.isConnected(many.contacts.at(-1)!));
    assertEquals(many.contacts.filter((contact) => !end.transport.isConnected(contact)).length, 1);
    assertEquals(end.transport.counts.handshakesOut, OUTBOUND_CONNECTIONS_MAX + 1);
  }
});

Deno.test("when all connections are in use, the one that is closed for another gets busy", async () => {
  await using end = await openTransport();
  end.transport.attach({ onConnected: () => {}, onRequest: () => {} });
  const { der } = await certificate();
  const port = deadPort();
  const failures: RequestFailure[] = [];
  for (let i = 0; i < OUTBOUND_CONNECTIONS_MAX + 10; i++) {
    const other = der.slice();
    other[20] = i >>> 8;
    other[21] = i;
    end.transport.request(contactAt(port, other), request, (_, failure) => {
      failures.push(failure!);
    });
  }
  assert(end.transport.connections.outbound <= OUTBOUND_CONNECTIONS_MAX);
  await until(() => failures.length === OUTBOUND_CONNECTIONS_MAX + 10);
  assertEquals(failures.filter((failure) => failure === "busy").length, 10);
});

Deno.test("connections of others are capped, and the one used least recently goes first", async () => {
  const inboundMax = 128;
  await using node = await startNode({ inboundMax });
  const { port } = node.p2pAddress;
  const peers: RawConnection[] = [];
  while (peers.length < inboundMax) {
    const some = Array.from({ length: 32 }, () => RawConnection.toPeer(port));
    peers.push(...await Promise.all(some));
  }
  await until(() => node.transport.connections.inbound === inboundMax);
  const [first] = peers;
  await first!.write(peerFrame(662, 1, findBody(keyOf("any"))));
  assertEquals((await first!.next())?.id, 1);
  for (let i = 0; i < 5; i++) {
    const more = await RawConnection.toPeer(port);
    peers.push(more);
    await more.write(peerFrame(662, 2, findBody(keyOf("any"))));
    assertEquals((await more.next())?.id, 2);
    assert(node.transport.connections.inbound <= inboundMax + 1);
  }
  await first!.write(peerFrame(662, 3, findBody(keyOf("any"))));
  assertEquals((await first!.next())?.id, 3, "it was used after the others");
  await assertServes(node);
  for (const peer of peers) peer.close();
});

/**
 * Peers that say by HELLO that they are somebody else, or somewhere else, to be asked what another one should be asked.
 */

import { assert, assertEquals } from "@std/assert";
import { ALPN_PROTOCOL } from "../../lib/core/wire/versions.ts";
import type { Contact } from "../../lib/core/kademlia/contact.ts";
import type { PeerRequest } from "../../lib/core/wire/messages.ts";
import type { RequestFailure } from "../../lib/node/ports.ts";
import { peerFrame } from "../support/frames.ts";
import { RawConnection } from "../support/raw_connection.ts";
import {
  certificate,
  contactAt,
  type EndpointOptions,
  openTransport,
  type TlsEndpoint,
  until,
} from "../support/tls_nodes.ts";
import { keyOf } from "../support/values.ts";

const FIND: PeerRequest = { type: "findNode", key: keyOf("any"), amount: 20 };
const HELLO = 668;
const REFUSED = 669;

/** An end that answers, and counts what it is asked. */
async function open(options: EndpointOptions = {}): Promise<TlsEndpoint & { asked: number }> {
  const end = Object.assign(await openTransport({ kind: "node", ...options }), { asked: 0 });
  end.transport.attach({
    onConnected: () => {},
    onRequest: (_request, _origin, answer) => {
      end.asked++;
      answer({ type: "foundNode", contacts: [] });
    },
  });
  return end;
}

function ask({ transport }: TlsEndpoint, contact: Contact): Promise<RequestFailure | null> {
  return new Promise((resolve) => {
    transport.request(contact, FIND, (_, failure) => resolve(failure));
  });
}

Deno.test("who claims another's address is asked nothing on its own connection, before and after the other is known", async () => {
  await using node = await open();
  await using honest = await open();
  const { der } = await certificate("another");
  const claimed = contactAt(honest.contact.address.port, der);
  await using liar = await open({ name: "another", claims: () => claimed });
  assertEquals(await ask(liar, node.contact), null, "it may ask, as anybody");
  assertEquals(await ask(node, claimed), "untrusted", "it is looked for where it says that it is");
  assertEquals(await ask(node, honest.contact), null);
  assertEquals(await ask(honest, node.contact), null);
  assertEquals(await ask(liar, node.contact), null);
  assertEquals(await ask(node, claimed), "untrusted");
  assertEquals(await ask(node, honest.contact), null);
  assert(!node.transport.isConnected(claimed));
  assertEquals([liar.asked, honest.asked], [0, 2]);
});

Deno.test("who claims another's record without its key is refused, and asked nothing", async () => {
  await using node = await open();
  await using honest = await open();
  await using liar = await open({ name: "another", claims: () => honest.contact });
  assertEquals(await ask(node, honest.contact), null, "so that its address is proven");
  assertEquals(await ask(liar, node.contact), "untrusted");
  assertEquals(await ask(node, honest.contact), null);
  await until(() => node.transport.connections.inbound === 0);
  assertEquals([liar.asked, honest.asked], [0, 2]);
});

Deno.test("a HELLO that was made for one node is worth nothing to another, nor to the one that made it", async () => {
  const { certificatePem: cert, keyPem: key, der } = await certificate("another");
  const at = { hostname: "127.0.0.1", port: 0, cert, key, alpnProtocols: [ALPN_PROTOCOL] };
  using listener = Deno.listenTls(at);
  await using node = await open();
  await using honest = await open();
  const asking = ask(honest, contactAt(listener.addr.port, der));
  using heard = new RawConnection(await listener.accept(), 4);
  const hello = await heard.next();
  assertEquals(hello?.type, HELLO);
  assertEquals(await ask(node, honest.contact), null, "so that its address is proven");
  for (const { contact } of [node, honest]) {
    using replayed = await RawConnection.toPeerSilently(contact.address.port);
    await replayed.write(peerFrame(HELLO, 0, hello!.body));
    assertEquals((await replayed.all()).map(({ type, body }) => [type, ...body]), [[REFUSED, 2]]);
  }
  heard.close();
  assertEquals(await asking, "unreachable");
});

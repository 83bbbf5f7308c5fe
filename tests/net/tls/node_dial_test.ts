import { assert, assertEquals, assertRejects } from "@std/assert";
import { makeAddress } from "../../../lib/core/kademlia/address.ts";
import { ALPN_PROTOCOL } from "../../../lib/core/wire/versions.ts";
import { failureOf } from "../../../lib/net/tls/handshake_failure.ts";
import { NodeDial } from "../../../lib/net/tls/node_dial.ts";
import { FakePeer } from "../../support/fake_peer.ts";
import { bytesOf } from "../../support/values.ts";
import { certificate, deadPort } from "../../support/tls_nodes.ts";

Deno.test("bytes go both ways on a connection that was dialled by node:tls", async () => {
  const { certificatePem: cert, keyPem: key, der } = await certificate();
  const at = { hostname: "127.0.0.1", port: 0 };
  using listener = Deno.listenTls({ ...at, cert, key, alpnProtocols: [ALPN_PROTOCOL] });
  const accepting = listener.accept();
  const dial = new NodeDial(makeAddress("127.0.0.1", listener.addr.port), der);
  using accepted = await accepting;
  await accepted.handshake();
  const conn = (await dial.conn)!;
  const buffer = new Uint8Array(64);
  for (const [from, to] of [[conn, accepted], [accepted, conn]] as const) {
    await from.write(bytesOf("some words"));
    assertEquals(buffer.subarray(0, (await to.read(buffer))!), bytesOf("some words"));
  }
  conn.close();
  assertEquals(await accepted.read(buffer), null);
});

Deno.test("node:tls connects to nobody but the holder of the certificate", async () => {
  await using peer = await FakePeer.listen(() => null);
  const { der: other } = await certificate("another");
  const error = await assertRejects(() => new NodeDial(peer.contact.address, other).conn);
  assertEquals(failureOf(error).failure, "untrusted");
});

Deno.test("node:tls tells another protocol, and an address where nobody listens", async () => {
  const { der } = await certificate();
  await using other = await FakePeer.listen(() => null, ["voidkad/1"]);
  const error = await new NodeDial(other.contact.address, der).conn.catch((error) => error);
  assertEquals(error === null ? "protocolError" : failureOf(error).failure, "protocolError");
  const nobody = makeAddress("127.0.0.1", deadPort());
  const refused = await assertRejects(() => new NodeDial(nobody, der).conn);
  assertEquals(failureOf(refused).failure, "unreachable");
});

Deno.test("a dial by node:tls that is given up ends, and its connection too", async () => {
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { der } = await certificate();
  const dial = new NodeDial(makeAddress("127.0.0.1", silent.addr.port), der);
  const accepted = await silent.accept();
  const buffer = new Uint8Array(4_096);
  assert(await accepted.read(buffer) !== null, "its hello");
  dial.abort();
  await assertRejects(() => dial.conn);
  const end = await accepted.read(buffer).catch(() => null);
  assertEquals(end, null);
  accepted.close();
});

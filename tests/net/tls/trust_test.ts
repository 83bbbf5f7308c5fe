/**
 * A pin holds beside anything else that the program trusts: an authority may certify any IP, but no `.invalid`.
 */

import { assertEquals, assertMatch } from "@std/assert";
import { ALPN_PROTOCOL } from "../../../lib/core/wire/versions.ts";
import { formatInvite } from "../../../lib/identity/invite.ts";
import { makeCertificate } from "../../../lib/identity/make_certificate.ts";
import { SystemClock } from "../../../lib/net/system.ts";
import { Handshakes } from "../../../lib/net/tls/handshake.ts";
import { DENO_RUN } from "../../../scripts/common/deno_run.ts";
import type { Name } from "../../support/authority.ts";
import { certificate, contactAt, startNode } from "../../support/tls_nodes.ts";
import { runTrusting, TRUST } from "../../support/trust_environment.ts";
import { startImpostor } from "../../support/trusted_servers.ts";

const IP: Name = { type: "ip", value: "127.0.0.1" };
const SERVER_NAME: Name = { type: "dns", value: "7f000001.invalid" };

for (const [what, environment] of Object.entries(TRUST)) {
  Deno.test(`an IP's certificate of an authority that ${what} trusts does not pass for the pinned one`, async () => {
    await using impostor = await startImpostor([IP]);
    await using node = await startNode();
    const { der } = await certificate();
    const invites = [contactAt(impostor.port, der), node.node.self].map(formatInvite);
    const { stdout, stderr } = await runTrusting(
      [...DENO_RUN, "--allow-net", "tests/support/programs/dial.ts", ...invites],
      { env: environment(impostor.authorityFile) },
    );
    assertMatch(stdout, /^\[/, stderr);
    const [byTrust, byPin, pinned] = JSON.parse(stdout);
    assertEquals(byTrust, "ok", "the program trusts the authority");
    assertMatch(byPin, /it does not hold the certificate/);
    assertEquals(pinned, "ok");
  });
}

Deno.test("the executable trusts no authority of the system, even for a node's server name", async () => {
  await using impostor = await startImpostor([SERVER_NAME]);
  const { der } = await certificate();
  const invite = formatInvite(contactAt(impostor.port, der));
  const permissions = ["--allow-net", "--allow-read", "--allow-env=DENO_TLS_CA_STORE"];
  const { code, stderr } = await runTrusting(
    [...DENO_RUN, ...permissions, "main.ts", "ping", "--join", invite],
    { env: TRUST["the system's store"]!(impostor.authorityFile) },
  );
  assertMatch(stderr, /it does not hold the certificate/);
  assertEquals(code, 1);
});

Deno.test("a pinned certificate is good for its own address alone", async () => {
  const other = await makeCertificate("127.0.0.2");
  const peer = Deno.listenTls({
    hostname: "127.0.0.1",
    port: 0,
    cert: other.certificatePem,
    key: other.keyPem,
    alpnProtocols: [ALPN_PROTOCOL],
  });
  const accepting = peer.accept().then(async (connection) => {
    await connection.handshake().catch(() => {});
    connection.close();
  });
  const { address } = contactAt(peer.addr.port, other.der);
  const dialled = await new Handshakes(new SystemClock()).dial(address, other.der);
  assertEquals("failure" in dialled && dialled.failure, "untrusted");
  await accepting;
  peer.close();
});

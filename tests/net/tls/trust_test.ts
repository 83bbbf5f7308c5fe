/**
 * A pin holds whatever the program trusts besides: its authority may certify any IP, but no `.invalid`.
 */

import { assertEquals, assertMatch } from "@std/assert";
import { ALPN_PROTOCOL } from "../../../lib/core/wire/versions.ts";
import { formatInvite } from "../../../lib/identity/invite.ts";
import { makeCertificate } from "../../../lib/identity/make_certificate.ts";
import { SystemClock } from "../../../lib/net/system.ts";
import { Handshakes } from "../../../lib/net/tls/handshake.ts";
import { DENO_RUN } from "../../../scripts/common/deno_run.ts";
import { makeAuthority } from "../../support/authority.ts";
import { certificate, contactAt, startNode } from "../../support/tls_nodes.ts";
import { runTrusting, TRUST } from "../../support/trust_environment.ts";

for (const [what, environment] of Object.entries(TRUST)) {
  Deno.test(`an IP's certificate of an authority that ${what} trusts does not pass for the pinned one`, async () => {
    const authority = await makeAuthority({ names: [], isAuthority: true });
    const file = await Deno.makeTempFile({ suffix: ".pem" });
    await Deno.writeTextFile(file, authority.certificatePem);
    const { certificatePem: cert, keyPem: key } = await authority.sign([
      { type: "ip", value: "127.0.0.1" },
    ]);
    const at = { hostname: "127.0.0.1", port: 0, alpnProtocols: [ALPN_PROTOCOL] };
    const impostor = Deno.listenTls({ ...at, cert, key });
    const shaking = (async () => {
      for (let dial = 0; dial < 2; dial++) {
        using connection = await impostor.accept();
        await connection.handshake().catch(() => {});
      }
    })();
    await using node = await startNode();
    const { der } = await certificate();
    const invites = [contactAt(impostor.addr.port, der), node.node.self].map(formatInvite);
    const { stdout, stderr } = await runTrusting(
      [...DENO_RUN, "--allow-net", "tests/support/programs/dial.ts", ...invites],
      { env: environment(file) },
    );
    assertMatch(stdout, /^\[/, stderr);
    const [byTrust, byPin, pinned] = JSON.parse(stdout);
    assertEquals(byTrust, "ok", "the program trusts the authority");
    assertMatch(byPin, /it does not hold the certificate/);
    assertEquals(pinned, "ok");
    await shaking;
    impostor.close();
    await Deno.remove(file);
  });
}

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
  const dialled = await new Handshakes(new SystemClock()).dial(
    contactAt(peer.addr.port, other.der),
  );
  assertEquals("failure" in dialled && dialled.failure, "untrusted");
  await accepting;
  peer.close();
});

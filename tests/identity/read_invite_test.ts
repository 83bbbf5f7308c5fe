import { assertEquals, assertThrows } from "@std/assert";
import { parseAddress } from "../../lib/core/kademlia/address.ts";
import { formatInvite } from "../../lib/identity/invite.ts";
import { makeCertificate } from "../../lib/identity/make_certificate.ts";
import { readInvite } from "../../lib/identity/read_invite.ts";
import { certificate } from "../support/tls_nodes.ts";

const address = parseAddress("127.0.0.1:7402");

Deno.test("an invite is read as it was made, with blanks around it", async () => {
  const { der } = await certificate();
  const line = formatInvite({ address, certificate: der });
  for (const text of [line, ` ${line}\n`]) {
    assertEquals(formatInvite(readInvite(text)), line);
  }
  const v6 = parseAddress("[2001:db8::7]:7402");
  const other = (await makeCertificate(v6.hostname)).der;
  const long = formatInvite({ address: v6, certificate: other });
  assertEquals(formatInvite(readInvite(long)), long);
});

Deno.test("any one character of the certificate that is not what it was is noticed", async () => {
  for (let i = 0; i < 3; i++) { // they differ in length
    const { der } = await makeCertificate(address.hostname);
    const line = formatInvite({ address, certificate: der });
    const start = line.lastIndexOf("/") + 1;
    for (let at = start; at < line.length; at++) {
      for (const other of ["A", "x", "-"]) {
        if (line[at] === other) continue;
        const damaged = line.slice(0, at) + other + line.slice(at + 1);
        const where = `${line}: "${other}" at ${at}`;
        assertThrows(() => readInvite(damaged), SyntaxError, "the invite", where);
      }
    }
  }
});

Deno.test("an invite with the certificate of another address is refused", async () => {
  const { der } = await certificate();
  const line = formatInvite({ address: parseAddress("127.0.0.2:7402"), certificate: der });
  assertThrows(() => readInvite(line), SyntaxError, "does not name 127.0.0.2");
});

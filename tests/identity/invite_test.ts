import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  formatAddress,
  makeAddress,
  parseAddress,
  whyUndiallable,
} from "../../lib/core/kademlia/address.ts";
import { formatInvite, parseInvite, readInvite } from "../../lib/identity/invite.ts";
import { makeCertificate } from "../../lib/identity/make_certificate.ts";
import { CERTIFICATE_BYTES_MAX } from "../../lib/core/limits.ts";
import { checkProperty } from "../support/core/property.ts";
import { certificate as nodeCertificate } from "../support/tls_nodes.ts";

const address = parseAddress("10.1.2.3:7402");
const loopback = parseAddress("127.0.0.1:7402");

/** A DER sequence with this content. */
function sequence(content: Uint8Array): Uint8Array {
  const { length } = content;
  const head = length < 0x80
    ? [0x30, length]
    : length < 0x100
    ? [0x30, 0x81, length]
    : [0x30, 0x82, length >>> 8, length & 0xff];
  return Uint8Array.of(...head, ...content);
}

const certificate = sequence(Uint8Array.from({ length: 302 }, (_, i) => i & 0xff));
const line = formatInvite({ address, alternate: null, certificate });

const addresses = fc.tuple(
  fc.oneof(fc.ipV4(), fc.ipV6().filter((ip) => !ip.includes("%"))),
  fc.integer({ min: 1, max: 65_535 }),
).map(([ip, port]) => makeAddress(ip, port)).filter((made) => whyUndiallable(made) === null);
const certificates = fc.uint8Array({ maxLength: CERTIFICATE_BYTES_MAX - 4 }).map(sequence);

function refuses(text: string, message: string): void {
  assertEquals(assertThrows(() => parseInvite(text), SyntaxError).message, message);
}

Deno.test("an invite is one line of address and certificate", () => {
  const short = formatInvite({
    address,
    alternate: null,
    certificate: sequence(Uint8Array.of(0xff, 0xfe)),
  });
  assertEquals(short, "voidkad://10.1.2.3:7402/MAL__g");
  const v6 = formatInvite({
    address: parseAddress("[::1]:7402"),
    alternate: null,
    certificate: sequence(Uint8Array.of()),
  });
  assertEquals(v6, "voidkad://[::1]:7402/MAA");
});

Deno.test("what was formatted is parsed again", () => {
  checkProperty(fc.property(addresses, certificates, (address, certificate) => {
    const text = formatInvite({ address, alternate: null, certificate });
    assert(/^[!-~]+$/.test(text), "it can be pasted");
    const parsed = parseInvite(text);
    assertEquals(formatAddress(parsed.address), formatAddress(address));
    assertEquals(parsed.certificate, certificate);
  }));
});

Deno.test("an invite has one spelling, and any text is one or a syntax error", () => {
  const cut = fc.nat({ max: line.length - 1 });
  const texts = fc.oneof(
    fc.string(),
    fc.string().map((text) => `voidkad://1.2.3.4:5/${text}`),
    fc.tuple(cut, fc.string()).map(([at, text]) => line.slice(0, at) + text + line.slice(at)),
    fc.tuple(cut, cut).map(([from, length]) => line.slice(0, from) + line.slice(from + length)),
  );
  checkProperty(
    fc.property(texts, (text) => {
      try {
        assertEquals(formatInvite(parseInvite(text)).split("/")[3], text.split("/")[3]);
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
      }
    }),
    2_000,
  );
});

Deno.test("an invite that is cut anywhere is refused", () => {
  for (let length = 0; length < line.length; length++) {
    assertThrows(() => parseInvite(line.slice(0, length)), SyntaxError);
  }
});

Deno.test("an error says what is wrong with an invite", () => {
  refuses("", "an invite begins with voidkad://");
  refuses("http://10.1.2.3:7402/MAA", "an invite begins with voidkad://");
  refuses("voidkad://10.1.2.3:7402", "the invite has no certificate after its address");
  refuses("voidkad://10.1.2.3:7402/", "the invite has no certificate after its address");
  refuses("voidkad://10.1.2.3/MAA", '"10.1.2.3" has no port');
  refuses("voidkad://example.com:1/MAA", '"example.com" is not an IP address');
  refuses("voidkad://10.1.2.3:0/MAA", "10.1.2.3:0 is not an address to connect to: it has port 0");
  refuses("voidkad://0.0.0.0:1/MAA", "0.0.0.0:1 is not an address to connect to: it is a wildcard");
  refuses(
    "voidkad://239.0.0.1:1/MAA",
    "239.0.0.1:1 is not an address to connect to: it is a multicast address",
  );
  refuses("voidkad://10.1.2.3:1/MA A", 'the invite\'s certificate has a " " in it');
  refuses("voidkad://10.1.2.3:1/MA+A", 'the invite\'s certificate has a "+" in it');
  refuses(
    "voidkad://10.1.2.3:1/MAAAA",
    "the invite's certificate is not base64url: a part of it is missing",
  );
  refuses("voidkad://10.1.2.3:1/AAAA", "what the invite carries is not a certificate");
  refuses(
    line.slice(0, -4),
    `the invite's certificate has ${
      certificate.length - 3
    } bytes where it says ${certificate.length}`,
  );
  refuses(
    `voidkad://10.1.2.3:1/${"A".repeat(3_000)}`,
    "the invite's certificate has 2250 bytes, more than 2048",
  );
  refuses(`voidkad://10.1.2.3:1/${"A".repeat(9_000)}`, "the invite is too long to be one");
});

Deno.test("an invite is read as it was made, with blanks around it", async () => {
  const { der } = await nodeCertificate();
  const whole = formatInvite({ address: loopback, alternate: null, certificate: der });
  for (const text of [whole, ` ${whole}\n`]) {
    assertEquals(formatInvite(readInvite(text)), whole);
  }
  const v6 = parseAddress("[2001:db8::7]:7402");
  const other = (await makeCertificate(v6.hostname)).der;
  const long = formatInvite({ address: v6, alternate: null, certificate: other });
  assertEquals(formatInvite(readInvite(long)), long);
});

Deno.test("any one character of the certificate that is not what it was is noticed", async () => {
  for (let i = 0; i < 3; i++) { // they differ in length
    const { der } = await makeCertificate(loopback.hostname);
    const whole = formatInvite({ address: loopback, alternate: null, certificate: der });
    const start = whole.lastIndexOf("/") + 1;
    for (let at = start; at < whole.length; at++) {
      for (const other of ["A", "x", "-"]) {
        if (whole[at] === other) continue;
        const damaged = whole.slice(0, at) + other + whole.slice(at + 1);
        const where = `${whole}: "${other}" at ${at}`;
        assertThrows(() => readInvite(damaged), SyntaxError, "the invite", where);
      }
    }
  }
});

Deno.test("an invite with the certificate of another address is refused", async () => {
  const { der } = await nodeCertificate();
  const whole = formatInvite({
    address: parseAddress("127.0.0.2:7402"),
    alternate: null,
    certificate: der,
  });
  assertThrows(() => readInvite(whole), SyntaxError, "does not name 127.0.0.2 (7f0000");
});

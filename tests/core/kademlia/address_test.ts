import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  ADDRESS_BYTES,
  addressFromBytes,
  formatAddress,
  isLoopback,
  isSpecial,
  isWildcard,
  makeAddress,
  parseAddress,
  parseIp,
  whyUndiallable,
} from "../../../lib/core/kademlia/address.ts";
import { checkProperty } from "../../support/core/property.ts";

const ports = fc.integer({ min: 0, max: 65_535 });
const wireForms = fc.uint8Array({ minLength: ADDRESS_BYTES, maxLength: ADDRESS_BYTES });

function bytesOf(text: string): number[] {
  return [...parseAddress(text).bytes];
}

Deno.test("parseAddress gives the wire form of an IPv4 address", () => {
  assertEquals(bytesOf("127.0.0.1:7402"), [
    ...[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff],
    ...[127, 0, 0, 1],
    ...[0x1c, 0xea],
  ]);
});

Deno.test("parseAddress gives the wire form of an IPv6 address", () => {
  assertEquals(bytesOf("[2001:db8::1]:443"), [
    ...[0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
    ...[1, 0xbb],
  ]);
});

Deno.test("two texts of one IP are one address", () => {
  const texts = [
    ["[::1]:1", "[0:0:0:0:0:0:0:1]:1"],
    ["[2001:DB8::A]:1", "[2001:db8:0:0::000a]:1"],
    ["1.2.3.4:1", "[::ffff:1.2.3.4]:1"],
    ["1.2.3.4:1", "[::ffff:102:304]:1"],
    ["[64:ff9b::1.2.3.4]:1", "[64:ff9b::102:304]:1"],
  ] as const;
  for (const [a, b] of texts) {
    assertEquals(bytesOf(a), bytesOf(b), `${a} and ${b}`);
    assertEquals(formatAddress(parseAddress(a)), formatAddress(parseAddress(b)));
  }
});

Deno.test("formatAddress writes the canonical text", () => {
  for (
    const [text, canonical] of [
      ["[::]:0", "[::]:0"],
      ["[1:0:0:2:0:0:0:3]:1", "[1:0:0:2::3]:1"],
      ["[1:0:2:3:4:5:6:7]:1", "[1:0:2:3:4:5:6:7]:1"],
      ["[1:0:0:2:3:0:0:4]:1", "[1::2:3:0:0:4]:1"],
      ["[FE80::0]:1", "[fe80::]:1"],
      ["[::FFFF:9.8.7.6]:1", "9.8.7.6:1"],
    ] as const
  ) assertEquals(formatAddress(parseAddress(text)), canonical);
});

Deno.test("parseAddress refuses what is no address and says why", () => {
  for (
    const [text, why] of [
      ["", "has no port"],
      ["127.0.0.1", "has no port"],
      ["[::1]", "has no port"],
      ["127.0.0.1:", "is not a port"],
      ["127.0.0.1:-1", "is not a port"],
      ["127.0.0.1:1e3", "is not a port"],
      ["127.0.0.1: 1", "is not a port"],
      ["127.0.0.1:65536", "not between 0 and 65535"],
      ["localhost:1", "is not an IP address"],
      ["256.0.0.1:1", "is not an IP address"],
      ["1.2.3:1", "is not an IP address"],
      ["01.2.3.4:1", "is not an IP address"],
      ["::1:80", "has no brackets"],
      ["2001:db8::1", "has no brackets"],
      ["[1.2.3.4]:1", "is not an IPv6 address"],
      ["[1::2::3]:1", "is not an IP address"],
      ["[1:2:3:4:5:6:7:8:9]:1", "is not an IP address"],
      ["[1:2:3:4:5:6:7]:1", "is not an IP address"],
      ["[1:2:3:4:5:6:7::8:9]:1", "is not an IP address"],
      ["[12345::]:1", "is not an IP address"],
      ["[::1%lo]:1", "is not an IP address"],
      ["[::1.2.3]:1", "is not an IP address"],
      ["[1.2.3.4::]:1", "is not an IP address"],
      ["[::x]:1", "is not an IP address"],
    ] as const
  ) assertThrows(() => parseAddress(text), SyntaxError, why, text);
});

Deno.test("makeAddress refuses a port out of range", () => {
  for (const port of [-1, 65_536, 1.5, NaN]) {
    assertThrows(() => makeAddress("127.0.0.1", port), SyntaxError, "port");
  }
});

Deno.test("wildcard and loopback addresses are recognized", () => {
  assertEquals(["0.0.0.0:1", "[::]:1", "[0::0]:1"].map((a) => isWildcard(parseAddress(a))), [
    true,
    true,
    true,
  ]);
  assertEquals(isWildcard(parseAddress("0.0.0.1:0")), false);
  assertEquals(
    ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1"]
      .map((a) => isLoopback(parseAddress(a))),
    [true, true, true, true],
  );
  assertEquals(["128.0.0.1:1", "[::2]:1", "[::]:1"].map((a) => isLoopback(parseAddress(a))), [
    false,
    false,
    false,
  ]);
});

Deno.test("what a stranger may not have dialled is what nobody can dial, and what is link-local", () => {
  const isSpecialAt = (ip: string) => isSpecial(makeAddress(ip, 1));
  for (const ip of ["0.0.0.0", "::", "0.1.2.3", "224.0.0.1", "255.255.255.255", "ff05::2"]) {
    assert(isSpecialAt(ip) && whyUndiallable(makeAddress(ip, 1)) !== null, ip);
  }
  assert(isSpecialAt("169.254.7.7") && isSpecialAt("febf::1"));
  assertEquals(whyUndiallable(makeAddress("169.254.7.7", 1)), null);
  for (const ip of ["1.0.0.1", "127.0.0.1", "169.253.0.1", "223.0.0.1", "::1", "fec0::1"]) {
    assertEquals(isSpecialAt(ip), false, ip);
  }
});

Deno.test("any 18 bytes are an address, and its text gives the same bytes", () => {
  checkProperty(fc.property(wireForms, (bytes) => {
    const address = addressFromBytes(bytes);
    assertEquals([...address.bytes], [...bytes]);
    assertEquals(parseAddress(formatAddress(address)), address);
  }));
});

Deno.test("any IP with any port is an address, and its canonical text means the same", () => {
  checkProperty(fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), ports, (ip, port) => {
    const address = parseAddress(ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`);
    assertEquals(address.port, port);
    assertEquals(parseAddress(formatAddress(address)).bytes, address.bytes);
    assertEquals(makeAddress(ip, port), address);
  }));
});

Deno.test("no text makes the parser do anything but refuse it", () => {
  const likely = fc.string({ unit: fc.constantFrom(..."0123456789abcf:.[]%x ") });
  checkProperty(
    fc.property(fc.oneof(likely, fc.string()), (text) => {
      parseIp(text);
      try {
        parseAddress(text);
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
      }
    }),
    3_000,
  );
});

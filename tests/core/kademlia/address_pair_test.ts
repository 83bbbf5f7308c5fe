import { assertEquals, assertThrows } from "@std/assert";
import { parseAddress } from "../../../lib/core/kademlia/address.ts";
import {
  addressesOf,
  dialledAddress,
  formatAddressPair,
  parseAddressPair,
} from "../../../lib/core/kademlia/address_pair.ts";

const v4 = parseAddress("192.0.2.1:7402");
const v6 = parseAddress("[2001:db8::1]:7403");

Deno.test("a pair of addresses begins with the one of IPv4, however it was written", () => {
  for (const text of ["192.0.2.1:7402+[2001:db8::1]:7403", "[2001:db8::1]:7403 + 192.0.2.1:7402"]) {
    assertEquals(parseAddressPair(text), { address: v4, alternate: v6 });
    assertEquals(formatAddressPair(parseAddressPair(text)), "192.0.2.1:7402+[2001:db8::1]:7403");
  }
});

Deno.test("one address is a pair of one", () => {
  for (const [text, address] of [["192.0.2.1:7402", v4], ["[2001:db8::1]:7403", v6]] as const) {
    assertEquals(parseAddressPair(text), { address, alternate: null });
    assertEquals(addressesOf(parseAddressPair(text)), [address]);
    assertEquals(formatAddressPair(parseAddressPair(text)), text);
  }
});

Deno.test("two addresses of one kind, or three, are no pair", () => {
  for (
    const text of [
      "192.0.2.1:1+192.0.2.2:1",
      "[::1]:1+[::2]:1",
      "192.0.2.1:1+[::1]:1+[::2]:1",
      "[::ffff:192.0.2.1]:1+192.0.2.1:1",
    ]
  ) assertThrows(() => parseAddressPair(text), SyntaxError, "one of IPv4 and one of IPv6");
  assertThrows(() => parseAddressPair("192.0.2.1:1+"), SyntaxError);
});

Deno.test("a node is dialled with IPv6 only by one that has no IPv4, or if it has no IPv4 itself", () => {
  const both = { address: v4, alternate: v6 };
  const [onlyV4, onlyV6] = [{ address: v4, alternate: null }, { address: v6, alternate: null }];
  for (const dialler of [both, onlyV4]) {
    assertEquals(dialledAddress(both, dialler), v4);
    assertEquals(dialledAddress(onlyV6, dialler), v6);
  }
  assertEquals(dialledAddress(both, onlyV6), v6);
  assertEquals(dialledAddress(onlyV4, onlyV6), v4);
});

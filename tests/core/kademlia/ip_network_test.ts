import { assertEquals } from "@std/assert";
import { makeAddress } from "../../../lib/core/kademlia/address.ts";
import { isInNetwork, parseIpNetwork } from "../../../lib/core/kademlia/ip_network.ts";

function isIn(ip: string, network: string): boolean {
  return isInNetwork(makeAddress(ip, 7), parseIpNetwork(network));
}

Deno.test("an address is of a network if it begins with the network's bits", () => {
  for (
    const [network, inside, outside] of [
      ["10.0.0.0/8", ["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3"], [
        "9.255.255.255",
        "11.0.0.0",
      ]],
      ["172.16.0.0/12", ["172.16.0.1", "172.31.255.255"], ["172.15.255.255", "172.32.0.0"]],
      ["192.0.2.7/32", ["192.0.2.7"], ["192.0.2.6"]],
      ["192.0.2.7", ["192.0.2.7"], ["192.0.2.8"]],
      ["0.0.0.0/0", ["0.0.0.0", "255.255.255.255"], ["::1"]],
      ["fd00::/8", ["fd00::", "fdff::1"], ["fc00::1", "fe00::", "253.0.0.1"]],
      ["2001:db8::/33", ["2001:db8:7fff::1"], ["2001:db8:8000::"]],
      ["::1", ["::1"], ["::2"]],
      ["::/0", ["::1", "ff00::", "10.0.0.1"], []],
    ] as const
  ) {
    for (const ip of inside) assertEquals(isIn(ip, network), true, `${ip} in ${network}`);
    for (const ip of outside) assertEquals(isIn(ip, network), false, `${ip} in ${network}`);
  }
});

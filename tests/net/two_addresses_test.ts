/**
 * A node with an address of IPv4 and one of IPv6 belongs to both worlds.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseAddress } from "../../lib/core/kademlia/address.ts";
import { sameContact } from "../../lib/core/kademlia/contact.ts";
import { formatInvite, readInvite } from "../../lib/identity/invite.ts";
import { makeCertificate } from "../../lib/identity/make_certificate.ts";
import { serve } from "../../lib/net/serve.ts";
import { NODE_OPTIONS_DEFAULT } from "../../lib/node/options.ts";
import { bytesOf, keyOf } from "../support/values.ts";
import { startNode, type TlsNode, until } from "../support/tls_nodes.ts";

const BOTH = { hostname: "127.0.0.1", alternateHostname: "::1" };

function knows(one: TlsNode, other: TlsNode): boolean {
  return one.node.contacts().some((contact) => sameContact(contact, other.node.self));
}

/** The IPs from which a node was dialled. */
function dialledFrom({ origins }: { origins: ReadonlySet<{ address: { hostname: string } }> }) {
  return [...new Set([...origins].map(({ address }) => address.hostname))].sort();
}

Deno.test("nodes with IPv4, with IPv6 and with both are one network", async () => {
  await using both = await startNode(BOTH);
  await using other = await startNode({ ...BOTH, via: [both] });
  await using v4 = await startNode({ via: [both] });
  await using v6 = await startNode({ hostname: "::1", via: [both] });
  await until(() => [other, v4, v6].every((node) => knows(both, node) && knows(node, both)));
  await until(() => knows(v6, other) && knows(other, v6) && knows(v4, other));

  assertEquals(dialledFrom(both), ["127.0.0.1", "::1"]);
  assert(dialledFrom(v6).includes("::1"));
  assertEquals(dialledFrom(v4), ["127.0.0.1"]);

  await v6.node.put(keyOf("by IPv6"), bytesOf("six"), { replication: 4 });
  assertEquals((await v4.node.get(keyOf("by IPv6")))?.value, bytesOf("six"));
  await v4.node.put(keyOf("by IPv4"), bytesOf("four"), { replication: 4 });
  assertEquals((await v6.node.get(keyOf("by IPv4")))?.value, bytesOf("four"));
  for (const { lines } of [both, other, v4, v6]) {
    assertEquals(lines.filter((line) => /^(warn|error)/.test(line)), []);
  }
});

Deno.test("the invite of a node with two addresses has both, and lets nodes of either kind in", async () => {
  await using both = await startNode(BOTH);
  const invite = readInvite(formatInvite(both.node.self));
  assertEquals(invite.address, both.node.self.address);
  assertEquals(invite.alternate, both.node.self.alternate);
  await using v6 = await startNode({ hostname: "::1", via: [{ node: { self: both.node.self } }] });
  await until(() => knows(v6, both) && knows(both, v6));
  assertEquals(dialledFrom(both), ["::1"]);
});

Deno.test("a node must be given addresses and a certificate that fit each other", async () => {
  const options = {
    publicAddress: null,
    apiAddress: parseAddress("127.0.0.1:0"),
    bootstrappers: [],
    node: NODE_OPTIONS_DEFAULT,
    log: () => {},
  };
  const certificate = await makeCertificate("127.0.0.1");
  const [v4, v6] = [parseAddress("127.0.0.1:0"), parseAddress("[::1]:0")];
  const refuses = (addresses: object, message: string) =>
    void assertThrows(
      () => serve({ ...options, p2pAddress: v4, certificate, ...addresses }),
      RangeError,
      message,
    );
  refuses({ alternateP2pAddress: v6 }, "the certificate does not name ::1");
  refuses({ alternateP2pAddress: v4 }, "one of IPv4 and one of IPv6");
  refuses({ publicAddress: v4, alternatePublicAddress: v4 }, "one of IPv4 and one of IPv6");
  refuses({ alternateP2pAddress: parseAddress("[::]:0") }, ":: is a wildcard");
});

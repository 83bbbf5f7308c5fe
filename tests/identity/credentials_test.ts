import { assertEquals } from "@std/assert";
import { makeAddress } from "../../lib/core/kademlia/address.ts";
import { makeContact } from "../../lib/core/kademlia/contact.ts";
import { sha256 } from "../../lib/hash/sha256.ts";
import { Credentials } from "../../lib/identity/credentials.ts";
import { makeCertificate } from "../../lib/identity/make_certificate.ts";
import { makeNetworkKey } from "../../lib/identity/network_key.ts";

async function makeIdentity(hostname: string) {
  const { der, keyPem } = await makeCertificate(hostname);
  return { contact: makeContact(makeAddress(hostname, 7402), der, sha256), keyPem };
}

const [a, b, c] = [
  await makeIdentity("192.0.2.1"),
  await makeIdentity("192.0.2.2"),
  await makeIdentity("192.0.2.3"),
];

for (
  const [kind, networkKeys, refusal] of [
    ["a private", [makeNetworkKey()], "notMember"],
    ["an open", [], "badIntroduction"],
  ] as const
) {
  Deno.test(`what a node proves is worth nothing to a third, in another role or name, in ${kind} network`, () => {
    const [ofA, ofB, ofC] = [a, b, c].map((identity) => new Credentials(identity, networkKeys));
    const hello = ofA!.hello("dialler", b.contact);
    assertEquals(ofB!.judge("dialler", hello), null);
    assertEquals(ofC!.judge("dialler", hello), refusal);
    assertEquals(ofB!.judge("listener", hello), refusal);
    const introduction = { ...hello.introduction!, self: c.contact };
    assertEquals(ofB!.judge("dialler", { ...hello, introduction }), refusal);
  });
}

/**
 * What HELLOs prove, against `tests/vectors`.
 */

import { assert, assertEquals } from "@std/assert";
import { decodeHex, encodeHex } from "@std/encoding/hex";
import { parseAddress } from "../../lib/core/kademlia/address.ts";
import { makeContact } from "../../lib/core/kademlia/contact.ts";
import { helloDigest, type Side } from "../../lib/core/wire/hello_codec.ts";
import { sha256 } from "../../lib/hash/sha256.ts";
import { Credentials } from "../../lib/identity/credentials.ts";
import { memberOf, Network, publicKeyOf } from "../../lib/identity/network.ts";
import { makeCertificate } from "../../lib/identity/make_certificate.ts";
import { statementOfVector, type VectorStatement } from "../support/core/vectors.ts";
import vectors from "../vectors/hello_proofs.json" with { type: "json" };

interface Vector {
  readonly name: string;
  readonly side: string;
  readonly self?: {
    readonly address: string;
    readonly alternate?: string;
    readonly certificate: string;
  };
  readonly signature?: string;
  readonly peerCertificate?: string;
  readonly digest: string;
  readonly networkKeys: readonly string[];
  readonly statements: readonly VectorStatement[];
}

// Of the one that judges the certificate alone is used, not the key.
const { keyPem } = await makeCertificate("192.0.2.9");

function contactOf(self: NonNullable<Vector["self"]>) {
  const alternate = self.alternate ? parseAddress(self.alternate) : null;
  return makeContact(parseAddress(self.address), decodeHex(self.certificate), sha256, alternate);
}

/** The peer to whom the HELLO goes, with other keys of its network. */
function receiver({ peerCertificate }: Vector, networkKeys: readonly Uint8Array[]): Credentials {
  if (peerCertificate === undefined) return new Credentials(null, networkKeys);
  const address = parseAddress("192.0.2.9:7402"); // does not go into the digest
  const contact = makeContact(address, decodeHex(peerCertificate), sha256);
  return new Credentials({ contact, keyPem }, networkKeys);
}

for (const vector of vectors.hellos as readonly Vector[]) {
  const side = vector.side as Side;
  const self = vector.self ? contactOf(vector.self) : null;
  const keys = vector.networkKeys.map((key) => decodeHex(key));
  const statements = vector.statements.map(statementOfVector);
  const signature = decodeHex(vector.signature ?? "");
  const introduction = self && { self, signature };

  Deno.test(`vectors: the digest of the HELLO when ${vector.name}`, () => {
    const peer = vector.peerCertificate ? decodeHex(vector.peerCertificate) : null;
    assertEquals(encodeHex(helloDigest(side, self, peer, sha256)), vector.digest);
  });

  Deno.test(`vectors: proofs and signature are believed when ${vector.name}`, () => {
    assertEquals(receiver(vector, []).judge(side, { statements, introduction }), null);
    for (const key of keys) {
      assertEquals(receiver(vector, [key]).judge(side, { statements, introduction }), null);
    }
    const stranger = receiver(vector, [new Uint8Array(32).fill(9)]);
    assertEquals(stranger.judge(side, { statements, introduction }), "notMember");
    if (!self) return;
    const other = signature.with(-1, signature.at(-1)! ^ 1);
    const forged = { statements, introduction: { self, signature: other } };
    assertEquals(receiver(vector, keys).judge(side, forged), "badIntroduction");
  });

  if (self || keys.length === 0) continue;
  Deno.test(`vectors: proofs are made as written when ${vector.name}`, () => {
    const peer = receiver(vector, []).self;
    assert(peer);
    assertEquals(new Credentials(null, keys).hello(side, peer).statements, statements);
  });
}

for (const vector of vectors.members) {
  Deno.test(`vectors: ${vector.name}`, () => {
    const network = new Network(decodeHex(vector.networkKey));
    const member = memberOf({ certificate: decodeHex(vector.certificate) });
    assertEquals(encodeHex(publicKeyOf(network.key)), vector.publicKey);
    assertEquals(encodeHex(member), vector.member);
    assertEquals(encodeHex(network.admit(member)), vector.membership);
    assertEquals(encodeHex(network.ban(member).signature), vector.ban);
  });
}

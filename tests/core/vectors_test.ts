/**
 * Ids, distances, proofs of work and the order of versions against `tests/vectors`.
 */

import { assert, assertEquals } from "@std/assert";
import { encodeHex } from "@std/encoding/hex";
import { parseAddress } from "../../lib/core/kademlia/address.ts";
import { saltOf, tagOf, versionOf } from "../../lib/core/repair/version.ts";
import { VersionSet } from "../../lib/core/repair/version_set.ts";
import { commonPrefixLength, compareDistance, distance } from "../../lib/core/kademlia/node_id.ts";
import { verifyProofOfWork } from "../../lib/core/proof_of_work.ts";
import { HASH_SEED_BYTES } from "../../lib/core/store/internal/key_hash.ts";
import { ValueStore } from "../../lib/core/store/value_store.ts";
import { bytesOfVector, contactOfVector } from "../support/core/vectors.ts";
import { sha256 } from "../../lib/hash/sha256.ts";
import digests from "../vectors/digests.json" with { type: "json" };
import ids from "../vectors/ids.json" with { type: "json" };
import work from "../vectors/proof_of_work.json" with { type: "json" };
import versions from "../vectors/versions.json" with { type: "json" };

Deno.test("vectors: the id of a node is the SHA-256 of its address", () => {
  for (const { address, bytes, id } of ids.nodeIds) {
    assertEquals(encodeHex(parseAddress(address).bytes), bytes);
    assertEquals(encodeHex(contactOfVector({ address, certificate: "01" }).id), id);
  }
});

Deno.test("vectors: the distance of two ids is their XOR", () => {
  for (const { a, b, distance: expected, commonPrefixBits } of ids.distances) {
    const [from, to] = [bytesOfVector(a), bytesOfVector(b)];
    assertEquals(encodeHex(distance(from, to)), expected);
    assertEquals(commonPrefixLength(from, to), commonPrefixBits);
  }
});

Deno.test("vectors: nodes are sorted by their distance to a key", () => {
  const { key, closestFirst } = ids.order;
  const target = bytesOfVector(key);
  const contacts = ids.nodeIds.map(({ address }) =>
    contactOfVector({ address, certificate: "01" })
  );
  contacts.sort((a, b) => compareDistance(target, a.id, b.id));
  assertEquals(contacts.map(({ address }) => address), closestFirst.map(parseAddress));
});

Deno.test("vectors: a proof of work has as many leading zero bits as it says, and no more", () => {
  for (const proof of work.proofs) {
    const [nonce, key, value] = [proof.nonce, proof.key, proof.value].map(bytesOfVector);
    const digest = sha256(new Uint8Array([...nonce!, ...key!, ...sha256(value!)]));
    assertEquals(encodeHex(digest), proof.digest);
    const fits = (bits: number) => verifyProofOfWork(sha256, nonce!, key!, value!, bits);
    assert(fits(proof.leadingZeroBits));
    assert(!fits(proof.leadingZeroBits + 1));
  }
});

Deno.test("vectors: of two versions of one key the newer one is held", () => {
  const key = new Uint8Array(32);
  for (const { a, b, newer } of versions.pairs) {
    const store = new ValueStore({ sha256, seed: new Uint8Array(HASH_SEED_BYTES) });
    const timed = ({ stamp, value }: typeof a) => {
      return { key, value: bytesOfVector(value), stamp, ttlMs: 60_000, replication: 1, nonce: key };
    };
    assertEquals(store.put(timed(a), { now: 0 }).status, "stored");
    assertEquals(store.put(timed(b), { now: 0 }).status, newer === "a" ? "newerHeld" : "stored");
    const { stamp, value } = newer === "a" ? a : b;
    const held = store.get(key, 0);
    assertEquals([held?.stamp, held && encodeHex(held.value)], [stamp, value]);
  }
});

Deno.test("vectors: versions have their tags and salts, and all of them together a digest", () => {
  const versions = digests.versions.map(({ key, stamp, nonce, tag, salt }) => {
    const source = {
      key: bytesOfVector(key),
      stamp,
      nonce: bytesOfVector(nonce),
      replication: 1,
    };
    assertEquals([tagOf(source), saltOf(source)], [tag, salt]);
    return { ...versionOf(source), salt };
  });
  assertEquals(new VersionSet(versions).digest(), digests.digest);
});

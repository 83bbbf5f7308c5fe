/**
 * Ids, distances, proofs of work and the order of versions against `tests/vectors`.
 */

import { assertEquals } from "@std/assert";
import { encodeHex } from "@std/encoding/hex";
import { parseAddress } from "../../lib/core/kademlia/address.ts";
import { saltOf, tagOf, versionOf } from "../../lib/core/repair/version.ts";
import type { Replica } from "../../lib/core/value.ts";
import { VersionSet } from "../../lib/core/repair/version_set.ts";
import { commonPrefixLength, compareDistance, distance } from "../../lib/core/kademlia/node_id.ts";
import { claimOf, proofFault } from "../../lib/core/proof_of_work.ts";
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

function replicaOf(proof: Omit<typeof work.ofAnother[number], "what">): Replica {
  const { key, value, stamp, lifetimeMs, replication, nonce } = proof;
  const [keyBytes, valueBytes, nonceBytes] = [key, value, nonce].map(bytesOfVector);
  const times = { stamp, expiresAt: stamp + lifetimeMs };
  return { key: keyBytes!, value: valueBytes!, ...times, replication, nonce: nonceBytes! };
}

Deno.test("vectors: a proof of work has as many leading zero bits as it says, and no more", () => {
  for (const proof of work.proofs) {
    const replica = replicaOf(proof);
    const { nonce } = replica;
    const claim = claimOf(replica, sha256);
    assertEquals(encodeHex(claim), proof.claim);
    assertEquals(encodeHex(sha256(new Uint8Array([...nonce, ...claim]))), proof.digest);
    const fault = (bits: number) => proofFault(replica, { sha256, bits });
    assertEquals(fault(proof.leadingZeroBits), null);
    assertEquals(fault(proof.leadingZeroBits + 1), "weakProofOfWork");
  }
  for (const proof of work.ofAnother) {
    assertEquals(proofFault(replicaOf(proof), { sha256, bits: 1 }), "proofOfAnother", proof.what);
  }
});

Deno.test("vectors: of two versions of one key the newer one is held", () => {
  const key = new Uint8Array(32);
  for (const { a, b, newer } of versions.pairs) {
    const store = new ValueStore({ sha256, seed: new Uint8Array(HASH_SEED_BYTES) });
    const timed = ({ stamp, lifetimeMs, nonce, value }: typeof a) => {
      const times = { stamp, expiresAt: stamp + lifetimeMs, ttlMs: 60_000 };
      return {
        key,
        value: bytesOfVector(value),
        ...times,
        replication: 1,
        nonce: bytesOfVector(nonce),
      };
    };
    assertEquals(store.put(timed(a), { now: 0 }).status, "stored");
    assertEquals(store.put(timed(b), { now: 0 }).status, newer === "a" ? "newerHeld" : "stored");
    const { stamp, lifetimeMs, nonce, value } = newer === "a" ? a : b;
    const held = store.get(key, 0)!.replica;
    assertEquals([held.stamp, held.expiresAt, encodeHex(held.value)], [
      stamp,
      stamp + lifetimeMs,
      value,
    ]);
    assertEquals(held.nonce, bytesOfVector(nonce));
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

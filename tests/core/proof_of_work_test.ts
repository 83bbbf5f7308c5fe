import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  type Claimed,
  claimOf,
  proofFault,
  ProofOfWorkSolver,
  SEAL_BYTES,
} from "../../lib/core/proof_of_work.ts";
import { checkProperty } from "../support/core/property.ts";
import { leadingZeroBits, proven } from "../support/values.ts";
import { sha256 } from "../../lib/hash/sha256.ts";

const ids = fc.uint8Array({ minLength: 32, maxLength: 32 });
const values = fc.uint8Array({ minLength: 1, maxLength: 300 });
const claims: fc.Arbitrary<Claimed> = fc.record({
  key: ids,
  value: values,
  stamp: fc.nat({ max: 2 ** 48 }),
  lifetimeMs: fc.nat({ max: 2 ** 32 - 2_000 }),
  replication: fc.integer({ min: 1, max: 255 }),
}).map(({ lifetimeMs, ...said }) => ({ ...said, expiresAt: said.stamp + lifetimeMs }));

/** Leading zero bits of `SHA-256(nonce || claim)`, by the runtime's own hash. */
function workOf(nonce: Uint8Array, claim: Uint8Array): number {
  return leadingZeroBits(sha256(Uint8Array.of(...nonce, ...claim)));
}

/** The attempts that a search needs and the nonce that it ends with. */
function solve(solver: ProofOfWorkSolver): { attempts: number; nonce: Uint8Array } {
  for (let attempts = 1;; attempts++) {
    const nonce = solver.step(1);
    if (nonce) return { attempts, nonce };
  }
}

Deno.test("a claim is the SHA-256 of all that is said of a value", () => {
  checkProperty(fc.property(claims, (said) => {
    const { key, value, stamp, expiresAt, replication } = said;
    const times = new DataView(new ArrayBuffer(12));
    times.setBigUint64(0, BigInt(stamp));
    times.setUint32(8, expiresAt - stamp);
    const message = [...key, ...new Uint8Array(times.buffer), replication, ...sha256(value)];
    assertEquals(claimOf(said, sha256), sha256(Uint8Array.from(message)));
  }));
});

Deno.test("a nonce is good for exactly the work that the runtime's SHA-256 finds in it", () => {
  checkProperty(fc.property(claims, ids, (said, random) => {
    const claim = claimOf(said, sha256);
    const nonce = random.slice();
    nonce.set(claim.subarray(0, SEAL_BYTES));
    const work = workOf(nonce, claim);
    const fault = (bits: number) => proofFault({ ...said, nonce }, { sha256, bits });
    assertEquals([fault(work), fault(work + 1)], [null, "weakProofOfWork"]);
  }));
});

Deno.test("every nonce passes for 0 bits", () => {
  const said = { key: new Uint8Array(32), value: Uint8Array.of(1), stamp: 1, expiresAt: 2 };
  const replica = { ...said, replication: 1, nonce: new Uint8Array(32) };
  assertEquals(proofFault(replica, { sha256, bits: 0 }), null);
  assertEquals(proofFault(replica, { sha256, bits: 1 }), "proofOfAnother");
});

Deno.test("a proof is not one for another key, value, stamp, end or replication", () => {
  checkProperty(
    fc.property(claims, fc.integer({ min: 1, max: 1_000 }), (said, by) => {
      const { nonce } = proven(said, 1);
      const [key, value] = [said.key.slice(), said.value.slice()];
      key[by % 32]! ^= 1 << (by & 7);
      value[by % value.length]! ^= 1 << (by & 7);
      const others: Claimed[] = [
        { ...said, key },
        { ...said, value },
        { ...said, stamp: said.stamp + by, expiresAt: said.expiresAt + by },
        { ...said, stamp: said.stamp + by, expiresAt: said.expiresAt + 2 * by },
        { ...said, expiresAt: said.expiresAt + by },
        { ...said, replication: 1 + (said.replication + by % 254) % 255 },
      ];
      for (const other of others) {
        assertEquals(proofFault({ ...other, nonce }, { sha256, bits: 1 }), "proofOfAnother");
      }
    }),
  );
});

Deno.test("the solver's nonce proves the work, for 0 to 11 bits", () => {
  checkProperty(
    fc.property(ids, claims, fc.integer({ min: 0, max: 11 }), (start, said, bits) => {
      const claim = claimOf(said, sha256);
      const { nonce } = solve(new ProofOfWorkSolver(start, claim, bits));
      assertEquals(nonce.length, 32);
      assert(workOf(nonce, claim) >= bits);
      assertEquals(proofFault({ ...said, nonce }, { sha256, bits }), null);
    }),
    100,
  );
});

Deno.test("the solver misses no nonce that fits: what it passes over has too little work", () => {
  checkProperty(
    fc.property(ids, ids, fc.integer({ min: 1, max: 6 }), (start, claim, bits) => {
      const { attempts, nonce } = solve(new ProofOfWorkSolver(start, claim, bits));
      const view = new DataView(nonce.buffer);
      const last = view.getUint32(28);
      for (let back = 1; back < attempts; back++) {
        view.setUint32(28, last - back);
        assert(workOf(nonce, claim) < bits);
      }
    }),
    100,
  );
});

Deno.test("a search in steps of any size ends at the same nonce", () => {
  const start = sha256(Uint8Array.of(1));
  const search = (step: number) => {
    const solver = new ProofOfWorkSolver(start, sha256(Uint8Array.of(2)), 12);
    let nonce: Uint8Array | null = null;
    while (!nonce) nonce = solver.step(step);
    return nonce;
  };
  assertEquals(search(1), search(1_000_000));
  assertEquals(search(7), search(1_000_000));
});

Deno.test("two searches that take turns do not disturb each other", () => {
  const start = sha256(Uint8Array.of(1));
  const claims = [sha256(Uint8Array.of(2)), sha256(Uint8Array.of(3))];
  const make = () => claims.map((claim) => new ProofOfWorkSolver(start, claim, 10));
  const alone = make().map((solver) => solve(solver).nonce);
  const found: (Uint8Array | null)[] = [null, null];
  const solvers = make();
  while (found.includes(null)) {
    for (const i of [0, 1]) found[i] ??= solvers[i]!.step(3);
  }
  assertEquals(found, alone);
});

Deno.test("a step of no attempts finds nothing; a nonce is claim, random start and counter", () => {
  const [start, claim] = [sha256(Uint8Array.of(5)), sha256(Uint8Array.of(6))];
  const before = start.slice();
  const solver = new ProofOfWorkSolver(start, claim, 0);
  assertEquals(solver.step(0), null);
  const nonce = solver.step(1)!;
  assertEquals(nonce.subarray(0, 8), claim.subarray(0, 8));
  assertEquals(nonce.subarray(8, 24), before.subarray(8, 24));
  assertEquals(start, before);
});

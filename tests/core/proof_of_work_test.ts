import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ProofOfWorkSolver, verifyProofOfWork } from "../../lib/core/proof_of_work.ts";
import { checkProperty } from "../support/core/property.ts";
import { leadingZeroBits } from "../support/values.ts";
import { sha256 } from "../../lib/hash/sha256.ts";

const ids = fc.uint8Array({ minLength: 32, maxLength: 32 });
const values = fc.uint8Array({ minLength: 1, maxLength: 300 });

/** Leading zero bits of `SHA-256(nonce || key || SHA-256(value))`, by the runtime's own hash. */
function workOf(nonce: Uint8Array, key: Uint8Array, value: Uint8Array): number {
  return leadingZeroBits(sha256(Uint8Array.of(...nonce, ...key, ...sha256(value))));
}

/** The attempts that a search needs and the nonce that it ends with. */
function solve(solver: ProofOfWorkSolver): { attempts: number; nonce: Uint8Array } {
  for (let attempts = 1;; attempts++) {
    const nonce = solver.step(1);
    if (nonce) return { attempts, nonce };
  }
}

Deno.test("a nonce is verified for exactly the work that the runtime's SHA-256 finds in it", () => {
  checkProperty(fc.property(ids, ids, values, (nonce, key, value) => {
    const work = workOf(nonce, key, value);
    assert(verifyProofOfWork(sha256, nonce, key, value, work));
    assert(!verifyProofOfWork(sha256, nonce, key, value, work + 1));
  }));
});

Deno.test("every nonce passes for 0 bits", () => {
  assert(verifyProofOfWork(sha256, new Uint8Array(32), new Uint8Array(32), Uint8Array.of(1), 0));
});

Deno.test("a proof is not one for another key or value", () => {
  const BITS = 12; // so many that three of 16 pass by chance once in a hundred million times
  checkProperty(
    fc.property(ids, ids, values, (start, key, value) => {
      const { nonce } = solve(new ProofOfWorkSolver(start, key, sha256(value), BITS));
      const others = Array.from({ length: 8 }, (_, i) => {
        const [otherKey, otherValue] = [key.slice(), value.slice()];
        otherKey[4 * i]! ^= 1;
        otherValue[0]! ^= 1 << i;
        return [[otherKey, value], [key, otherValue]] as const;
      }).flat();
      const passing = others.filter(([key, value]) =>
        verifyProofOfWork(sha256, nonce, key, value, BITS)
      );
      assert(passing.length <= 2, `${passing.length} of ${others.length} pass by chance`);
    }),
    25,
  );
});

Deno.test("the solver's nonce proves the work, for 0 to 11 bits", () => {
  checkProperty(
    fc.property(ids, ids, values, fc.integer({ min: 0, max: 11 }), (start, key, value, bits) => {
      const { nonce } = solve(new ProofOfWorkSolver(start, key, sha256(value), bits));
      assertEquals(nonce.length, 32);
      assert(workOf(nonce, key, value) >= bits);
    }),
    100,
  );
});

Deno.test("the solver misses no nonce that fits: what it passes over has too little work", () => {
  checkProperty(
    fc.property(ids, ids, values, fc.integer({ min: 1, max: 6 }), (start, key, value, bits) => {
      const { attempts, nonce } = solve(new ProofOfWorkSolver(start, key, sha256(value), bits));
      const view = new DataView(nonce.buffer);
      const last = view.getUint32(28);
      for (let back = 1; back < attempts; back++) {
        view.setUint32(28, last - back);
        assert(workOf(nonce, key, value) < bits);
      }
    }),
    100,
  );
});

Deno.test("a search in steps of any size ends at the same nonce", () => {
  const start = sha256(Uint8Array.of(1));
  const search = (step: number) => {
    const solver = new ProofOfWorkSolver(start, start, sha256(Uint8Array.of(2)), 12);
    let nonce: Uint8Array | null = null;
    while (!nonce) nonce = solver.step(step);
    return nonce;
  };
  assertEquals(search(1), search(1_000_000));
  assertEquals(search(7), search(1_000_000));
});

Deno.test("two searches that take turns do not disturb each other", () => {
  const digest = sha256(Uint8Array.of(1));
  const keys = [sha256(Uint8Array.of(2)), sha256(Uint8Array.of(3))];
  const make = () => keys.map((key) => new ProofOfWorkSolver(digest, key, digest, 10));
  const alone = make().map((solver) => solve(solver).nonce);
  const found: (Uint8Array | null)[] = [null, null];
  const solvers = make();
  while (found.includes(null)) {
    for (const i of [0, 1]) found[i] ??= solvers[i]!.step(3);
  }
  assertEquals(found, alone);
});

Deno.test("a step of no attempts finds nothing; the random start and its first 24 bytes are kept", () => {
  const start = sha256(Uint8Array.of(5));
  const before = start.slice();
  const solver = new ProofOfWorkSolver(start, start, start, 0);
  assertEquals(solver.step(0), null);
  assertEquals(solver.step(1)!.subarray(0, 24), before.subarray(0, 24));
  assertEquals(start, before);
});

import { ProofOfWorkSolver, verifyProofOfWork } from "../../lib/core/proof_of_work.ts";
import { SeededRandom } from "../../lib/sim/random/seeded_random.ts";
import { randomBytes } from "../support/core/contacts.ts";
import { sha256 } from "../../lib/hash/sha256.ts";

const random = new SeededRandom(1);
const key = randomBytes(random);
const value = randomBytes(random, 256);
const digest = sha256(value);

Deno.bench("verify a proof for 256 bytes", () => {
  verifyProofOfWork(sha256, key, key, value, 24);
});

const endless = new ProofOfWorkSolver(key, key, digest, 24);
Deno.bench("1,000 attempts", () => void endless.step(1_000));

for (const bits of [1, 4, 8, 12]) {
  Deno.bench(`a whole proof of ${bits} bits`, { group: "proof" }, () => {
    const solver = new ProofOfWorkSolver(randomBytes(random), key, digest, bits);
    while (!solver.step(2_000));
  });
}

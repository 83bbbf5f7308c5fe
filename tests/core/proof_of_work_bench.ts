import { claimOf, proofFault, ProofOfWorkSolver } from "../../lib/core/proof_of_work.ts";
import { SeededRandom } from "../../lib/sim/random/seeded_random.ts";
import { randomBytes } from "../support/core/contacts.ts";
import { proven } from "../support/values.ts";
import { sha256 } from "../../lib/hash/sha256.ts";

const random = new SeededRandom(1);
const key = randomBytes(random);
const value = randomBytes(random, 256);
const said = {
  key,
  value,
  stamp: 1_700_000_000_000,
  expiresAt: 1_700_003_600_000,
  replication: 20,
};
const claim = claimOf(said, sha256);
const replica = proven(said, 8);

Deno.bench("check a proof for 256 bytes", () => {
  proofFault(replica, { sha256, bits: 8 });
});

const endless = new ProofOfWorkSolver(key, claim, 24);
Deno.bench("1,000 attempts", () => void endless.step(1_000));

for (const bits of [1, 4, 8, 12]) {
  Deno.bench(`a whole proof of ${bits} bits`, { group: "proof" }, () => {
    const solver = new ProofOfWorkSolver(randomBytes(random), claim, bits);
    while (!solver.step(2_000));
  });
}

import { assertEquals } from "@std/assert";
import { STAMP_AHEAD_MAX_MS, VALUE_BYTES_MAX } from "../../lib/core/limits.ts";
import { checkValue, type Replica, type ValueFault } from "../../lib/core/value.ts";
import { sha256 } from "../../lib/hash/sha256.ts";
import { proven } from "../support/values.ts";

const NOW = 1_700_000_000_000;
const RULES = { unixNow: NOW, stampAheadMaxMs: STAMP_AHEAD_MAX_MS, leftMs: 1, sha256 };

function replica(change: Partial<Replica> = {}): Replica {
  const key = new Uint8Array(32).fill(1);
  const times = { stamp: NOW, expiresAt: NOW + 1 };
  const nonce = new Uint8Array(32);
  return { key, value: Uint8Array.of(1), replication: 1, ...times, nonce, ...change };
}

const CASES: readonly [string, Partial<Replica>, ValueFault | null, number?][] = [
  ["one that has all it needs", {}, null],
  ["the largest", { value: new Uint8Array(VALUE_BYTES_MAX) }, null],
  ["one byte more", { value: new Uint8Array(VALUE_BYTES_MAX + 1) }, "tooLarge"],
  ["the stamp that is furthest ahead", { stamp: NOW + STAMP_AHEAD_MAX_MS }, null],
  ["one millisecond more", { stamp: NOW + STAMP_AHEAD_MAX_MS + 1 }, "stampAhead"],
  ["no time left", {}, "expired", 0],
  ["several faults: the first counts", { stamp: Infinity }, "stampAhead", 0],
];

for (const [what, change, fault, leftMs = 1] of CASES) {
  Deno.test(`a value is checked: ${what}`, () => {
    const rules = { ...RULES, proofOfWorkBits: 0, leftMs };
    assertEquals(checkValue(replica(change), rules), fault);
  });
}

Deno.test("a value is checked: too little work, or work for something else", () => {
  const { nonce: _, ...said } = replica({ stamp: NOW + 2 * STAMP_AHEAD_MAX_MS });
  const { nonce } = proven(said, 8);
  const check = (change: Partial<Replica>, proofOfWorkBits: number) =>
    checkValue({ ...said, nonce, ...change }, { ...RULES, proofOfWorkBits });
  assertEquals(check({}, 9), "weakProofOfWork");
  assertEquals(check({}, 8), "stampAhead");
  assertEquals(check({ stamp: said.stamp + 1 }, 8), "proofOfAnother");
});

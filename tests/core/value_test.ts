import { assertEquals } from "@std/assert";
import { STAMP_AHEAD_MAX_MS, VALUE_BYTES_MAX } from "../../lib/core/limits.ts";
import { checkValue, type TimedValue, type ValueFault } from "../../lib/core/value.ts";
import { sha256 } from "../../lib/hash/sha256.ts";

const NOW = 1_700_000_000_000;

function timed(change: Partial<TimedValue> = {}): TimedValue {
  const key = new Uint8Array(32).fill(1);
  const nonce = new Uint8Array(32);
  return { key, value: Uint8Array.of(1), ttlMs: 1, replication: 1, stamp: NOW, nonce, ...change };
}

const CASES: readonly [string, Partial<TimedValue>, ValueFault | null][] = [
  ["one that has all it needs", {}, null],
  ["the largest", { value: new Uint8Array(VALUE_BYTES_MAX) }, null],
  ["one byte more", { value: new Uint8Array(VALUE_BYTES_MAX + 1) }, "tooLarge"],
  ["the stamp that is furthest ahead", { stamp: NOW + STAMP_AHEAD_MAX_MS }, null],
  ["one millisecond more", { stamp: NOW + STAMP_AHEAD_MAX_MS + 1 }, "stampAhead"],
  ["no time left", { ttlMs: 0 }, "expired"],
  ["several faults: the first counts", { stamp: Infinity, ttlMs: 0 }, "stampAhead"],
];

for (const [what, change, fault] of CASES) {
  Deno.test(`a value is checked: ${what}`, () => {
    const rules = { proofOfWorkBits: 0, unixNow: NOW, sha256 };
    assertEquals(checkValue(timed(change), rules), fault);
  });
}

Deno.test("a value is checked: too little work", () => {
  const rules = { proofOfWorkBits: 24, unixNow: NOW, sha256 };
  assertEquals(checkValue(timed({ stamp: Infinity }), rules), "weakProofOfWork");
});

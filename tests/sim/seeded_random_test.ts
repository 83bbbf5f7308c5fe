import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { SeededRandom } from "../../lib/sim/random/seeded_random.ts";
import { printedSeed } from "../support/core/seed.ts";

Deno.test("a seed gives the same numbers on every machine and in every version", () => {
  const random = new SeededRandom(1);
  assertEquals(Array.from({ length: 5 }, () => random.u32()), GOLDEN);
});

Deno.test("equal seeds give equal numbers, other seeds others", () => {
  const bytesOf = (seed: number) => {
    const bytes = new Uint8Array(64);
    new SeededRandom(seed).fill(bytes);
    return bytes;
  };
  assertEquals(bytesOf(42), bytesOf(42));
  assertEquals(bytesOf(42), bytesOf(42 + 2 ** 32), "the low 32 bits count");
  for (const seed of [0, 1, 43, -1]) assertNotEquals(bytesOf(seed), bytesOf(42));
});

Deno.test("numbers are from 0 to 1 and spread evenly", () => {
  const random = new SeededRandom(printedSeed());
  const buckets = new Array<number>(16).fill(0);
  const count = 64_000;
  for (let i = 0; i < count; i++) {
    const number = random.next();
    assert(number >= 0 && number < 1);
    buckets[Math.floor(number * 16)]!++;
  }
  const expected = count / 16;
  const chiSquare = buckets.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
  assert(chiSquare < 60, `chi-square of ${chiSquare} at 15 degrees of freedom`);
});

Deno.test("every bit is set half of the time", () => {
  const random = new SeededRandom(printedSeed());
  const counts = new Array<number>(32).fill(0);
  const rounds = 20_000;
  for (let i = 0; i < rounds; i++) {
    const word = random.u32();
    for (let bit = 0; bit < 32; bit++) counts[bit]! += word >>> bit & 1;
  }
  for (const count of counts) assert(Math.abs(count / rounds - 0.5) < 0.03, `${counts}`);
});

Deno.test("below gives whole numbers below its end", () => {
  const random = new SeededRandom(printedSeed());
  const seen = new Set(Array.from({ length: 1_000 }, () => random.below(6)));
  assertEquals([...seen].sort(), [0, 1, 2, 3, 4, 5]);
  assertEquals(random.below(1), 0);
});

Deno.test("fill reaches every byte of any length, and none beyond", () => {
  const random = new SeededRandom(printedSeed());
  for (let length = 0; length <= 9; length++) {
    const touched = new Array<boolean>(length).fill(false);
    const bytes = new Uint8Array(16);
    for (let round = 0; round < 50; round++) {
      random.fill(bytes.subarray(2, 2 + length));
      touched.forEach((_, i) => touched[i] ||= bytes[2 + i] !== 0);
    }
    assert(touched.every(Boolean));
    assertEquals([bytes[0], bytes[1], ...bytes.slice(2 + length)].filter((b) => b !== 0), []);
  }
});

/** xoshiro128** seeded by splitmix32 with 1, computed apart from this code in Python. */
const GOLDEN = [2442144158, 3238099751, 3819917871, 2104621829, 2021136066];

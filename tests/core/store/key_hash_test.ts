import { assert, assertEquals, assertThrows } from "@std/assert";
import { KeyHash } from "../../../lib/core/store/internal/key_hash.ts";

const bytes = (length: number) => Uint8Array.from({ length }, (_, i) => i);

Deno.test("the hash is HalfSipHash-1-3, by a test vector of the Linux kernel", () => {
  assertEquals(new KeyHash(bytes(8)).of(bytes(32)), 0xbc6dda8d);
});

Deno.test("every bit of the key and of the seed changes the hash", () => {
  const hashes = new Set([new KeyHash(bytes(8)).of(bytes(32))]);
  for (let bit = 0; bit < 8 * 40; bit++) {
    const all = bytes(40);
    all[bit >>> 3]! ^= 1 << (bit & 7);
    hashes.add(new KeyHash(all.subarray(32).map((byte) => byte - 32)).of(all.subarray(0, 32)));
  }
  assert(hashes.size >= 320, `${hashes.size} different hashes of 321`);
});

Deno.test("a seed of another length is refused", () => {
  assertThrows(() => new KeyHash(bytes(7)), RangeError, "8 bytes wanted, not 7");
});

import { assert, assertEquals } from "@std/assert";
import { encodeHex } from "@std/encoding/hex";
import { sha256 } from "../../lib/hash/sha256.ts";

Deno.test("sha256 is SHA-256", () => {
  assertEquals(
    encodeHex(sha256(new TextEncoder().encode("abc"))),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});

Deno.test("what sha256 returns behaves like any bytes: a slice of it is a copy", () => {
  const digest = sha256(new Uint8Array(1));
  const copy = digest.slice();
  copy[0]! ^= 0xff;
  assert(copy[0] !== digest[0]);
});

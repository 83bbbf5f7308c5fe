import { assert } from "@std/assert";
import { equalBytes } from "../../lib/core/equal_bytes.ts";

Deno.test("equalBytes compares lengths and every byte", () => {
  assert(equalBytes(Uint8Array.of(), Uint8Array.of()));
  assert(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2)));
  assert(!equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3)));
  assert(!equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2, 0)));
});

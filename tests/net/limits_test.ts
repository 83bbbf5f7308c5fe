import { assert } from "@std/assert";
import { CLOSE_LIMIT_MS } from "../../lib/net/limits.ts";

Deno.test("all that closing a node may take, its leaving aside, is within a second", () => {
  assert(CLOSE_LIMIT_MS < 1_000, `${CLOSE_LIMIT_MS} ms`);
});

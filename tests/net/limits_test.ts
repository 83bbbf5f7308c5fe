import { assert } from "@std/assert";
import { CLOSE_LIMIT_MS } from "../../lib/net/limits.ts";

Deno.test("all that closing a node may take is within the 2 seconds that are promised", () => {
  assert(CLOSE_LIMIT_MS < 2_000, `${CLOSE_LIMIT_MS} ms`);
});

import { assertEquals, assertMatch } from "@std/assert";
import { ROOT } from "../../scripts/common/root.ts";

Deno.test("the task that runs random tests with many seeds finds them, and says what failed", async () => {
  const flags = "--runs 2 --seed 7 --only tests/core/store/rows_test.ts";
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "test:seeds", ...flags.split(" ")],
    cwd: ROOT,
  }).output();
  const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assertEquals(code, 0, error);
  assertMatch(out!, /rows_test\.ts: .*: 0 of 2 failed[^]*1 tests, 2 runs, 0 failed/);
});

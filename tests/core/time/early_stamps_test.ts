import { assertEquals } from "@std/assert";
import { EarlyStamps } from "../../../lib/core/time/early_stamps.ts";

Deno.test("a stamp lacks what the time was wrong by when it was given", () => {
  const stamps = new EarlyStamps();
  const lacks = (aheadMs: number) =>
    [99, 100, 150, 200, 250, 300, 301].map((stamp) => stamps.lacks(stamp, aheadMs));
  assertEquals(lacks(5_000), [0, 0, 0, 0, 0, 0, 0]);
  stamps.note(100, 1_000);
  stamps.note(200, 1_100.4);
  stamps.note(300, 4_000);
  assertEquals(lacks(5_000), [0, 4_000, 4_000, 4_000, 0, 1_000, 0]);
  assertEquals(lacks(999.7), [0, 0, 0, 0, 0, -3_000, 0]);
});

Deno.test("of two times by which the same stamps were given the later one counts", () => {
  const stamps = new EarlyStamps();
  stamps.note(100, 9_000);
  stamps.note(200, 9_000);
  stamps.note(150, 4_000);
  stamps.note(160, 4_000);
  assertEquals([120, 155, 180].map((stamp) => stamps.lacks(stamp, 10_000)), [1_000, 6_000, 1_000]);
});

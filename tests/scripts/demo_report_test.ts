import { assertEquals } from "@std/assert";
import { formatReport, isComplete, type Measured } from "../../scripts/demo/demo_report.ts";

const COMPLETE: Measured = {
  name: "before the kill",
  pieces: 3,
  found: 3,
  identical: 3,
  putTimes: [250.4, 4.26, 10],
  getTimes: Array.from({ length: 200 }, (_, i) => 200 - i),
};

Deno.test("the table is aligned, and has a dash for what was not measured", () => {
  const after = { ...COMPLETE, name: "after", found: 2, identical: 1, putTimes: [] };
  assertEquals(formatReport([COMPLETE, after]), [
    "                 pieces  found  identical  put median  put p99  get median  get p99",
    "before the kill       3      3          3       10 ms   250 ms      100 ms   198 ms",
    "after                 3      2          1           –        –      100 ms   198 ms",
  ]);
});

Deno.test("all pieces have to be found as they were put", () => {
  assertEquals(isComplete(COMPLETE), true);
  assertEquals(isComplete({ ...COMPLETE, found: 2 }), false);
  assertEquals(isComplete({ ...COMPLETE, identical: 2 }), false);
  assertEquals(isComplete({ ...COMPLETE, pieces: 0, found: 0, identical: 0 }), false);
});

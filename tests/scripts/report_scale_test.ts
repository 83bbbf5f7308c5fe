import { assertEquals } from "@std/assert";
import { linearScale, logScale, roundUp, timeScale } from "../../scripts/simulate/report/scale.ts";

const HOUR_MS = 3_600_000;

Deno.test("ticks are at round values within the domain", () => {
  assertEquals(linearScale([0, 1], [0, 100], 5).ticks, [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assertEquals(linearScale([0.99, 1], [0, 100], 2).ticks, [0.99, 0.995, 1]);
  assertEquals(timeScale([100, 3 * HOUR_MS], [0, 1], 3).ticks, [1, 2, 3].map((h) => h * HOUR_MS));
  assertEquals(logScale([4, 250], [0, 1], 9).ticks, [5, 10, 20, 50, 100, 200]);
  assertEquals(logScale([4, 250], [0, 1], 4).ticks, [10, 30, 100]);
  assertEquals(logScale([1, 1e9], [0, 1], 4).ticks.length, 10);
});

Deno.test("values are drawn in proportion", () => {
  const linear = linearScale([10, 20], [100, 0], 5);
  assertEquals([10, 15, 20].map(linear.at), [100, 50, 0]);
  const log = logScale([1, 100], [0, 2], 5);
  assertEquals([1, 10, 100].map(log.at).map(Math.round), [0, 1, 2]);
});

Deno.test("an axis ends at a tick", () => {
  assertEquals([0, 0.7, 41, 50, 51].map((max) => roundUp(max, 5)), [1, 0.8, 50, 50, 60]);
});

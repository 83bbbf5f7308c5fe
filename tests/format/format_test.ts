import { assertEquals } from "@std/assert";
import {
  formatBytes,
  formatClock,
  formatCount,
  formatDuration,
  formatMs,
  formatNumber,
  formatShare,
  plural,
  shorten,
} from "../../lib/format/format.js";

const HOUR_MS = 3_600_000;

Deno.test("counts and numbers have their thousands set apart", () => {
  assertEquals([0, 999, 1_234_567].map(formatCount), ["0", "999", "1,234,567"]);
  assertEquals([0, 1.234, 12.34, -12.34, 123.4, 1_234.5].map(formatNumber), [
    "0",
    "1.23",
    "12.3",
    "-12.3",
    "123",
    "1,235",
  ]);
});

Deno.test("a share is never rounded up to all or down to nothing", () => {
  const shares = [0, 0.000_001, 0.5, 0.999_999, 1];
  assertEquals(shares.map(formatShare), ["0 %", "0.01 %", "50 %", "99.99 %", "100 %"]);
});

Deno.test("sizes are in units of thousands", () => {
  assertEquals([12, 2_048, 3_000_000, 2 ** 31, 1e16].map(formatBytes), [
    "12 B",
    "2.05 kB",
    "3 MB",
    "2.15 GB",
    "10,000 TB",
  ]);
});

Deno.test("times have their two largest units, or are set like a clock", () => {
  assertEquals([0.25, 42, 1_500, 12_345].map(formatMs), ["0.25 ms", "42 ms", "1.5 s", "12 s"]);
  const durations = [9_900, 61_999, HOUR_MS + 61_000, 50 * HOUR_MS];
  assertEquals(durations.map(formatDuration), ["9.9 s", "1 min 1 s", "1 h 1 min", "2 d 2 h"]);
  assertEquals(formatClock(25 * HOUR_MS + 61_999), "25:01:01");
});

Deno.test("what is not known is a dash", () => {
  const formats = [formatCount, formatNumber, formatShare, formatBytes, formatMs, formatDuration];
  assertEquals(formats.map((format) => format(NaN)), formats.map(() => "–"));
});

Deno.test("ids are shortened, and things counted", () => {
  assertEquals(shorten("0123456789abcdef"), "01234567…");
  assertEquals([plural(1, "node"), plural(2, "node"), plural(0, "reply", "replies")], [
    "1 node",
    "2 nodes",
    "0 replies",
  ]);
});

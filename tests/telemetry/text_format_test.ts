import { assertEquals } from "@std/assert";
import { formatFamily, Histogram } from "../../lib/telemetry/text_format.ts";

Deno.test("counters and gauges have a line for each sample", () => {
  const samples = [[{}, 3], [{ a: "b", c: "d" }, 0.25], [{ a: "e" }, Infinity]] as const;
  assertEquals(
    formatFamily({ name: "x_total", type: "counter", help: "What x is", samples }),
    [
      "# HELP x_total What x is",
      "# TYPE x_total counter",
      "x_total 3",
      'x_total{a="b",c="d"} 0.25',
      'x_total{a="e"} +Inf',
      "",
    ].join("\n"),
  );
});

Deno.test("what would end a line or a label is escaped", () => {
  const samples = [[{ a: 'back\\slash "quoted"\nline' }, NaN]] as const;
  assertEquals(
    formatFamily({ name: "x", type: "gauge", help: "back\\slash\nline", samples }),
    '# HELP x back\\\\slash\\nline\n# TYPE x gauge\nx{a="back\\\\slash \\"quoted\\"\\nline"} NaN\n',
  );
});

Deno.test("buckets of a histogram count what does not exceed their bound", () => {
  const histogram = new Histogram([0.5, 1, 2]);
  for (const value of [0.25, 0.5, 1.5, 2, 7]) histogram.observe(value);
  assertEquals(
    formatFamily({ name: "x", type: "histogram", help: "x", histograms: [[{ a: "b" }, histogram]] })
      .split("\n").slice(2),
    [
      'x_bucket{a="b",le="0.5"} 2',
      'x_bucket{a="b",le="1"} 2',
      'x_bucket{a="b",le="2"} 4',
      'x_bucket{a="b",le="+Inf"} 5',
      'x_sum{a="b"} 11.25',
      'x_count{a="b"} 5',
      "",
    ],
  );
});

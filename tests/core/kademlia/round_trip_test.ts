import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  REQUEST_LIMIT_MAX_MS,
  REQUEST_LIMIT_MIN_MS,
  REQUEST_LIMIT_START_MS,
  SLOW_MIN_MS,
  SLOW_START_MS,
} from "../../../lib/core/limits.ts";
import { RoundTrip } from "../../../lib/core/kademlia/round_trip.ts";
import { checkProperty } from "../../support/core/property.ts";

function measured(samples: readonly number[]): RoundTrip {
  const roundTrip = new RoundTrip();
  for (const sample of samples) roundTrip.add(sample);
  return roundTrip;
}

Deno.test("with nothing measured the limits are those for a stranger", () => {
  const roundTrip = new RoundTrip();
  assert(!roundTrip.known);
  assertEquals(roundTrip.slowMs, SLOW_START_MS);
  assertEquals(roundTrip.limitMs(0), REQUEST_LIMIT_START_MS);
});

Deno.test("the first sample is the mean, half of it the deviation", () => {
  const { known, meanMs, deviationMs } = measured([100]);
  assertEquals({ known, meanMs, deviationMs }, { known: true, meanMs: 100, deviationMs: 50 });
});

Deno.test("later samples move mean and deviation as RFC 6298 says", () => {
  const { meanMs, deviationMs } = measured([100, 180]);
  assertEquals(meanMs, 7 / 8 * 100 + 1 / 8 * 180);
  assertEquals(deviationMs, 3 / 4 * 50 + 1 / 4 * 80);
});

Deno.test("a round trip of zero counts as known", () => {
  assert(measured([0]).known);
  assertEquals(measured([0]).slowMs, SLOW_MIN_MS);
});

Deno.test("each failure in a row doubles the limit, up to the largest", () => {
  const roundTrip = measured([100]);
  assertEquals([0, 1, 2, 3].map((failures) => roundTrip.limitMs(failures)), [
    600,
    1_200,
    2_400,
    REQUEST_LIMIT_MAX_MS,
  ]);
});

Deno.test("after any samples the limits stay in their bounds, and slow comes before given up", () => {
  const samples = fc.array(fc.double({ min: 0, max: 60_000, noNaN: true }), { minLength: 1 });
  checkProperty(fc.property(samples, fc.nat({ max: 5 }), (samples, failures) => {
    const roundTrip = measured(samples);
    const limit = roundTrip.limitMs(failures);
    assert(limit >= REQUEST_LIMIT_MIN_MS && limit <= REQUEST_LIMIT_MAX_MS);
    assert(roundTrip.slowMs >= SLOW_MIN_MS && roundTrip.slowMs <= limit);
    const mean = roundTrip.meanMs;
    assert(mean >= Math.min(...samples) - 1e-6 && mean <= Math.max(...samples) + 1e-6);
  }));
});

Deno.test("a steady peer's answers are not slow until they take notably longer", () => {
  const roundTrip = measured(Array(50).fill(200));
  assert(roundTrip.slowMs > 200 && roundTrip.slowMs < 220);
});

Deno.test("a guess counts until a round trip has been measured, and a later one does not count", () => {
  const roundTrip = new RoundTrip();
  roundTrip.guess(400);
  assertEquals([roundTrip.meanMs, roundTrip.limitMs(0)], [400, 2_400]);
  roundTrip.guess(300);
  assertEquals(roundTrip.meanMs, 300);
  roundTrip.add(100);
  assertEquals([roundTrip.meanMs, roundTrip.deviationMs], [100, 50]);
  roundTrip.guess(400);
  assertEquals(roundTrip.meanMs, 100);
});

Deno.test("what is larger than TCP sends at first has the round trips that it takes on top", () => {
  const roundTrip = measured([200]);
  assertEquals(roundTrip.limitMs(0, 0), 1_200);
  assert(roundTrip.limitMs(0, 256) < 1_215);
  // 14 600 bytes, then twice as many, then four times: 2 round trips more, each counted twice.
  assertEquals(roundTrip.limitMs(0, 3 * 14_600), 1_200 + 2 * 2 * 200);
});

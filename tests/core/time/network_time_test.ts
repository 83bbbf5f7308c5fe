import { assertEquals } from "@std/assert";
import { STAMP_AHEAD_MAX_MS, STAMP_AHEAD_MIN_MS } from "../../../lib/core/limits.ts";
import { NetworkTime } from "../../../lib/core/time/network_time.ts";
import { StampClock } from "../../../lib/core/time/stamp_clock.ts";

const MINUTE_MS = 60_000;

function measured(offsetsMs: readonly number[], time = new NetworkTime()): NetworkTime {
  offsetsMs.forEach((offsetMs, i) => {
    time.note(`node ${i}`, {
      theirs: 1_000_000 + offsetMs - 20,
      own: 1_000_000,
      roundTripMs: 40,
      now: 0,
    });
  });
  return time;
}

Deno.test("a wrong clock follows the others, and one wrong clock moves nobody", () => {
  assertEquals(measured([]).offsetMs, 0);
  assertEquals(measured([6 * MINUTE_MS, 6 * MINUTE_MS, 6 * MINUTE_MS]).offsetMs, 6 * MINUTE_MS);
  assertEquals(measured([10, -10, 25 * 60 * MINUTE_MS, 5]).offsetMs, 5);
});

Deno.test("two nodes meet in the middle", () => {
  assertEquals([measured([3_000]).offsetMs, measured([-3_000]).offsetMs], [1_500, -1_500]);
});

Deno.test("most clocks must agree to a minute, or nothing is taken from them that lasts", () => {
  const minutes = (...offsets: number[]) => measured(offsets.map((offset) => offset * MINUTE_MS));
  assertEquals(minutes().isAgreed, true);
  assertEquals(minutes(0.5).isAgreed, true);
  assertEquals(minutes(3).isAgreed, false);
  const most = minutes(6, 6, 6, 25 * 60);
  assertEquals([most.agreeing, most.isAgreed, most.agreedOffsetMs], [3, true, 6 * MINUTE_MS]);
  const half = minutes(0, 6, 25 * 60);
  assertEquals([half.agreeing, half.isAgreed, half.agreedOffsetMs], [0, false, 0]);
  half.shift(MINUTE_MS);
  assertEquals(half.agreedOffsetMs, -MINUTE_MS);
  assertEquals(minutes(0, -10, 25 * 60).isAgreed, false);
});

Deno.test("where most clocks agree no more the last time goes on on which they did", () => {
  const read = (time: NetworkTime) => [time.isAgreed, time.offsetMs, time.agreedOffsetMs];
  const time = measured([10, 0, 20]);
  assertEquals(read(time), [true, 5, 5]);
  measured([-10 * MINUTE_MS, -10 * MINUTE_MS], time);
  assertEquals([...read(time), time.agreeing], [false, 5, 5, 2]);
  time.shift(MINUTE_MS);
  assertEquals(read(time), [false, 5 - MINUTE_MS, 5 - MINUTE_MS]);
  measured([-MINUTE_MS, -11 * MINUTE_MS, -11 * MINUTE_MS], time);
  assertEquals(read(time), [false, 5 - MINUTE_MS, 5 - MINUTE_MS]);
  measured([-11 * MINUTE_MS], time);
  assertEquals(read(time), [true, -11 * MINUTE_MS, -11 * MINUTE_MS]);
});

Deno.test("an agreement that may be chance does not bind where most clocks agree no more", () => {
  const minutes = (...offsets: number[]) => offsets.map((offset) => offset * MINUTE_MS);
  const right = measured(minutes(0, 0));
  assertEquals([right.isAgreed, right.offsetMs], [true, 0]);
  measured(minutes(4, 0, 6, 8), right);
  assertEquals([right.isAgreed, right.offsetMs], [false, 0]);
  measured(minutes(4, 0, 6, 8, 10, 12), right);
  assertEquals([right.isAgreed, right.offsetMs], [false, 6 * MINUTE_MS], "of few clocks");
  const rough = measured(minutes(0.5, 0.75));
  assertEquals([rough.isAgreed, rough.offsetMs], [true, MINUTE_MS / 2]);
  measured(minutes(0.5, 4, 6, 8), rough);
  assertEquals([rough.isAgreed, rough.offsetMs], [false, 4 * MINUTE_MS], "of clocks that differ");
  assertEquals(rough.agreedOffsetMs, MINUTE_MS / 2);
});

Deno.test("the last sample of a contact counts, and old ones are forgotten", () => {
  const time = measured([1_000, 1_000, 1_000]);
  assertEquals(measured([0, 0, 0], time).offsetMs, 0);
  const late = (i: number) =>
    time.note(`late ${i}`, { theirs: 500, own: 0, roundTripMs: 0, now: 240 * MINUTE_MS });
  for (let i = 0; i < 5; i++) late(i);
  assertEquals([time.samples, time.offsetMs], [8, 500]); // few are better than none
  for (let i = 5; i < 12; i++) late(i);
  assertEquals([time.samples, time.offsetMs], [12, 500]);
  const many = measured(Array.from({ length: 200 }, () => 7));
  assertEquals(many.samples, 64);
});

Deno.test("a jump of the own clock is taken out at once", () => {
  const time = measured([0, 0, 0]);
  time.shift(-MINUTE_MS);
  assertEquals(time.offsetMs, MINUTE_MS);
});

Deno.test("how far ahead a stamp may be follows from what the clocks differ by", () => {
  const aheadOf = (offsetsMs: readonly number[]) => measured(offsetsMs).stampAheadMaxMs;
  assertEquals([aheadOf([]), aheadOf([0, 0])], [STAMP_AHEAD_MAX_MS, STAMP_AHEAD_MAX_MS]);
  assertEquals(aheadOf([0, 0, 0]), STAMP_AHEAD_MIN_MS);
  assertEquals(aheadOf([6 * MINUTE_MS, 6 * MINUTE_MS, 6 * MINUTE_MS]), STAMP_AHEAD_MIN_MS);
  assertEquals(aheadOf([0, 0, 0, 25 * 60 * MINUTE_MS, -6 * MINUTE_MS]), STAMP_AHEAD_MIN_MS);
  assertEquals(aheadOf([-2_000, -1_000, 1_000, 2_000]), STAMP_AHEAD_MIN_MS + 4_000);
  assertEquals(aheadOf([-9e5, -9e5, 9e5, 9e5]), STAMP_AHEAD_MAX_MS);
});

Deno.test("stamps only go forward, above what was seen, but follow nobody into the future", () => {
  const clock = new StampClock();
  const at = (networkNow: number) => ({ networkNow, aheadMaxMs: STAMP_AHEAD_MAX_MS });
  const next = (networkNow: number, above?: number) => clock.next(at(networkNow), above);
  assertEquals([next(1_000), next(1_000), next(900)], [1_000, 1_001, 1_002]);
  clock.observe(2_000, at(1_000));
  assertEquals(next(1_000), 2_001);
  clock.observe(1e12, at(1_000));
  assertEquals(next(1_000), 2_002);
  assertEquals([next(1_000, 5_000), next(1_000)], [5_001, 2_004]);
  assertEquals(next(1_000, 1e12), 2_005);
  clock.observe(1_000 + 4 * MINUTE_MS, at(1_000));
  assertEquals(next(1_000), 2_006);
});

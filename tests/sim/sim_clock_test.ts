import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { EventQueue } from "../../lib/sim/event_queue.ts";
import { type ClockFaults, SimClock } from "../../lib/sim/sim_clock.ts";

function clockOf(faults: ClockFaults = {}) {
  const queue = new EventQueue();
  return { queue, clock: new SimClock(queue, faults) };
}

Deno.test("a clock without faults is the simulation's", () => {
  const { queue, clock } = clockOf();
  const rung: number[] = [];
  clock.runAt(100.25, () => rung.push(queue.now()));
  clock.runAt(200, () => rung.push(queue.now()))();
  queue.runUntil(1_000.5);
  assertEquals(rung, [100.25], "one was called off");
  assertEquals([clock.now(), clock.unixNow()], [queue.now(), queue.unixNow()]);
});

Deno.test("a wall clock that is wrong or jumps concerns no timer", () => {
  const { queue, clock } = clockOf({ offsetMs: -5_000 });
  let rung = 0;
  clock.runAt(1_000, () => rung = queue.now());
  queue.runUntil(500);
  assertEquals([clock.now(), clock.unixNow() - queue.unixNow()], [500, -5_000]);
  clock.jump(3_600_000);
  queue.runUntil(2_000);
  assertEquals([rung, clock.now(), clock.offsetMs], [1_000, 2_000, 3_595_000]);
});

Deno.test("a clock that runs too fast rings early, and never before its own time", () => {
  const { queue, clock } = clockOf({ driftPpm: 1_000 });
  let rungs = 0;
  for (let i = 1; i <= 1_000; i++) {
    const time = i * 1_000 / 3;
    clock.runAt(time, () => {
      assert(clock.now() >= time);
      assertAlmostEquals(queue.now(), time / 1.001, 1e-6);
      rungs++;
    });
  }
  queue.runUntil(1_000_000);
  assertEquals(rungs, 1_000);
  assertAlmostEquals(clock.now(), 1_001_000, 1e-6);
  assertAlmostEquals(clock.offsetMs, 1_000, 1);
});

Deno.test("a stopped process runs its timers when it goes on, and its time has gone on", () => {
  const { queue, clock } = clockOf();
  const rung: [string, number][] = [];
  clock.runAt(100, () => rung.push(["timer", clock.now()]));
  queue.runUntil(50);
  clock.stop();
  queue.runAt(200, () => clock.whenRunning(() => rung.push(["message", clock.now()])));
  queue.runUntil(5_000);
  assertEquals(rung, []);
  clock.resume();
  assertEquals(rung, [["timer", 5_000], ["message", 5_000]]);
});

Deno.test("a machine that slept finds all timers due, and its time has gone on", () => {
  const { queue, clock } = clockOf();
  const rung: number[] = [];
  clock.runAt(100, () => rung.push(queue.now()));
  clock.runAt(9_000, () => rung.push(queue.now()));
  queue.runUntil(50);
  clock.sleep();
  queue.runUntil(8_050);
  assertEquals([rung, clock.offsetMs], [[], 0]);
  clock.resume();
  queue.runUntil(20_000);
  assertEquals(rung, [8_050, 9_000]);
  assertEquals([clock.now(), clock.offsetMs], [20_000, 0]);
});

Deno.test("timers that are due in sleep take nothing from its length", () => {
  const { queue, clock } = clockOf();
  for (let time = 500; time < 20_000; time += 500) clock.runAt(time, () => {});
  queue.runUntil(50);
  clock.sleep();
  queue.runUntil(8_050);
  clock.resume();
  assertEquals(clock.now(), 8_050);
});

Deno.test("a sleep too short to be noticed makes timers late by as much", () => {
  const { queue, clock } = clockOf();
  let rung = 0;
  clock.runAt(5_000, () => rung = queue.now());
  clock.sleep();
  queue.runUntil(1_500);
  clock.resume();
  queue.runUntil(20_000);
  assertEquals([rung, clock.now()], [6_500, 18_500]);
});

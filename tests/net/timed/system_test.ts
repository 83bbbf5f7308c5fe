import { assert, assertEquals } from "@std/assert";
import { SystemClock, systemRandom } from "../../../lib/net/system.ts";
import { keyOf } from "../../support/values.ts";

Deno.test("callbacks run in the order of their times, none before its time", async () => {
  const clock = new SystemClock();
  const start = clock.now();
  const times: [number, number][] = [];
  await new Promise<void>((resolve) => {
    for (const delay of [30, 10, 20, 0, -5]) {
      clock.runAt(start + delay, () => times.push([delay, clock.now() - start]));
    }
    clock.runAt(start + 40, resolve);
  });
  assertEquals(times.map(([delay]) => delay), [-5, 0, 10, 20, 30]);
  for (const [delay, at] of times) assert(at >= delay, `${delay} ms ran after ${at} ms`);
});

Deno.test("a callback that was called off does not run, and nothing is left behind", async () => {
  const clock = new SystemClock();
  const ran: string[] = [];
  const far = clock.runAt(clock.now() + 2 ** 40, () => ran.push("far"));
  const near = clock.runAt(clock.now() + 5, () => ran.push("near"));
  clock.runAt(clock.now() + 1, () => {
    near();
    near();
  });
  await new Promise<void>((resolve) => clock.runAt(clock.now() + 10, resolve));
  far();
  assertEquals(ran, []);
});

Deno.test("callbacks may set and call off others while they run", async () => {
  const clock = new SystemClock();
  const ran: number[] = [];
  await new Promise<void>((resolve) => {
    const later = clock.runAt(clock.now() + 2, () => ran.push(3));
    clock.runAt(clock.now() + 1, () => {
      ran.push(1);
      later();
      clock.runAt(clock.now(), () => ran.push(2));
      clock.runAt(clock.now() + 3, resolve);
    });
  });
  assertEquals(ran, [1, 2]);
});

/** Timers of the runtime that run 100 times as fast, and the longest of them in milliseconds. */
function fastTimers() {
  const { setTimeout } = globalThis;
  const timers = {
    longestMs: 0,
    [Symbol.dispose]: () => void Object.assign(globalThis, { setTimeout }),
  };
  const fast = (callback: () => void, ms: number) => {
    timers.longestMs = Math.max(timers.longestMs, ms);
    return setTimeout(callback, ms / 100);
  };
  Object.assign(globalThis, { setTimeout: fast });
  return timers;
}

Deno.test("what is due while the machine sleeps runs soon after", async () => {
  using timers = fastTimers();
  const [from, slept] = [performance.now(), { ms: 0 }];
  const clock = new SystemClock({
    monotonic: () => performance.now(),
    wall: () => 1_700_000_000_000 + Math.floor(performance.now() - from + slept.ms),
    uptime: () => null,
  });
  const before = clock.now();
  let woke = 0;
  clock.runAt(before + 3_600_000, () => woke = clock.now());
  slept.ms = 8 * 3_600_000;
  await new Promise<void>((resolve) => clock.runAt(clock.now() + 5, resolve));
  assert(woke >= before + slept.ms, `${woke - before} ms`);
  assert(timers.longestMs <= 10_000, `a timer of ${timers.longestMs} ms`);
});

Deno.test("numbers of the system are between 0 and 1, and bytes are filled", () => {
  for (let i = 0; i < 1_000; i++) {
    const number = systemRandom.next();
    assert(number >= 0 && number < 1);
  }
  const bytes = new Uint8Array(64);
  systemRandom.fill(bytes);
  assert(new Set(bytes).size > 16);
  assertEquals(keyOf("a").length, 32);
});

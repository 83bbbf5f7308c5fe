import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { EventQueue } from "../../lib/sim/event_queue.ts";
import { checkProperty } from "../support/core/property.ts";

Deno.test("events happen in the order of their times, and at one time in the order of asking", () => {
  checkProperty(fc.property(fc.array(fc.integer({ min: 0, max: 9 })), (times) => {
    const queue = new EventQueue();
    const happened: [number, number][] = [];
    times.forEach((time, i) => queue.runAt(time, () => happened.push([time, i])));
    queue.runUntil(10);
    const expected = times.map((time, i): [number, number] => [time, i])
      .sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    assertEquals(happened, expected);
    assertEquals(queue.count, times.length);
  }));
});

Deno.test("the time is that of the event that happens", () => {
  const queue = new EventQueue(1_000_000);
  const seen: number[] = [];
  for (const time of [5.5, 2, 100]) queue.runAt(time, () => seen.push(queue.now()));
  queue.runUntil(50);
  assertEquals(seen, [2, 5.5]);
  assertEquals([queue.now(), queue.unixNow()], [50, 1_000_050]);
});

Deno.test("what is asked for in the past happens now, after what was asked for before", () => {
  const queue = new EventQueue();
  queue.runUntil(10);
  const seen: string[] = [];
  queue.runAt(10, () => seen.push("first"));
  queue.runAt(3, () => seen.push(`second at ${queue.now()}`));
  queue.runUntil(10);
  assertEquals(seen, ["first", "second at 10"]);
});

Deno.test("an event that was called off does not happen, and calling off twice does no harm", () => {
  const queue = new EventQueue();
  const seen: number[] = [];
  const offs = [1, 2, 3].map((time) => queue.runAt(time, () => seen.push(time)));
  offs[1]!();
  offs[1]!();
  queue.runUntil(2);
  offs[0]!();
  queue.runUntil(9);
  assertEquals(seen, [1, 3]);
  assertEquals(queue.count, 2);
});

Deno.test("events may bring about others, also at the same time", () => {
  const queue = new EventQueue();
  const seen: number[] = [];
  const again = (left: number) => {
    seen.push(queue.now());
    if (left > 0) queue.runAt(queue.now(), () => again(left - 1));
  };
  queue.runAt(4, () => again(3));
  queue.runAt(4, () => seen.push(-1));
  queue.runUntil(4);
  assertEquals(seen, [4, -1, 4, 4, 4]);
});

Deno.test("an event at the very time of runUntil happens, a later one does not", () => {
  const queue = new EventQueue();
  const seen: number[] = [];
  for (const time of [10, 10.001]) queue.runAt(time, () => seen.push(time));
  queue.runUntil(10);
  assertEquals(seen, [10]);
  queue.runUntil(5);
  assertEquals(queue.now(), 10, "time never goes back");
});

Deno.test("runWhile stops as soon as it is done, and says whether it is", () => {
  const queue = new EventQueue();
  let count = 0;
  for (let time = 1; time <= 10; time++) queue.runAt(time, () => count++);
  assert(queue.runWhile(() => count === 3, 100));
  assertEquals([count, queue.now()], [3, 3]);
  assert(!queue.runWhile(() => count === 99, 5), "the time is over");
  assertEquals(count, 5);
  assert(!queue.runWhile(() => count === 99, 100), "nothing is left");
  assertEquals(queue.step(), false);
});

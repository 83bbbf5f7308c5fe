import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Rows } from "../../../lib/core/store/internal/rows.ts";
import { TimeQueue } from "../../../lib/core/store/internal/time_queue.ts";
import { EXPIRY_POSITION, NONE } from "../../../lib/core/store/internal/row_layout.ts";
import { checkProperty } from "../../support/core/property.ts";

const ROWS = 50;

function makeQueue(): TimeQueue {
  const rows = new Rows();
  for (let i = 0; i < ROWS; i++) rows.take();
  return new TimeQueue(rows, EXPIRY_POSITION);
}

const steps = fc.array(
  fc.record({
    row: fc.nat({ max: ROWS - 1 }),
    time: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constant(null), fc.constant(Infinity)),
  }),
  { maxLength: 200, size: "max" },
);

Deno.test("the first is always one of the earliest, after any inserts, moves and removals", () => {
  checkProperty(fc.property(steps, (steps) => {
    const queue = makeQueue();
    const model = new Map<number, number>();
    for (const { row, time } of steps) {
      if (time === null) {
        queue.delete(row);
        model.delete(row);
      } else {
        queue.set(row, time);
        model.set(row, time);
      }
      queue.checkInvariants();
      const earliest = Math.min(...model.values());
      assertEquals([queue.size, queue.firstTime], [model.size, earliest]);
      if (model.size > 0) assertEquals(model.get(queue.first), earliest);
      else assertEquals(queue.first, NONE);
    }
    const times: number[] = [];
    for (; queue.size > 0; queue.delete(queue.first)) times.push(queue.firstTime);
    assertEquals(times, [...model.values()].sort((a, b) => a - b));
  }));
});

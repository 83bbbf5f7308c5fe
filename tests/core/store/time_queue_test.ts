import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Pages } from "../../../lib/core/store/internal/pages.ts";
import { TimeQueue } from "../../../lib/core/store/internal/time_queue.ts";
import { EXPIRY_PLACE, NONE, SLOT_BYTES } from "../../../lib/core/store/internal/row_layout.ts";
import { checkProperty } from "../../support/core/property.ts";

const SLOTS = 50;

function makeHeap(): TimeQueue {
  const records = new Pages(SLOT_BYTES);
  for (let slot = 0; slot < SLOTS; slot++) records.setU32(records.push(), EXPIRY_PLACE, NONE);
  return new TimeQueue(records, EXPIRY_PLACE);
}

const steps = fc.array(
  fc.record({
    slot: fc.nat({ max: SLOTS - 1 }),
    time: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constant(null), fc.constant(Infinity)),
  }),
  { maxLength: 200, size: "max" },
);

Deno.test("the first is always one of the earliest, whatever is put in, moved and taken out", () => {
  checkProperty(fc.property(steps, (steps) => {
    const heap = makeHeap();
    const model = new Map<number, number>();
    for (const { slot, time } of steps) {
      if (time === null) {
        heap.delete(slot);
        model.delete(slot);
      } else {
        heap.set(slot, time);
        model.set(slot, time);
      }
      const earliest = Math.min(...model.values());
      assertEquals([heap.size, heap.firstTime], [model.size, earliest]);
      if (model.size > 0) assertEquals(model.get(heap.first), earliest);
      else assertEquals(heap.first, NONE);
    }
    const times: number[] = [];
    for (; heap.size > 0; heap.delete(heap.first)) times.push(heap.firstTime);
    assertEquals(times, [...model.values()].sort((a, b) => a - b));
  }));
});

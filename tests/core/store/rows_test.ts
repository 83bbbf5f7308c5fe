import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { CELL, GENERATION, NONE } from "../../../lib/core/store/internal/row_layout.ts";
import { Rows } from "../../../lib/core/store/internal/rows.ts";
import { checkProperty } from "../../support/core/property.ts";

Deno.test("slots in use are each taken once, and as many are kept as the highest needs", () => {
  const steps = fc.array(fc.option(fc.nat()), { maxLength: 200, size: "max" });
  checkProperty(fc.property(steps, (steps) => {
    const slots = new Rows();
    const taken = new Map<number, number>();
    const generations = new Set<number>();
    for (const step of steps) {
      const victim = step === null ? undefined : [...taken.keys()][step % taken.size];
      if (victim === undefined) {
        const slot = slots.take();
        assert(!taken.has(slot), "taken twice");
        assertEquals([slots.u32(slot, CELL), slots.lengthOf(slot)], [NONE, 0]);
        const generation = slots.u32(slot, GENERATION);
        assert(!generations.has(generation));
        generations.add(generation);
        slots.setU32(slot, CELL, generation);
        taken.set(slot, generation);
      } else {
        slots.release(victim);
        taken.delete(victim);
      }
      for (const [slot, generation] of taken) assertEquals(slots.u32(slot, CELL), generation);
      assertEquals(slots.end, Math.max(-1, ...taken.keys()) + 1);
    }
  }));
});

Deno.test("a key is held as it was set, and told from others", () => {
  const slots = new Rows();
  const keys = Array.from({ length: 100 }, (_, n) => new Uint8Array(32).fill(n));
  for (const key of keys) slots.setKey(slots.take(), key);
  keys.forEach((key, slot) => {
    assertEquals(slots.key(slot), key);
    assert(slots.holdsKey(slot, key));
    const other = key.slice();
    other[31]! ^= 1;
    assert(!slots.holdsKey(slot, other));
  });
});

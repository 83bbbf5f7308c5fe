import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { CELL, GENERATION, NONE } from "../../../lib/core/store/internal/row_layout.ts";
import { Rows } from "../../../lib/core/store/internal/rows.ts";
import { checkProperty } from "../../support/core/property.ts";

Deno.test("rows in use are each taken once, and as many are kept as the highest needs", () => {
  const steps = fc.array(fc.option(fc.nat()), { maxLength: 200, size: "max" });
  checkProperty(fc.property(steps, (steps) => {
    const rows = new Rows();
    const taken = new Map<number, number>();
    const generations = new Set<number>();
    for (const step of steps) {
      const victim = step === null ? undefined : [...taken.keys()][step % taken.size];
      if (victim === undefined) {
        const row = rows.take();
        assert(!taken.has(row), "taken twice");
        assertEquals([rows.u32(row, CELL), rows.lengthOf(row)], [NONE, 0]);
        const generation = rows.u32(row, GENERATION);
        assert(!generations.has(generation));
        generations.add(generation);
        rows.setU32(row, CELL, generation);
        taken.set(row, generation);
      } else {
        rows.release(victim);
        taken.delete(victim);
      }
      for (const [row, generation] of taken) assertEquals(rows.u32(row, CELL), generation);
      assertEquals(rows.end, Math.max(-1, ...taken.keys()) + 1);
    }
  }));
});

Deno.test("a key is held as it was set, and distinguished from others", () => {
  const rows = new Rows();
  const keys = Array.from({ length: 100 }, (_, n) => new Uint8Array(32).fill(n));
  for (const key of keys) rows.setKey(rows.take(), key);
  keys.forEach((key, row) => {
    assertEquals(rows.key(row), key);
    assert(rows.holdsKey(row, key));
    const other = key.slice();
    other[31]! ^= 1;
    assert(!rows.holdsKey(row, other));
  });
});

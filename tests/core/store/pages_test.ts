import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { PAGE_BYTES_MAX } from "../../../lib/core/limits.ts";
import { Pages } from "../../../lib/core/store/internal/pages.ts";
import { checkProperty } from "../../support/core/property.ts";

Deno.test("items keep what was written to them, however the array grows and shrinks", () => {
  const cases = fc.record({
    itemBytes: fc.constantFrom(8, 24, 64, 328, PAGE_BYTES_MAX / 2 + 8),
    lengths: fc.array(fc.nat({ max: 90 }), { maxLength: 12 }),
  });
  checkProperty(
    fc.property(cases, ({ itemBytes, lengths }) => {
      const pages = new Pages(itemBytes);
      const model: number[] = [];
      let written = 0;
      for (const length of lengths) {
        while (model.length < length) {
          const item = pages.push();
          assertEquals(item, model.length);
          model.push(written += 3);
          pages.setU32(item, 0, written);
          pages.setU32(item, itemBytes / 4 - 1, written);
        }
        for (; model.length > length; model.pop()) pages.pop();
        assertEquals(pages.length, length);
        model.forEach((value, item) => {
          assertEquals([pages.u32(item, 0), pages.u32(item, itemBytes / 4 - 1)], [
            value,
            value,
          ]);
        });
      }
    }),
    100,
  );
});

Deno.test("words, numbers and bytes are the same memory, across pages and for copies", () => {
  const pages = new Pages(64);
  const count = 3 * PAGE_BYTES_MAX / 64;
  for (let i = 0; i < count; i++) {
    pages.setF64(pages.push(), 1, i / 3);
    pages.setU32(i, 0, i);
  }
  pages.copy(count - 1, 7);
  assertEquals([pages.u32(7, 0), pages.f64(7, 1)], [count - 1, (count - 1) / 3]);
  for (const i of [6, 8, 5_000, count - 1]) {
    assertEquals([pages.u32(i, 0), pages.f64(i, 1)], [i, i / 3]);
    const view = new DataView(pages.bytes(i).buffer, pages.offset(i));
    assertEquals(view.getFloat64(8, true), i / 3);
  }
});

Deno.test("a short array takes little memory, an empty one none, a long one as much as it needs", () => {
  const pages = new Pages(64);
  assertEquals(pages.memoryBytes, 0);
  for (let length = 1; length <= 20_000; length++) {
    pages.push();
    assert(pages.memoryBytes <= Math.max(256, 2 * 64 * length, 64 * length + PAGE_BYTES_MAX));
  }
  for (let length = 19_999; length > 0; length--) {
    pages.pop();
    assert(pages.memoryBytes <= Math.max(256, 4 * 64 * length, 64 * length + 2 * PAGE_BYTES_MAX));
  }
  pages.pop();
  assertEquals(pages.memoryBytes, 0);
});

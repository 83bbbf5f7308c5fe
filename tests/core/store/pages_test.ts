import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { PAGE_BYTES_MAX } from "../../../lib/core/limits.ts";
import { Pages } from "../../../lib/core/store/internal/pages.ts";
import { checkProperty } from "../../support/core/property.ts";

Deno.test("records keep what was written to them, however the row grows and shrinks", () => {
  const cases = fc.record({
    recordBytes: fc.constantFrom(8, 24, 64, 328, PAGE_BYTES_MAX / 2 + 8),
    lengths: fc.array(fc.nat({ max: 90 }), { maxLength: 12 }),
  });
  checkProperty(
    fc.property(cases, ({ recordBytes, lengths }) => {
      const pages = new Pages(recordBytes);
      const model: number[] = [];
      let written = 0;
      for (const length of lengths) {
        while (model.length < length) {
          const record = pages.push();
          assertEquals(record, model.length);
          model.push(written += 3);
          pages.setU32(record, 0, written);
          pages.setU32(record, recordBytes / 4 - 1, written);
        }
        for (; model.length > length; model.pop()) pages.pop();
        assertEquals(pages.length, length);
        model.forEach((value, record) => {
          assertEquals([pages.u32(record, 0), pages.u32(record, recordBytes / 4 - 1)], [
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
  const amount = 3 * PAGE_BYTES_MAX / 64;
  for (let i = 0; i < amount; i++) {
    pages.setF64(pages.push(), 1, i / 3);
    pages.setU32(i, 0, i);
  }
  pages.copy(amount - 1, 7);
  assertEquals([pages.u32(7, 0), pages.f64(7, 1)], [amount - 1, (amount - 1) / 3]);
  for (const i of [6, 8, 5_000, amount - 1]) {
    assertEquals([pages.u32(i, 0), pages.f64(i, 1)], [i, i / 3]);
    const view = new DataView(pages.bytes(i).buffer, pages.offset(i));
    assertEquals(view.getFloat64(8, true), i / 3);
  }
});

Deno.test("a short row takes little memory, an empty one none, a long one as much as it needs", () => {
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

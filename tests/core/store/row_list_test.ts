import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Pages } from "../../../lib/core/store/internal/pages.ts";
import { RowList } from "../../../lib/core/store/internal/row_list.ts";
import { NONE, SLOT_BYTES } from "../../../lib/core/store/internal/row_layout.ts";
import { checkProperty } from "../../support/core/property.ts";

Deno.test("slots stand in the order in which they were listed, whichever are taken out", () => {
  const slots = fc.array(fc.nat({ max: 9 }), { maxLength: 60, size: "max" });
  checkProperty(fc.property(slots, (slots) => {
    const records = new Pages(SLOT_BYTES);
    for (let i = 0; i < 10; i++) records.push();
    const list = new RowList(records);
    let model: number[] = [];
    for (const slot of slots) {
      if (model.includes(slot)) {
        list.delete(slot);
        model = model.filter((other) => other !== slot);
      } else {
        list.add(slot);
        model.push(slot);
      }
      assertEquals(list.size, model.length);
      assertEquals([list.oldest, list.newest], [model[0] ?? NONE, model.at(-1) ?? NONE]);
      const found = [];
      for (let at = list.oldest; at !== NONE; at = list.after(at)) found.push(at);
      assertEquals(found, model);
    }
  }));
});

import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { InvariantError } from "../../../lib/core/invariant.ts";
import { NONE } from "../../../lib/core/store/internal/row_layout.ts";
import { RowList } from "../../../lib/core/store/internal/row_list.ts";
import { Rows } from "../../../lib/core/store/internal/rows.ts";
import { checkProperty } from "../../support/core/property.ts";

Deno.test("rows stand in the order in which they were listed, whichever are taken out", () => {
  const toggles = fc.array(fc.nat({ max: 9 }), { maxLength: 60, size: "max" });
  checkProperty(fc.property(toggles, (toggles) => {
    const rows = new Rows();
    for (let i = 0; i < 10; i++) rows.take();
    const list = new RowList(rows);
    let model: number[] = [];
    for (const row of toggles) {
      if (model.includes(row)) {
        list.delete(row);
        model = model.filter((other) => other !== row);
      } else {
        list.add(row);
        model.push(row);
      }
      list.checkInvariants();
      assertEquals(list.size, model.length);
      assertEquals([list.oldest, list.newest], [model[0] ?? NONE, model.at(-1) ?? NONE]);
      const found = [];
      for (let at = list.oldest; at !== NONE; at = list.after(at)) found.push(at);
      assertEquals(found, model);
    }
  }));
});

Deno.test("a row cannot stand in two lists, leave a list twice, or be given back while it is listed", () => {
  const rows = new Rows();
  const list = new RowList(rows);
  const row = rows.take();
  list.add(row);
  assertThrows(() => new RowList(rows).add(row), InvariantError, "one list at most");
  assertThrows(() => rows.release(row), InvariantError, "one list at most");
  list.delete(row);
  assertThrows(() => list.delete(row), InvariantError, "leaves a list");
});

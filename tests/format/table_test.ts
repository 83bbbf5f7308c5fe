import { assertEquals } from "@std/assert";
import { formatTable, formatWrappedRow } from "../../lib/format/table.ts";

Deno.test("the columns of a table are aligned", () => {
  const rows = [["", "a"], ["long", "100"], ["x"]];
  assertEquals(formatTable(rows), ["        a", "long  100", "x"]);
  assertEquals(formatTable(rows, "rl"), ["      a", "long  100", "   x"]);
});

Deno.test("long cells are broken between words", () => {
  assertEquals(formatWrappedRow(["one two three", "unbreakable", ""], [7, 4, 2]), [
    "one two  unbreakable",
    "three",
  ]);
});

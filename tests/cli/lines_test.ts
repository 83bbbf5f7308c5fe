import { assertEquals } from "@std/assert";
import { linesOf } from "../../lib/cli/terminal/lines.ts";

const LENGTH_MAX = 4;

/** The lines of a text that comes in pieces of some length. */
async function linesIn(text: string, length: number): Promise<(string | null)[]> {
  async function* pieces() {
    for (let at = 0; at < text.length; at += length) yield text.slice(at, at + length);
  }
  return await Array.fromAsync(linesOf(pieces(), LENGTH_MAX));
}

Deno.test("a text is cut into lines, however its pieces come; one that is too long is passed over", async () => {
  for (
    const [text, lines] of [
      ["", []],
      ["\n", [""]],
      ["a\n\nbcde\n", ["a", "", "bcde"]],
      ["a\nb", ["a", "b"]],
      ["abcde\nb\n", [null, "b"]],
      ["a\nbcdefghijkl", ["a", null]],
      ["abcdefghijkl\nabcdefg\nx", [null, null, "x"]],
    ] as const
  ) {
    for (let length = 1; length < 10; length++) assertEquals(await linesIn(text, length), lines);
  }
});

import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { IniError, readIniSection } from "../../lib/cli/settings/ini.ts";
import { checkProperty } from "../support/core/property.ts";

function values(text: string): Record<string, string> | null {
  const entries = readIniSection(text, "dht");
  return entries && Object.fromEntries(entries.map(({ key, value }) => [key, value]));
}

Deno.test("values are taken as they stand", () => {
  assertEquals(
    values(`[dht]
a = 127.0.0.1:7402
b=[::1]:7402
  c   =   1.2.3.4:1, [2001:db8::1]:2
d = C:\\keys\\a.pem
e = a=b;c#d
f = true
g =
__proto__x = 1
`),
    {
      a: "127.0.0.1:7402",
      b: "[::1]:7402",
      c: "1.2.3.4:1, [2001:db8::1]:2",
      d: "C:\\keys\\a.pem",
      e: "a=b;c#d",
      f: "true",
      g: "",
      __proto__x: "1",
    },
  );
});

Deno.test("comments and quotes", () => {
  assertEquals(
    values(`; first
[dht] ; the node
# second
a = 1 ; one
b = 2\t# two
c = ; nothing
d = " x ; y " ; quoted
e = ""
`),
    { a: "1", b: "2", c: "", d: " x ; y ", e: "" },
  );
});

Deno.test("only the section counts, and it may be in several parts", () => {
  const text = `HOSTKEY = /x
[gossip]
this is nobody's business [
a = 1
[ dht ]
b = 2
[unclosed
[other]
c = 3
[dht]
d = 4`;
  assertThrows(() => values(text), IniError, '"[unclosed" is not a section');
  assertEquals(values(text.replace("[unclosed\n", "")), { b: "2", d: "4" });
  assertEquals(values(""), null);
  assertEquals(values("[DHT]\na = 1"), null);
  assertEquals(values("[dht]"), {});
});

Deno.test("lines are counted with any line ending", () => {
  for (const end of ["\n", "\r\n", "\r"]) {
    const text = ["\uFEFF; x", "", "[dht]", "", "a = 1", "b = 2"].join(end);
    assertEquals(readIniSection(text, "dht")?.map(({ line }) => line), [5, 6]);
  }
});

Deno.test("a line that is no entry is an error with its number", () => {
  for (
    const [line, message] of [
      ["word", "is not a setting: write key = value"],
      ["= 1", "is not a setting: write key = value"],
      ['a = "x', "do not enclose"],
      ['a = "x" y', "do not enclose"],
    ] as const
  ) {
    const error = assertThrows(() => values(`[dht]\n\n${line}\n`), IniError, message);
    assertEquals(error.line, 3);
  }
});

Deno.test("what is written is read again", () => {
  const keys = fc.stringMatching(/^[a-z_]{1,10}$/);
  const contents = fc.string({ unit: "grapheme" }).filter((text) => !/["\r\n]/.test(text));
  const sections = fc.uniqueArray(fc.tuple(keys, contents), { selector: ([key]) => key });
  const noise = fc.constantFrom("", "; a comment", "# another", "   ");
  checkProperty(fc.property(sections, fc.array(noise), (entries, between) => {
    const lines = entries.map(([key, value], i) => `${between[i] ?? ""}\n${key} = "${value}"`);
    const read = readIniSection(`[other]\n[dht]\n${lines.join("\n")}`, "dht")!;
    assertEquals(read.map(({ key, value }) => [key, value]), entries);
    assertEquals(read.map(({ line }) => line), entries.map((_, i) => 4 + 2 * i));
  }));
});

Deno.test("no text makes the reader do anything but refuse it", () => {
  const likely = fc.string({
    unit: fc.constantFrom("[", "]", "dht", "=", '"', ";", "\n", " ", "a"),
  });
  checkProperty(
    fc.property(fc.oneof(likely, fc.string()), (text) => {
      try {
        readIniSection(`[dht]\n${text}`, "dht");
      } catch (error) {
        if (!(error instanceof IniError)) throw error;
      }
    }),
    2_000,
  );
});

import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../lib/cli/errors.ts";
import { readFlags } from "../../lib/cli/spec/flags.ts";

const SPEC = {
  values: ["config", "ttl"],
  switches: ["loud"],
  letters: { config: "c" },
  positionals: ["KEY", "VALUE"],
};

function read(...args: string[]) {
  const { values, positionals, help } = readFlags(args, SPEC);
  return { values: Object.fromEntries(values), positionals, help };
}

Deno.test("flags and arguments in any order", () => {
  const expected = { values: { config: "x", ttl: "5" }, positionals: ["k", "v"], help: false };
  assertEquals(read("k", "v", "-c", "x", "--ttl", "5"), expected);
  assertEquals(read("--ttl=5", "k", "--config=x", "v"), expected);
  assertEquals(read("-c=x", "k", "--ttl", "5", "--", "v"), expected);
});

Deno.test("arguments stay what they are", () => {
  assertEquals(read("1e3", "-").positionals, ["1e3", "-"]);
  assertEquals(read("k", "").positionals, ["k", ""]);
  assertEquals(read("k", "--", "--ttl").positionals, ["k", "--ttl"]);
});

Deno.test("switches", () => {
  assertEquals(read("k", "v").values, {});
  assertEquals(read("--loud", "k", "v").values, { loud: "true" });
  assertEquals(read("--loud=false", "k", "v").values, { loud: "false" });
  assertEquals(read("--no-loud", "k", "v").values, { loud: "false" });
});

Deno.test("a flag that is a list may be given again", () => {
  const spec = { values: ["via"], lists: ["via"], switches: [], positionals: [] };
  const via = (...args: string[]) => readFlags(args, spec).values.get("via");
  assertEquals(via(), undefined);
  assertEquals(via("--via", "a", "--via=b,c"), "a,b,c");
  assertThrows(() => via("--via", "a", "--via="), UsageError);
});

Deno.test("help needs no arguments", () => {
  assertEquals(read("--help").help, true);
  assertEquals(read("-h", "k", "v", "x").help, true);
});

Deno.test("what does not fit is refused", () => {
  for (
    const [args, message] of [
      [["k"], "VALUE is missing"],
      [[], "KEY is missing"],
      [["k", "v", "w"], 'Unexpected argument "w"'],
      [["k", "v", "--ttl"], "--ttl needs a value"],
      [["k", "v", "--ttl="], "--ttl needs a value"],
      [["k", "v", "--ttl", "1", "--ttl", "2"], "--ttl is given more than once"],
      [["k", "v", "-c", "1", "--config", "2"], "--config is given more than once"],
      [["k", "v", "--tll", "1"], 'Unknown flag "--tll" (did you mean "--ttl"?)'],
      [
        ["k", "-5"],
        'Unknown flag "-5" (an argument that starts with "-" goes after "--")',
      ],
      [["k", "v", "--__proto__=1"], 'Unknown flag "--__proto__"'],
      [["k", "v", "--ttl.a=1"], 'Unknown flag "--ttl.a"'],
    ] as const
  ) {
    const error = assertThrows(() => read(...args), UsageError);
    assertEquals(error.message.startsWith(message), true, error.message);
  }
});

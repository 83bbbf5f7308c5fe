import { assertEquals } from "@std/assert";
import { NODE_FLAGS } from "../../lib/cli/spec/node_flags.ts";
import { flagOf, KEYS } from "../../lib/cli/settings/settings.ts";

const README = await Deno.readTextFile("README.md");
const sorted = (names: Iterable<string>) => [...names].sort();

Deno.test("each setting is a flag, a key of INI files, and a line of the README's table", () => {
  const flags = NODE_FLAGS.map(({ name }) => name).filter((name) => name !== "config");
  assertEquals(sorted(flags), sorted(KEYS.map(flagOf)));
  const table = /^\| key .*\n\|[- |]+\n((?:\|.*\n)+)/m.exec(README)![1]!;
  const named = table.matchAll(/^\| ([^|]+)\|/gm);
  const inTable = [...named].flatMap(([, names]) => [...names!.matchAll(/`(\w+)`/g)]);
  assertEquals(sorted(inTable.map(([, name]) => name!)), sorted(KEYS));
});

import { assertEquals } from "@std/assert";
import { checkImports } from "../../scripts/check/imports.ts";

function check(files: Record<string, string>): string[] {
  return checkImports(new Map(Object.entries(files)));
}

Deno.test("imports that point downwards are fine", () => {
  assertEquals(
    check({
      "main.ts": `import { start } from "./lib/cli/start.ts";`,
      "lib/mod.ts": `export * from "./net/serve.ts";`,
      "lib/cli/start.ts": `import a from "../net/serve.ts"; import c from "../../deno.json";`,
      "lib/net/serve.ts":
        `import a from "../node/node.ts"; import b from "node:crypto"; Deno.cwd();`,
      "lib/sim/world.ts": `import a from "../node/node.ts";`,
      "lib/node/node.ts": `import type { A } from "../core/a.ts";`,
      "lib/core/a.ts": `import b from "./b.ts";`,
      "lib/core/b.ts": ``,
    }),
    [],
  );
});

Deno.test("imports that point upwards or sideways are named with file and line", () => {
  assertEquals(
    check({
      "main.ts": `import "./lib/net/serve.ts";`,
      "lib/mod.ts": `export * from "./cli/start.ts";`,
      "lib/net/a.ts": `\nimport "../sim/a.ts";`,
      "lib/sim/b.ts": `export { a } from "../net/b.ts";`,
      "lib/node/a.ts": `type A = import("../net/b.ts").A;`,
      "lib/core/a.ts": `import type { A } from "../node/b.ts";\nimport "node:crypto";`,
      "lib/other/a.ts": ``,
    }),
    [
      "main.ts:1: main.ts must not import lib/net/serve.ts",
      "lib/mod.ts:1: mod.ts must not import lib/cli/start.ts",
      "lib/net/a.ts:2: net must not import lib/sim/a.ts",
      "lib/sim/b.ts:1: sim must not import lib/net/b.ts",
      "lib/node/a.ts:1: node must not import lib/net/b.ts",
      "lib/core/a.ts:1: core must not import lib/node/b.ts",
      `lib/core/a.ts:2: core imports no packages, but "node:crypto"`,
      'lib/other/a.ts:1: lib has no part "other": add it to the rules, or move the file',
    ],
  );
});

Deno.test("what is private is imported by its owner alone", () => {
  assertEquals(
    check({
      "lib/net/a.ts": `import "../node/parts.ts"; import "../core/store/internal/rows.ts";`,
      "lib/node/a.ts": `import "./parts.ts";`,
      "lib/node/node.ts": `import "./parts.ts";`,
      "lib/core/store/value_store.ts": `import "./internal/rows.ts";`,
      "lib/core/store/internal/rows.ts": `import "./pages.ts";`,
    }),
    [
      "lib/net/a.ts:1: lib/node/parts.ts is private",
      "lib/net/a.ts:1: lib/core/store/internal/rows.ts is private",
      "lib/node/a.ts:1: lib/node/parts.ts is private",
    ],
  );
});

Deno.test("dynamic imports count", () => {
  assertEquals(check({ "lib/core/a.ts": `f(() => import("../net/a.ts"));` }), [
    "lib/core/a.ts:1: core must not import lib/net/a.ts",
  ]);
});

Deno.test("a circle is reported once, with the files on it", () => {
  assertEquals(
    check({
      "lib/core/a.ts": `import "./b.ts";`,
      "lib/core/b.ts": `\nimport "./c.ts";`,
      "lib/core/c.ts": `import type { B } from "./b.ts";`,
    }),
    ["lib/core/c.ts:1: circle: lib/core/b.ts -> lib/core/c.ts -> lib/core/b.ts"],
  );
});

Deno.test("the core names no clock, randomness, runtime or promise", () => {
  const words = [
    "Deno.cwd();",
    "new Date();",
    "Math.random();",
    "crypto.subtle;",
    "performance.now();",
    "setTimeout(f);",
    "setInterval(f);",
    "queueMicrotask(f);",
    "globalThis.x;",
    "async () => {};",
    "await f();",
    "for await (const a of b);",
  ];
  assertEquals(check({ "lib/core/a.ts": words.join("\n") }), [
    "lib/core/a.ts:1: core must not use Deno",
    "lib/core/a.ts:2: core must not use Date",
    "lib/core/a.ts:3: core must not use Math.random",
    "lib/core/a.ts:4: core must not use crypto",
    "lib/core/a.ts:5: core must not use performance",
    "lib/core/a.ts:6: core must not use setTimeout",
    "lib/core/a.ts:7: core must not use setInterval",
    "lib/core/a.ts:8: core must not use queueMicrotask",
    "lib/core/a.ts:9: core must not use globalThis",
    "lib/core/a.ts:10: core must not use async",
    "lib/core/a.ts:11: core must not use await",
    "lib/core/a.ts:12: core must not use await",
  ]);
});

Deno.test("comments, strings and members of that name do not count", () => {
  const text = [
    `// Deno, Date and await`,
    "const a = `Deno ${b}` + 'Date' + /crypto/.source;",
    `clock.performance; const c = { Date: 1, async: 2 }; interface D { crypto: number }`,
  ].join("\n");
  assertEquals(check({ "lib/core/a.ts": text }), []);
});

Deno.test("node and sim name no clock and no runtime, but may wait", () => {
  assertEquals(check({ "lib/node/a.ts": `await Deno.cwd();`, "lib/sim/a.ts": `Date.now();` }), [
    "lib/node/a.ts:1: node must not use Deno",
    "lib/sim/a.ts:1: sim must not use Date",
  ]);
});

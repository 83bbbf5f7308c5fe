import { assert, assertEquals } from "@std/assert";
import { exists } from "../../lib/identity/atomic_file.ts";
import { ROOT } from "../../scripts/common/root.ts";

const HOSTILE = ["hostile", "hostile/timed"];

Deno.test("each test that the threat model names is there", async () => {
  const text = await Deno.readTextFile(`${ROOT}docs/threat-model.md`);
  const names = new Set([...text.matchAll(/`([a-z_/]+_test)`/g)].map(([, name]) => name!));
  const missing: string[] = [];
  for (const name of names) {
    const paths = name.includes("/") ? [name] : HOSTILE.map((folder) => `${folder}/${name}`);
    const found = await Promise.all(paths.map((path) => exists(`${ROOT}tests/${path}.ts`)));
    if (!found.includes(true)) missing.push(name);
  }
  assertEquals(missing, []);
  assert(names.size > 20);
});

import { assertEquals } from "@std/assert";
import { exists } from "../../lib/identity/atomic_file.ts";
import { ROOT } from "../../scripts/common/root.ts";

Deno.test("each test that the threat model names is there", async () => {
  const text = await Deno.readTextFile(`${ROOT}docs/threat-model.md`);
  const names = [...text.matchAll(/`([a-z_/]+_test)`/g)].map(([, name]) => name!);
  const paths = names.map((name) => name.includes("/") ? name : `hostile/${name}`);
  const missing: string[] = [];
  for (const path of new Set(paths)) {
    if (!await exists(`${ROOT}tests/${path}.ts`)) missing.push(path);
  }
  assertEquals(missing, []);
  assertEquals(paths.length > 20, true);
});

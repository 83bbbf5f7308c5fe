import { assert, assertThrows } from "@std/assert";
import { Database } from "../../lib/persist/file/database.ts";
import { DatabaseError } from "../../lib/persist/file/database_file.ts";
import { readKept } from "../../lib/persist/read_kept.ts";

Deno.test("the file of a node that runs is refused at once", () => {
  const folder = Deno.makeTempDirSync();
  const path = `${folder}/kept.db`;
  const database = new Database(path, "ab".repeat(32));
  const start = performance.now();
  assertThrows(() => [...readKept(path, () => {})], DatabaseError, "a node uses it: ask the node");
  const ms = performance.now() - start;
  assert(ms < 2_000, `it took ${ms} ms`);
  database.close();
  Deno.removeSync(folder, { recursive: true });
});

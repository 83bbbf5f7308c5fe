import { assertEquals, assertMatch } from "@std/assert";
import { DENO_RUN } from "../../../scripts/common/deno_run.ts";
import { ROOT } from "../../../scripts/common/root.ts";
import { printedSeed } from "../../support/core/seed.ts";

/** All nodes killed at once are the subject of `persistence_test.ts`. */
const FAULTS = "kill,lose,stop,freeze,join,clock,disk,cut";

Deno.test("real processes under faults keep every promise, for some seconds", async () => {
  const binary = Deno.env.get("VOIDKAD_BINARY");
  const folder = await Deno.makeTempDir({ prefix: "voidkad-test-" });
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...[...DENO_RUN, "--allow-net=127.0.0.1", "--allow-read", "--allow-write", "--allow-run"],
      ...["--allow-env", `${ROOT}scripts/chaos/chaos.ts`, "--seed", `${printedSeed()}`],
      ...["--nodes", "6", "--minutes", "0.08", "--pause", "800", "--down", "2000"],
      ...["--values", "40", "--faults", FAULTS, ...binary ? ["--binary", binary] : []],
    ],
    env: { TMPDIR: folder },
    stdin: "null",
  }).output();
  const output = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  for (const [line] of output.matchAll(/^.* is left out: .*$/gm)) console.log(line);
  assertEquals(code, 0, output);
  assertMatch(output, /\d+ PUTs, \d+ GETs, \d+ without an answer, 0 broken promises\n$/);
  assertEquals([...Deno.readDirSync(folder)], [], "files are left");
  await Deno.remove(folder);
});

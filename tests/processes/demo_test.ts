import { assert, assertEquals, assertMatch } from "@std/assert";
import { DENO_RUN } from "../../scripts/common/deno_run.ts";
import { ROOT } from "../../scripts/common/root.ts";
import { withinTime } from "../support/api_clients.ts";

/** Starts the demo where there is no terminal, on the program under test. */
function startDemo(folder: string, ...flags: readonly string[]): Deno.ChildProcess {
  const binary = Deno.env.get("VOIDKAD_BINARY");
  return new Deno.Command(Deno.execPath(), {
    args: [
      ...DENO_RUN,
      ...["net", "read", "write", "run", "env"].map((name) => `--allow-${name}`),
      `${ROOT}scripts/demo/demo.ts`,
      ...binary ? ["--binary", binary] : [],
      ...flags,
    ],
    env: { TMPDIR: folder },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Whether a process of this id is running; one that is a zombie is not. */
async function isRunning(pid: string): Promise<boolean> {
  try {
    return !/^State:\s+Z/m.test(await Deno.readTextFile(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}

function processIds(stdout: string): string[] {
  return [...stdout.matchAll(/^Node \d+ serves: process (\d+),/gm)].map(([, pid]) => pid!);
}

async function assertGone(pids: readonly string[], folder: string): Promise<void> {
  for (const pid of pids) assert(!await isRunning(pid), `process ${pid} is still there`);
  assertEquals([...Deno.readDirSync(folder)], []);
}

Deno.test("the demo finds all, shows a table, and leaves nothing behind", async () => {
  const folder = await Deno.makeTempDir({ prefix: "voidkad-test-" });
  // The project's own files would do as well, and take three times as long.
  const output = await startDemo(folder, "--folder", `${ROOT}lib/core`).output();
  const stdout = new TextDecoder().decode(output.stdout);
  assertEquals(new TextDecoder().decode(output.stderr), "");
  assertEquals(output.code, 0, stdout);
  const [header, before, after, end] = stdout.split("\n").slice(-4);
  assertMatch(header!, /^ +pieces +found +identical +put median +put p99 +get median +get p99$/);
  const times = "( +[0-9.]+ m?s){4}";
  assertMatch(before!, new RegExp(`^before the kill +(\\d+) +\\1 +\\1${times}$`));
  assertMatch(after!, new RegExp(`^after the kill +(\\d+) +\\1 +\\1${times}$`));
  assertEquals(end, "");
  assertEquals(stdout.replaceAll(/[\n -~]/g, ""), "", "no terminal, no control characters");
  const pids = processIds(stdout);
  assertEquals(pids.length, 10);
  await assertGone(pids, folder);
  await Deno.remove(folder);
});

Deno.test("the demo takes its processes along when it is interrupted", async () => {
  const folder = await Deno.makeTempDir({ prefix: "voidkad-test-" });
  const demo = startDemo(folder);
  let stdout = "";
  let interrupted = false;
  const reading = (async () => {
    for await (const chunk of demo.stdout.pipeThrough(new TextDecoderStream())) {
      stdout += chunk;
      if (interrupted || processIds(stdout).length < 4) continue;
      interrupted = true;
      demo.kill("SIGINT");
    }
  })();
  const [{ code }, stderr] = await withinTime(
    60_000,
    () => Promise.all([demo.status, new Response(demo.stderr).text(), reading]),
  );
  assertEquals([code, stderr], [130, "demo: stopped by SIGINT\n"]);
  await assertGone(processIds(stdout), folder);
  await Deno.remove(folder);
});

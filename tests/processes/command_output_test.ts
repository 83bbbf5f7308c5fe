import { assertEquals, assertMatch } from "@std/assert";
import { newRandom, randomBytes } from "../support/api_clients.ts";
import { hasTerminal, runOnTerminal } from "../support/terminal.ts";
import {
  askOverHttp,
  HTTP_FLAGS,
  program,
  runCommand,
  TestNetwork,
} from "../support/test_node_process.ts";

/** More than the output of a command that should have ended takes. */
const LIMIT_MS = 20_000;

/** Runs a command whose reader goes away after the first bytes, or at once if it need not read any. */
async function runForReader(
  { reads }: { readonly reads: boolean },
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly stderr: string }> {
  const { command, args: before } = program();
  const child = new Deno.Command(command, {
    args: [...before, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), LIMIT_MS);
  const reader = child.stdout.getReader();
  if (reads) await reader.read();
  await reader.cancel();
  const stderr = await new Response(child.stderr).text();
  const { code } = await child.status;
  clearTimeout(timer);
  return { code, stderr };
}

Deno.test("a command ends when nobody reads its output any more", async () => {
  await using network = new TestNetwork();
  const at = askOverHttp(await network.start({ flags: HTTP_FLAGS }));
  const value = randomBytes(newRandom(), 65_495);
  assertEquals((await runCommand(["put", "big", "-", ...at], value)).code, 0);
  const quiet = { code: 0, stderr: "" };
  const results = await Promise.all([
    runForReader({ reads: true }, "status", "--watch", ...at),
    runForReader({ reads: true }, "status", "--watch", "--json", ...at),
    runForReader({ reads: false }, "get", "big", ...at),
    runForReader({ reads: false }, "get", "big", "--json", ...at),
    runForReader({ reads: false }, "explain", "big", ...at),
    runForReader({ reads: false }, "completions", "bash"),
  ]);
  assertEquals(results, results.map(() => quiet));
});

Deno.test({
  name: "output that cannot be written is an error",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const { command, args } = program();
    const full = `exec "$0" "$@" > /dev/full`;
    const { code, stderr } = await new Deno.Command("sh", {
      args: ["-c", full, command, ...args, "--version"],
    }).output();
    assertMatch(new TextDecoder().decode(stderr), /^voidkad: Cannot write the output: No space/);
    assertEquals(code, 1);
  },
});

Deno.test("a value goes to the file that --output names", async () => {
  await using network = new TestNetwork();
  const at = askOverHttp(await network.start({ flags: HTTP_FLAGS }));
  const value = randomBytes(newRandom(), 1_000);
  assertEquals((await runCommand(["put", "binary", "-", ...at], value)).code, 0);
  const file = network.newFolder();
  const written = await runCommand(["get", "binary", "-o", file, ...at]);
  assertEquals(written, { code: 0, stdout: new Uint8Array(0), stderr: "" });
  assertEquals(await Deno.readFile(file), value);
  assertEquals((await runCommand(["get", "binary", "-o", "-", ...at])).stdout, value);
  const missing = await runCommand(["get", "binary", "-o", `${file}/below`, ...at]);
  assertMatch(
    missing.stderr,
    /^voidkad: get: Cannot write "[^"]+": a part of the path is no folder\n$/,
  );
  assertEquals(missing.code, 1);
});

Deno.test("a terminal gets text with an end of line, and nothing that could disturb it", async () => {
  if (!await hasTerminal()) return;
  await using network = new TestNetwork();
  const at = askOverHttp(await network.start({ flags: HTTP_FLAGS }));
  const values = {
    text: "grüß dich",
    lines: "one\ntwo\n",
    steering: "\x1b]0;title\x07",
    bare: "a\rb",
  };
  for (const [key, value] of Object.entries(values)) {
    assertEquals((await runCommand(["put", key, value, ...at])).code, 0);
  }
  const binary = new Uint8Array([0, 1, 0xff]);
  assertEquals((await runCommand(["put", "binary", "-", ...at], binary)).code, 0);

  assertEquals(await runOnTerminal("get", "text", ...at), { code: 0, shown: "grüß dich\n" });
  assertEquals(await runOnTerminal("get", "lines", ...at), { code: 0, shown: "one\ntwo\n" });
  for (const key of ["steering", "bare", "binary"]) {
    const { code, shown } = await runOnTerminal("get", key, ...at);
    assertMatch(shown, /^voidkad: get: the value is not plain text .* use -o FILE .*\n$/);
    assertEquals(code, 1);
    const forced = await runOnTerminal("get", key, "-o", "-", ...at);
    assertEquals(forced.code, 0);
    const through = await runCommand(["get", key, ...at]);
    assertEquals(forced.shown, new TextDecoder().decode(through.stdout));
  }
  const invite = await runOnTerminal("invite", ...at);
  assertMatch(
    invite.shown,
    /^voidkad:\/\/[^\n]+\nThis invite is for this machine alone\. [^\n]+\n$/,
  );
  const piped = await runCommand(["get", "text", ...at]);
  assertEquals(new TextDecoder().decode(piped.stdout), "grüß dich");
});

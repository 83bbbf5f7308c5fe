import { assert, assertEquals, assertMatch } from "@std/assert";
import { bashCompletions } from "../../lib/cli/completions/bash.ts";
import { COMMANDS } from "../../lib/cli/spec/commands.ts";
import { fishCompletions } from "../../lib/cli/completions/fish.ts";
import { formatUsage } from "../../lib/cli/spec/usage.ts";
import { zshCompletions } from "../../lib/cli/completions/zsh.ts";

/** Runs a shell on a script; what it prints, or null if there is no such shell. */
async function shell(name: string, args: string[], script: string): Promise<string | null> {
  const file = await Deno.makeTempFile({ prefix: "voidkad-test-" });
  try {
    await Deno.writeTextFile(file, script);
    const output = await new Deno.Command(name, { args: [...args, file], stdin: "null" }).output();
    assertEquals(new TextDecoder().decode(output.stderr), "");
    assertEquals(output.code, 0);
    return new TextDecoder().decode(output.stdout);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  } finally {
    await Deno.remove(file);
  }
}

/** What bash offers for the last of these words. */
async function completeInBash(...words: string[]): Promise<string[]> {
  const quoted = ["voidkad", ...words].map((word) => `'${word}'`).join(" ");
  const script = `${bashCompletions(COMMANDS)}
COMP_WORDS=(${quoted})
COMP_CWORD=${words.length}
_voidkad
printf '%s\\0' "\${COMPREPLY[@]}"
`;
  const offered = await shell("bash", ["--norc"], script);
  return (offered ?? "").split("\0").filter(Boolean);
}

Deno.test("bash completes commands, flags and values", async () => {
  assertEquals(await completeInBash("pu"), ["put"]);
  assertEquals(await completeInBash(""), [...COMMANDS.map(({ name }) => name), "help"]);
  assertEquals(await completeInBash("put", "--w"), ["--write-quorum"]);
  assertEquals(await completeInBash("--log-level", "w"), ["warn"]);
  assertEquals(await completeInBash("--log-level", ""), ["debug", "info", "warn", "error"]);
  assertEquals(await completeInBash("start", "--log-level", "d"), ["debug"]);
  assertEquals(await completeInBash("completions", "z"), ["zsh"]);
  assertEquals(await completeInBash("help", "expl"), ["explain"]);
  assertEquals(await completeInBash("put", "--ttl", ""), []);
  const folder = await Deno.makeTempDir({ prefix: "voidkad-test-" });
  await Deno.writeTextFile(`${folder}/a b.pem`, "");
  await Deno.mkdir(`${folder}/sub`);
  assertEquals(await completeInBash("ping", "--cert", `${folder}/a`), [`${folder}/a b.pem`]);
  assertEquals(await completeInBash("--data-dir", `${folder}/`), [`${folder}/sub`]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("each shell that is here can read its script", async () => {
  for (
    const [name, script] of [
      ["bash", bashCompletions(COMMANDS)],
      ["zsh", zshCompletions(COMMANDS)],
      ["fish", fishCompletions(COMMANDS)],
    ] as const
  ) {
    const read = await shell(name, ["-n"], script);
    if (read === null) console.log(`no ${name} on this machine`);
    for (const command of COMMANDS) assert(script.includes(command.name));
  }
});

Deno.test("the help of each command has its flags, an example and its exit status, 80 wide", () => {
  for (const command of COMMANDS) {
    const usage = formatUsage(command);
    assertMatch(usage, /^Usage: voidkad /);
    assertMatch(usage, /^Examples:\n {2}voidkad/m);
    assertMatch(usage, /^Exit status: 0/m);
    for (const { name } of command.flags) assertMatch(usage, new RegExp(`^ .*--${name}( |$)`, "m"));
    for (const line of usage.split("\n")) assert(line.length <= 80, line);
  }
});

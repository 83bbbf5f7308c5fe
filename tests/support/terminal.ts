/**
 * Commands on a terminal: a pseudo terminal that `script` of util-linux opens.
 *
 * @module
 */

import { program } from "./test_node_process.ts";

/** Whether there is one to be had; if not, says so. */
export async function hasTerminal(): Promise<boolean> {
  try {
    const { stdout } = await new Deno.Command("script", { args: ["--version"] }).output();
    if (new TextDecoder().decode(stdout).includes("util-linux")) return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  console.log("Tests on a terminal are skipped: they need `script` of util-linux");
  return false;
}

/** Runs a command on a terminal; what that shows, with plain ends of lines, and the exit status. */
export async function runOnTerminal(
  ...words: readonly string[]
): Promise<{ readonly code: number; readonly shown: string }> {
  const { command, args } = program();
  const line = [command, ...args, ...words].map(quote).join(" ");
  const output = await new Deno.Command("script", {
    args: ["--quiet", "--return", "--command", line, "/dev/null"],
    stdin: "null",
  }).output();
  const shown = new TextDecoder().decode(output.stdout).replaceAll("\r\n", "\n");
  return { code: output.code, shown };
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * The program: from the command line to the command.
 *
 * @module
 */

import { reportError, UsageError } from "./lib/cli/errors.ts";
import { COMMANDS, START } from "./lib/cli/spec/commands.ts";
import { exit } from "./lib/cli/terminal/exit.ts";
import { writeText } from "./lib/cli/terminal/output.ts";
import { VERSION } from "./lib/cli/version.ts";

const HELP = ["help", "--help", "-h"];

/** Runs a command line; returns its exit status. */
async function run(args: readonly string[]): Promise<number> {
  const [first = START.name, ...rest] = args;
  try {
    if (HELP.includes(first)) return await help(first === "help" ? rest : []);
    if (first === "--version") return print(`voidkad ${VERSION}\n`);
  } catch (error) {
    return reportError(null, error);
  }
  return first.startsWith("-") ? await runCommand(START.name, args) : await runCommand(first, rest);
}

async function help([name = "help", more]: readonly string[]): Promise<number> {
  if (more !== undefined) {
    return reportError("help", new UsageError(`Unexpected argument "${more}"`));
  }
  if (!HELP.includes(name)) return await runCommand(name, ["--help"]);
  const { formatOverview } = await import("./lib/cli/spec/usage.ts");
  return print(formatOverview(COMMANDS, START));
}

async function runCommand(name: string, args: readonly string[]): Promise<number> {
  const command = COMMANDS.find((one) => one.name === name);
  if (!command) {
    const { suggest } = await import("./lib/cli/spec/suggest.ts");
    const hint = suggest(name, COMMANDS.map((one) => one.name)) || ", see voidkad --help";
    return reportError(null, new UsageError(`Unknown command "${name}"${hint}`));
  }
  try {
    const { readCommandLine } = await import("./lib/cli/spec/command_line.ts");
    const flags = await readCommandLine(command, args);
    if (!flags) return 0;
    const act = await command.load();
    return await act(flags);
  } catch (error) {
    return reportError(name, error);
  }
}

function print(text: string): number {
  writeText(Deno.stdout, text);
  return 0;
}

if (import.meta.main) {
  // The executable trusts no authority, only pinned certificates. Read once, at the first TLS call.
  Deno.env.set("DENO_TLS_CA_STORE", "");
  exit(await run(Deno.args));
}

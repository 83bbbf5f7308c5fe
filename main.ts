/**
 * From the command line to the command.
 *
 * @module
 */

import { COMMANDS, START } from "./lib/cli/spec/commands.ts";
import { reportError, UsageError } from "./lib/cli/errors.ts";
import { writeText } from "./lib/cli/terminal/output.ts";
import { suggest } from "./lib/cli/spec/suggest.ts";
import { formatOverview } from "./lib/cli/spec/usage.ts";
import { VERSION } from "./lib/cli/version.ts";

type Command = (args: readonly string[]) => Promise<number>;

/** Loaded when it is run: a client has no use for the code of a node. */
const LOADERS: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import("./lib/cli/commands/start.ts")).start,
  invite: async () => (await import("./lib/cli/commands/invite.ts")).invite,
  put: async () => (await import("./lib/cli/commands/put.ts")).put,
  get: async () => (await import("./lib/cli/commands/get.ts")).get,
  explain: async () => (await import("./lib/cli/commands/explain.ts")).explain,
  status: async () => (await import("./lib/cli/commands/status.ts")).status,
  ping: async () => (await import("./lib/cli/commands/ping.ts")).ping,
  completions: async () => (await import("./lib/cli/commands/completions.ts")).completions,
};

/** How to ask what there is. */
const HELP = ["help", "--help", "-h"];

/** Runs a command line; returns its exit status. */
async function run(args: readonly string[]): Promise<number> {
  const [first = "start", ...rest] = args;
  if (HELP.includes(first)) return await help(first === "help" ? rest : []);
  if (first === "--version") return print(`voidkad ${VERSION}\n`);
  return first.startsWith("-") ? await runCommand("start", args) : await runCommand(first, rest);
}

async function help([name = "help", more]: readonly string[]): Promise<number> {
  if (more !== undefined) {
    return reportError("help", new UsageError(`Unexpected argument "${more}"`));
  }
  if (!HELP.includes(name)) return await runCommand(name, ["--help"]);
  return print(formatOverview(COMMANDS, START));
}

async function runCommand(name: string, args: readonly string[]): Promise<number> {
  const load = Object.hasOwn(LOADERS, name) ? LOADERS[name] : undefined;
  if (!load) {
    const hint = suggest(name, Object.keys(LOADERS)) || ", see voidkad --help";
    return reportError(null, new UsageError(`Unknown command "${name}"${hint}`));
  }
  try {
    return await (await load())(args);
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
  Deno.exit(await run(Deno.args));
}

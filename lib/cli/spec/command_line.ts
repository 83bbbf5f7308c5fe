/**
 * From what is said about a command to the flags that it was given.
 *
 * @module
 */

import type { CommandSpec, FlagSpec } from "./command_spec.ts";
import { type Flags, type FlagsSpec, readFlags } from "./flags.ts";
import { writeText } from "../terminal/output.ts";
import { formatUsage } from "./usage.ts";

/**
 * Reads the flags and arguments of a command; null if they ask for help, which is then given.
 *
 * @throws {UsageError} for whatever the command does not take.
 */
export function readCommandLine(command: CommandSpec, args: readonly string[]): Flags | null {
  const flags = readFlags(args, flagsSpecOf(command));
  if (!flags.help) return flags;
  writeText(Deno.stdout, formatUsage(command));
  return null;
}

/** What the reading of flags has to know of a command. */
function flagsSpecOf({ flags, arguments: all }: CommandSpec): FlagsSpec {
  const names = (wanted: (flag: FlagSpec) => boolean) =>
    flags.filter(wanted).map(({ name }) => name);
  return {
    values: names(({ value }) => value !== undefined),
    switches: names(({ value }) => value === undefined),
    lists: names(({ list }) => list === true),
    positionals: all.map(({ name }) => name),
    positionalsMin: all.filter(({ optional }) => !optional).length,
  };
}

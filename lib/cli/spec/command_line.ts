/**
 * From the description of a command to the flags and arguments that it was given.
 *
 * @module
 */

import type { CommandSpec, FlagSpec } from "./command_spec.ts";
import { type Flags, type FlagsSpec, readFlags } from "./flags.ts";
import { writeText } from "../terminal/output.ts";

/**
 * Reads the flags and arguments of a command; prints its help and returns null if they ask for that.
 *
 * @throws {UsageError} if the command does not take them.
 */
export async function readCommandLine(
  command: CommandSpec,
  args: readonly string[],
): Promise<Flags | null> {
  const flags = readFlags(args, flagsSpecOf(command));
  if (!flags.help) return flags;
  const { formatUsage } = await import("./usage.ts");
  writeText(Deno.stdout, formatUsage(command));
  return null;
}

function flagsSpecOf({ flags, arguments: all }: CommandSpec): FlagsSpec {
  const names = (wanted: (flag: FlagSpec) => boolean) =>
    flags.filter(wanted).map(({ name }) => name);
  return {
    values: names(({ value }) => value !== undefined),
    switches: names(({ value }) => value === undefined),
    lists: names(({ list }) => list === true),
    letters: Object.fromEntries(
      flags.flatMap(({ name, letter }) => letter === undefined ? [] : [[name, letter]]),
    ),
    positionals: all.map(({ name }) => name),
    positionalsMin: all.filter(({ optional }) => !optional).length,
  };
}

/**
 * How a script begins and ends: flags, help, errors as one line.
 *
 * @module
 */

import { EXIT_FAILURE, EXIT_USAGE, UsageError } from "../../lib/cli/errors.ts";
import { type Flags, readFlags } from "../../lib/cli/spec/flags.ts";
import { writeLine, writeText } from "../../lib/cli/terminal/output.ts";
import { FlagReader } from "./flag_reader.ts";

/** A script as its user sees it. */
export interface ScriptSpec {
  /** The task that runs it. */
  readonly name: string;
  /** What `--help` prints. */
  readonly usage: string;
  /** Flags with a value. */
  readonly values: readonly string[];
  /** Flags without one. */
  readonly switches?: readonly string[];
}

/** What a script does; an exit status, or nothing for 0. */
export type ScriptAction = (
  read: FlagReader,
  flags: Flags,
) => Promise<number | void> | number | void;

/** Runs a script with the flags that the program was given; returns its exit status. */
export async function runScript(
  { name, usage, values, switches = [] }: ScriptSpec,
  act: ScriptAction,
): Promise<number> {
  try {
    const flags = readFlags(Deno.args, { values, switches, positionals: [] });
    if (!flags.help) return await act(new FlagReader(flags), flags) ?? 0;
    writeText(Deno.stdout, usage);
    return 0;
  } catch (error) {
    writeLine(Deno.stderr, `${name}: ${error instanceof Error ? error.message : String(error)}`);
    return error instanceof UsageError ? EXIT_USAGE : EXIT_FAILURE;
  }
}

/**
 * `voidkad completions`: prints a script by which a shell completes the command line.
 *
 * @module
 */

import { bashCompletions } from "../completions/bash.ts";
import { fishCompletions } from "../completions/fish.ts";
import { zshCompletions } from "../completions/zsh.ts";
import { UsageError } from "../errors.ts";
import type { CommandSpec } from "../spec/command_spec.ts";
import type { Flags } from "../spec/flags.ts";
import { writeText } from "../terminal/output.ts";

const SHELLS = { bash: bashCompletions, zsh: zshCompletions, fish: fishCompletions };

/** Runs the command for these commands; returns its exit status. */
export function completions(
  { positionals }: Flags,
  commands: readonly CommandSpec[],
): Promise<number> {
  const [shell] = positionals as [string];
  if (!Object.hasOwn(SHELLS, shell)) {
    throw new UsageError(`"${shell}" is not one of ${Object.keys(SHELLS).join(", ")}`);
  }
  writeText(Deno.stdout, SHELLS[shell as keyof typeof SHELLS](commands));
  return Promise.resolve(0);
}

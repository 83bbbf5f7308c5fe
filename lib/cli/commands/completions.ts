/**
 * `voidkad completions`: prints a script that lets a shell complete the command line.
 *
 * @module
 */

import { bashCompletions } from "../completions/bash.ts";
import { readCommandLine } from "../spec/command_line.ts";
import { COMMANDS, COMPLETIONS } from "../spec/commands.ts";
import { UsageError } from "../errors.ts";
import { fishCompletions } from "../completions/fish.ts";
import { writeText } from "../terminal/output.ts";
import { zshCompletions } from "../completions/zsh.ts";

const SHELLS = { bash: bashCompletions, zsh: zshCompletions, fish: fishCompletions };

/** Runs the command; returns its exit status. */
export function completions(args: readonly string[]): Promise<number> {
  const flags = readCommandLine(COMPLETIONS, args);
  if (!flags) return Promise.resolve(0);
  const [shell] = flags.positionals as [string];
  if (!(shell in SHELLS)) {
    throw new UsageError(`"${shell}" is none of ${Object.keys(SHELLS).join(", ")}`);
  }
  writeText(Deno.stdout, SHELLS[shell as keyof typeof SHELLS](COMMANDS));
  return Promise.resolve(0);
}

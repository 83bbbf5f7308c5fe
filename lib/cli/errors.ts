/**
 * What ends a command: one line on standard error and an exit status.
 *
 * @module
 */

import { writeLine } from "./terminal/output.ts";

/** Exit status for what the user wrote: a flag, an argument, a configuration. */
export const EXIT_USAGE = 2;
/** Exit status for everything else that went wrong. */
export const EXIT_FAILURE = 1;

/** The user wrote something that cannot be meant; the message says where and what. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/**
 * Writes `voidkad: <command>: <what is wrong>` to standard error.
 *
 * @returns the exit status.
 */
export function reportError(command: string | null, error: unknown): number {
  const message = error instanceof Error ? error.message : String(error);
  const start = command === null ? "voidkad" : `voidkad: ${command}`;
  writeLine(Deno.stderr, `${start}: ${message}`);
  return error instanceof UsageError ? EXIT_USAGE : EXIT_FAILURE;
}

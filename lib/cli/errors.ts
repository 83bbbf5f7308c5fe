/**
 * How a command fails: one line on standard error and an exit status.
 *
 * @module
 */

import { logLine } from "./terminal/output.ts";

/** Exit status for a wrong flag, argument or setting. */
export const EXIT_USAGE = 2;
/** Exit status for any other failure. */
export const EXIT_FAILURE = 1;

/** A flag, an argument or a setting is wrong; the message says which and how. */
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
  logLine(Deno.stderr, `${start}: ${message}`);
  return error instanceof UsageError ? EXIT_USAGE : EXIT_FAILURE;
}

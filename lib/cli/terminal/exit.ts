/**
 * The end of the process.
 *
 * @module
 */

import { isTelemetryWanted } from "../telemetry_wanted.ts";

/** How long what the runtime has not closed yet may hold the end up. */
const LINGER_MS = 500;

/**
 * Ends the process with an exit status: at once, or with Deno's exporter on, as soon as nothing is under way.
 *
 * `Deno.exit` stops this thread until the exporter has sent what it has, and the exporter may be waiting for
 * this very thread to observe its figures: then the process never ends. At the end by itself nothing waits.
 */
export function exit(code: number): void {
  if (!isTelemetryWanted()) Deno.exit(code);
  Deno.exitCode = code;
  Deno.unrefTimer(setTimeout(() => Deno.exit(code), LINGER_MS));
}

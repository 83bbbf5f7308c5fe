/**
 * The signals that ask a process to end.
 *
 * @module
 */

import type { Log } from "../../node/ports.ts";

const STOP_SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK", "SIGHUP"]
  : ["SIGINT", "SIGTERM", "SIGHUP"];

/** The exit status of a process that SIGINT ended. */
const EXIT_INTERRUPTED = 130;

/**
 * Listens for signals to stop, until disposed of: the first one resolves `received`, a second one ends
 * the process at once.
 */
export function stopSignal(log: Log): { readonly received: Promise<void> } & Disposable {
  const { promise, resolve } = Promise.withResolvers<void>();
  let asked = false;
  const listener = () => {
    if (asked) Deno.exit(EXIT_INTERRUPTED);
    asked = true;
    log("info", "Closing");
    resolve();
  };
  for (const signal of STOP_SIGNALS) Deno.addSignalListener(signal, listener);
  return {
    received: promise,
    [Symbol.dispose]() {
      for (const signal of STOP_SIGNALS) Deno.removeSignalListener(signal, listener);
    },
  };
}

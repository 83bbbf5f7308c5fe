/**
 * Ends in order when a signal asks for it: what was started is disposed of on the way out.
 *
 * @module
 */

const SIGNALS: readonly Deno.Signal[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** Settles as the task does; fails when a signal comes before. */
export async function untilSignal<T>(task: Promise<T>): Promise<T> {
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const stop = () => reject(new Error("stopped by a signal"));
  for (const signal of SIGNALS) Deno.addSignalListener(signal, stop);
  try {
    return await Promise.race([task, stopped]);
  } finally {
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, stop);
  }
}

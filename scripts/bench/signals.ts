/**
 * Ends in order when a signal asks for it: what was started is disposed of on the way out.
 *
 * @module
 */

const SIGNALS: readonly Deno.Signal[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** Settles as the task does; fails, after calling `onSignal`, when a signal comes before. */
export async function untilSignal<T>(
  task: Promise<T>,
  onSignal: () => void = () => {},
): Promise<T> {
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  task.catch(() => {}); // what becomes of it after a signal is of no interest
  const stop = () => {
    onSignal();
    reject(new Error("stopped by a signal"));
  };
  for (const signal of SIGNALS) Deno.addSignalListener(signal, stop);
  try {
    return await Promise.race([task, stopped]);
  } finally {
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, stop);
  }
}

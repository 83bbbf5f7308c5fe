/**
 * A progress bar on standard error, where that is a terminal.
 *
 * @module
 */

// @ts-types="./cli_progress.d.ts"
import { SingleBar } from "cli-progress";

/** How far something is. */
export interface ProgressBar extends Disposable {
  /** One more is done. */
  step(): void;
}

/** Shows a bar until it is disposed of, then leaves no trace of it. */
export function showProgress(what: string, total: number): ProgressBar {
  if (!Deno.stderr.isTerminal()) return { step: () => {}, [Symbol.dispose]: () => {} };
  const bar = new SingleBar({
    format: `${what} {bar} {value}/{total}`,
    barsize: 40,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    hideCursor: false, // a signal may end the process at once, without a chance to show it again
    clearOnComplete: true,
    gracefulExit: false, // the callers listen for signals themselves
  });
  bar.start(total, 0);
  return { step: () => bar.increment(), [Symbol.dispose]: () => bar.stop() };
}

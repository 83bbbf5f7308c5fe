/**
 * The log of a node: one line per event, with time and level.
 *
 * Lines are written in the background. When they are not read, as by a pager that stands still, those beyond
 * some number are dropped, counted, and reported by the next line that has room again: a log must not stop a
 * node, and peers can make it write.
 *
 * @module
 */

import type { Log, LogLevel } from "../../node/ports.ts";
import { escapeControls } from "./output.ts";
import { type AsyncSink, WriteQueue } from "./write_queue.ts";

/** The levels of the log, the most verbose first. */
export const LOG_LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** How long to wait for lines to be read. */
const FLUSH_LIMIT_MS = 200;

/** Writes the lines of a log from one level on. */
export class LogWriter implements AsyncDisposable {
  readonly #rankMin: number;
  readonly #queue: WriteQueue;
  #dropped = 0;
  /** Lines dropped since one was last written. */
  #unreported = 0;

  constructor(levelMin: LogLevel, sink: AsyncSink) {
    this.#rankMin = LOG_LEVELS.indexOf(levelMin);
    this.#queue = new WriteQueue(sink);
  }

  /** Lines that were dropped since they were not read. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes one line. */
  readonly log: Log = (level, message) => {
    if (LOG_LEVELS.indexOf(level) < this.#rankMin) return;
    const report = this.#unreported === 0 ? "" : format(
      "warn",
      `Dropped ${this.#unreported} line${
        this.#unreported === 1 ? "" : "s"
      } of the log: they were not read`,
    );
    const text = report + format(level, message);
    if (this.#queue.hasRoomFor(text.length)) {
      this.#queue.add(text);
      this.#unreported = 0;
    } else {
      this.#dropped++;
      this.#unreported++;
    }
  };

  /** Gives what was logged a short time to be written. */
  flush(): Promise<void> {
    return this.#queue.flush(FLUSH_LIMIT_MS);
  }

  /** The same as {@linkcode flush}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.flush();
  }
}

function format(level: LogLevel, message: string): string {
  return `${new Date().toISOString()} ${level.padEnd(5)} ${escapeControls(message)}\n`;
}

/**
 * The log of a node: one line each, with time and level.
 *
 * @module
 */

import type { Log, LogLevel } from "../../node/ports.ts";
import { type Sink, writeLine } from "./output.ts";

/** The levels of the log, from the one that says most. */
export const LOG_LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** Makes a log that passes over what is below `levelMin`. */
export function makeLog(levelMin: LogLevel, sink: Sink): Log {
  const rankMin = LOG_LEVELS.indexOf(levelMin);
  return (level, message) => {
    if (LOG_LEVELS.indexOf(level) < rankMin) return;
    writeLine(sink, `${new Date().toISOString()} ${level.padEnd(5)} ${message}`);
  };
}

/**
 * The log of a node: one line per event, with time and level.
 *
 * @module
 */

import type { Log, LogLevel } from "../../node/ports.ts";
import { logLine, type Sink } from "./output.ts";

/** The levels of the log, the most verbose first. */
export const LOG_LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** Makes a log that drops what is below `levelMin`. */
export function makeLog(levelMin: LogLevel, sink: Sink): Log {
  const rankMin = LOG_LEVELS.indexOf(levelMin);
  return (level, message) => {
    if (LOG_LEVELS.indexOf(level) < rankMin) return;
    logLine(sink, `${new Date().toISOString()} ${level.padEnd(5)} ${message}`);
  };
}

/**
 * The offset of a node's clock in words.
 *
 * @module
 */

import { MINUTE_MS, SECOND_MS } from "../../core/units.ts";
import { CLOCK_OFFSET_MAX_MS } from "../limits.ts";

/** Whether a clock is off by more than it takes to tell the operator. */
export function isClockWrong(offsetMs: number): boolean {
  return Math.abs(offsetMs) > CLOCK_OFFSET_MAX_MS;
}

/** An offset as `6 min 5 s behind the network's`: what the own clock lacks makes it behind. */
export function describeOffset(offsetMs: number): string {
  return `${formatSpan(Math.abs(offsetMs))} ${offsetMs > 0 ? "behind" : "ahead of"} the network's`;
}

function formatSpan(ms: number): string {
  if (ms < MINUTE_MS) return `${(ms / SECOND_MS).toFixed(1)} s`;
  const seconds = Math.round(ms / SECOND_MS);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

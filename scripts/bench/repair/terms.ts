/**
 * What all measurements of repair have in common.
 *
 * @module
 */

export const MINUTE_MS = 60_000;
export const REPLICATION = 20;
/** Longer than any measurement. */
export const TTL_MS = 20 * 60 * MINUTE_MS;

/** How long something computes, in milliseconds of a machine that does nothing else. */
export function timeMs(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/**
 * Intervals that are moved a little, so that the nodes of a network do not act all at once.
 *
 * @module
 */

import { JITTER_SHARE } from "./limits.ts";
import type { Random } from "./ports.ts";

/** The interval, moved by up to {@linkcode JITTER_SHARE} of itself either way. */
export function jittered(intervalMs: number, random: Random): number {
  return intervalMs * (1 + JITTER_SHARE * (2 * random.next() - 1));
}

/** The interval, shortened by up to {@linkcode JITTER_SHARE} of itself: for what must happen within it. */
export function shortened(intervalMs: number, random: Random): number {
  return intervalMs * (1 - JITTER_SHARE * random.next());
}

/**
 * Waits for a condition that has no promise to await.
 *
 * @module
 */

import { delay } from "@std/async/delay";

const POLL_MS = 2;

/** Waits until something is so; fails when it is not within the limit. */
export async function waitUntil(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  { limitMs = 120_000, pollMs = POLL_MS }: { limitMs?: number; pollMs?: number } = {},
): Promise<void> {
  const end = performance.now() + limitMs;
  while (!await isSo()) {
    if (performance.now() > end) throw new Error(`Not within ${limitMs / 1_000} s: ${what}`);
    await delay(pollMs);
  }
}

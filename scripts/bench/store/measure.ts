/**
 * Fills a subject with values, reads and overwrites them, and takes the time and the memory.
 *
 * Keys and values are made before the clock runs, a thousand at a time, as frames bring them.
 *
 * @module
 */

import type { TimedValue } from "../../../lib/core/value.ts";
import type { Subject } from "./subjects.ts";

/** How many values, and of what size. */
export interface Load {
  readonly values: number;
  readonly valueBytes: number;
}

/** What one round measured. */
export interface Figures {
  /** Memory of the runtime for each value, heap and buffers, once all garbage is gone. */
  readonly bytesPerValue: number;
  readonly putsPerSecond: number;
  readonly longestPutMs: number;
  /** Puts of a newer version under a key that is held. */
  readonly overwritesPerSecond: number;
  readonly longestOverwriteMs: number;
  /** Memory for each value after all have been overwritten twice. */
  readonly bytesPerValueAfterwards: number;
  readonly getsPerSecond: number;
  /** Gets that copy the value's bytes. */
  readonly readsPerSecond: number;
  /** Removing all values at once. */
  readonly expireMs: number;
}

const HOUR_MS = 3_600_000;
const KEY_BYTES = 32;
const BATCH = 1_000;

/** Measures a subject once. Needs `--v8-flags=--expose-gc`. */
export function measure(makeSubject: () => Subject, load: Load): Figures {
  const before = usedBytes();
  const perValue = (bytes: number) => bytes / load.values;
  const subject = makeSubject();
  const puts = putAll(subject, load, 1);
  const full = usedBytes();
  const farKey = (n: number) => makeKey(n * 7_919 % load.values); // far from the order of the puts
  const getsPerSecond = rateOf(load, farKey, (key) => subject.has(key));
  const isRead = (key: Uint8Array) => subject.valueOf(key)?.length === load.valueBytes;
  const readsPerSecond = rateOf(load, farKey, isRead);
  const overwrites = putAll(subject, load, 2);
  putAll(subject, load, 3);
  const after = usedBytes();
  const start = performance.now();
  const expired = subject.expire(2 * HOUR_MS);
  const expireMs = performance.now() - start;
  if (expired !== load.values) throw new Error(`${expired} of ${load.values} values expired`);
  return {
    bytesPerValue: perValue(full - before),
    putsPerSecond: puts.perSecond,
    longestPutMs: puts.longestMs,
    overwritesPerSecond: overwrites.perSecond,
    longestOverwriteMs: overwrites.longestMs,
    bytesPerValueAfterwards: perValue(after - before),
    getsPerSecond,
    readsPerSecond,
    expireMs,
  };
}

/** Looks at the clock for a while; returns the longest time between two looks, in milliseconds. */
export function longestPauseMs(durationMs: number): number {
  let longestMs = 0;
  const start = performance.now();
  for (let last = start; last - start < durationMs;) {
    const now = performance.now();
    longestMs = Math.max(longestMs, now - last);
    last = now;
  }
  return longestMs;
}

/** Bytes of the heap and its buffers, once all garbage is gone. */
function usedBytes(): number {
  const { gc } = globalThis as { gc?: () => void };
  if (!gc) throw new Error("Cannot collect garbage: run with --v8-flags=--expose-gc");
  for (let i = 0; i < 3; i++) gc();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

/** Puts every value with this stamp. */
function putAll(
  subject: Subject,
  load: Load,
  stamp: number,
): { perSecond: number; longestMs: number } {
  let longestMs = 0;
  const make = (n: number) => makeValue(n, { stamp, valueBytes: load.valueBytes });
  const perSecond = rateOf(load, make, (value, n) => {
    const start = performance.now();
    const isStored = subject.put(value, HOUR_MS / 2 + n % 997);
    longestMs = Math.max(longestMs, performance.now() - start);
    return isStored;
  });
  return { perSecond, longestMs };
}

/** How often a second `each` is done with what `make` makes of each number; `make` is not timed. */
function rateOf<T>(
  { values }: Load,
  make: (n: number) => T,
  each: (made: T, n: number) => boolean,
): number {
  let elapsedMs = 0;
  for (let first = 0; first < values; first += BATCH) {
    const size = Math.min(BATCH, values - first);
    const batch = Array.from({ length: size }, (_, i) => make(first + i));
    const start = performance.now();
    for (let i = 0; i < size; i++) {
      if (!each(batch[i]!, first + i)) {
        throw new Error(`Value ${first + i} was not stored or found`);
      }
    }
    elapsedMs += performance.now() - start;
  }
  return values / elapsedMs * 1_000;
}

/** The `n`th key, in a buffer of its own as it comes from a frame. */
function makeKey(n: number): Uint8Array {
  const key = new Uint8Array(KEY_BYTES);
  for (let i = 0; i < KEY_BYTES; i += 4) {
    const word = Math.imul(n + 1, 0x9e3779b9 + i) ^ Math.imul(n, 0x85ebca6b);
    key.set([word >>> 24, word >>> 16, word >>> 8, word], i);
  }
  key.set([n >>> 24, n >>> 16, n >>> 8, n], KEY_BYTES - 4);
  return key;
}

function makeValue(
  n: number,
  { stamp, valueBytes }: { stamp: number; valueBytes: number },
): TimedValue {
  return {
    key: makeKey(n),
    value: new Uint8Array(valueBytes).fill(n),
    nonce: new Uint8Array(KEY_BYTES),
    ttlMs: HOUR_MS + n % 1_000,
    expiresAt: HOUR_MS + n % 1_000,
    replication: 20,
    stamp,
  };
}

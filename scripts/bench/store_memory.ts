/**
 * Prints what a value store takes at 1,000,000 values of 256 bytes: bytes of memory a value, puts and gets
 * a second, and the longest single put; also while every value is overwritten by a newer one.
 *
 * Keys and values are made before the clock runs, a thousand at a time, as frames bring them. The longest
 * put says little on a machine that is busy with other things: beside it stands how long the machine has
 * kept this program waiting while it did nothing but look at the clock.
 *
 * Run with `deno task bench:store [values] [bytes of each]`.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { sha256 } from "../../lib/hash/sha256.ts";
import type { TimedValue } from "../../lib/core/value.ts";
import type { StoredValue } from "../../lib/core/store/stored_value.ts";
import { ValueStore } from "../../lib/core/store/value_store.ts";

const HOUR_MS = 3_600_000;
const KEY_BYTES = 32;
const BATCH = 1_000;

const amount = readArgument(0, 1_000_000);
const valueBytes = readArgument(1, 256);
const { gc } = globalThis as { gc?: () => void };
if (!gc) {
  console.error("Cannot collect garbage: run with --v8-flags=--expose-gc");
  Deno.exit(2);
}

function readArgument(index: number, standard: number): number {
  const text = Deno.args[index] ?? String(standard);
  if (/^[1-9]\d{0,7}$/.test(text)) return Number(text);
  console.error(`store_memory: "${text}" is no number; usage: [values] [bytes of each]`);
  Deno.exit(2);
}

/** Bytes in use once all garbage is gone: of the heap and of the buffers beside it. */
function usedBytes(): { heap: number; external: number; resident: number } {
  for (let i = 0; i < 3; i++) gc!();
  const { heapUsed, external, rss } = Deno.memoryUsage();
  return { heap: heapUsed, external, resident: rss };
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

function makeValue(n: number, stamp: number): TimedValue {
  return {
    key: makeKey(n),
    value: new Uint8Array(valueBytes).fill(n),
    nonce: new Uint8Array(KEY_BYTES),
    ttlMs: HOUR_MS + n % 1_000,
    replication: 20,
    stamp,
  };
}

/** Goes through all numbers in batches; `each` is timed, `make` is not. Returns the milliseconds. */
function timeAll<T>(make: (n: number) => T, each: (made: T, n: number) => void): number {
  let elapsedMs = 0;
  for (let first = 0; first < amount; first += BATCH) {
    const size = Math.min(BATCH, amount - first);
    const batch = Array.from({ length: size }, (_, i) => make(first + i));
    const start = performance.now();
    for (let i = 0; i < size; i++) each(batch[i]!, first + i);
    elapsedMs += performance.now() - start;
  }
  return elapsedMs;
}

/** Puts every value with this stamp; prints how long that took and the longest single put. */
function putAll(store: ValueStore, stamp: number, what: string): void {
  let longestMs = 0;
  let slow = 0;
  const elapsedMs = timeAll((n) => makeValue(n, stamp), (value, n) => {
    const start = performance.now();
    const { status } = store.put(value, { now: 0, republishAt: HOUR_MS / 2 + n % 997 });
    if (status !== "stored") throw new Error(`Value ${n} was not stored: ${status}`);
    const tookMs = performance.now() - start;
    longestMs = Math.max(longestMs, tookMs);
    if (tookMs > 1) slow++;
  });
  printRate(what, elapsedMs);
  console.log(`longest of the ${what}: ${longestMs.toFixed(1)} ms; above 1 ms: ${slow}`);
}

/** Gets every value, in an order far from that of the puts; `check` is done with each. */
function getAll(store: ValueStore, what: string, check: (value: StoredValue) => boolean): void {
  const elapsedMs = timeAll((n) => makeKey(n * 7_919 % amount), (key, n) => {
    const value = store.get(key, 0);
    if (!value || !check(value)) throw new Error(`Value ${n} was not found`);
  });
  printRate(what, elapsedMs);
}

/** Looks at the clock for a while; prints the longest time between two looks. */
function printPause(durationMs: number): void {
  let longestMs = 0;
  const start = performance.now();
  for (let last = start; last - start < durationMs;) {
    const now = performance.now();
    longestMs = Math.max(longestMs, now - last);
    last = now;
  }
  console.log(`longest pause of this machine in ${durationMs} ms: ${longestMs.toFixed(1)} ms`);
}

function printRate(what: string, elapsedMs: number): void {
  console.log(`${what}: ${Math.round(amount / elapsedMs * 1_000).toLocaleString("en")}/s`);
}

function printMemory(what: string, before: ReturnType<typeof usedBytes>): void {
  const after = usedBytes();
  const perValue = (part: keyof typeof after) => Math.round((after[part] - before[part]) / amount);
  const total = perValue("heap") + perValue("external");
  console.log(
    `${what}: ${total} bytes a value (heap ${perValue("heap")}, buffers ${
      perValue("external")
    }), resident ${perValue("resident")}`,
  );
}

const empty = usedBytes();
const store = new ValueStore({ sha256, seed: randomBytes(8) });
console.log(`${amount.toLocaleString("en")} values of ${valueBytes} bytes`);
printPause(2_000);
putAll(store, 1, "puts");
printMemory("memory", empty);
getAll(store, "gets", () => true);
getAll(store, "gets with the value's bytes", ({ value }) => value.length === valueBytes);
for (const stamp of [2, 3]) putAll(store, stamp, "overwrites");
printMemory("memory after overwriting all twice", empty);

const expiring = performance.now();
const expired = store.expire(2 * HOUR_MS);
console.log(`expiring all ${expired}: ${Math.round(performance.now() - expiring)} ms`);
printMemory("memory left", empty);

/**
 * Prints what a value store takes at 1,000,000 values of 256 bytes: bytes of memory per entry, puts and
 * gets a second, and the longest single put, also while every value is overwritten by a newer one.
 *
 * Run with `deno run --v8-flags=--expose-gc scripts/store_memory.ts [entries] [value bytes]`.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { ValueStore } from "../lib/core/value_store.ts";

const HOUR_MS = 3_600_000;
const KEY_BYTES = 32;

const entries = Number(Deno.args[0] ?? 1_000_000);
const valueBytes = Number(Deno.args[1] ?? 256);
const { gc } = globalThis as { gc?: () => void };
if (!gc) {
  console.error("store_memory: cannot collect garbage: run with --v8-flags=--expose-gc");
  Deno.exit(2);
}

/** Bytes in use once all garbage is gone: of the heap and of the buffers beside it. */
function usedBytes(): { heap: number; external: number; resident: number } {
  for (let i = 0; i < 3; i++) gc!();
  const { heapUsed, external, rss } = Deno.memoryUsage();
  return { heap: heapUsed, external, resident: rss };
}

function sha256(data: Uint8Array): Uint8Array {
  return new Uint8Array(createHash("sha256").update(data).digest());
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

/** Puts every value with this stamp; prints how long that took and the longest single put. */
function putAll(store: ValueStore, stamp: number, what: string): void {
  let longestMs = 0;
  const start = performance.now();
  for (let n = 0, before = start; n < entries; n++) {
    const status = store.put(
      {
        key: makeKey(n),
        value: new Uint8Array(valueBytes).fill(n),
        nonce: new Uint8Array(KEY_BYTES),
        ttlMs: HOUR_MS + n % 1_000,
        replication: 20,
        stamp,
      },
      0,
      HOUR_MS / 2 + n % 997,
      false,
    );
    if (status !== "stored") throw new Error(`Value ${n} was not stored: ${status}`);
    const now = performance.now();
    longestMs = Math.max(longestMs, now - before);
    before = now;
  }
  printRate(what, performance.now() - start);
  console.log(`longest ${what.slice(0, -1)}: ${longestMs.toFixed(1)} ms`);
}

function printRate(what: string, elapsedMs: number): void {
  console.log(`${what}: ${Math.round(entries / elapsedMs * 1_000).toLocaleString("en")}/s`);
}

function printMemory(what: string, before: ReturnType<typeof usedBytes>): void {
  const after = usedBytes();
  const perEntry = (part: keyof typeof after) => Math.round((after[part] - before[part]) / entries);
  const total = perEntry("heap") + perEntry("external");
  console.log(
    `${what}: ${total} bytes an entry (heap ${perEntry("heap")}, buffers ${
      perEntry("external")
    }), resident ${perEntry("resident")}`,
  );
}

const empty = usedBytes();
const store = new ValueStore({ sha256 });
console.log(`${entries.toLocaleString("en")} values of ${valueBytes} bytes`);
putAll(store, 1, "puts");
printMemory("memory", empty);

const start = performance.now();
let found = 0;
for (let n = 0; n < entries; n++) if (store.get(makeKey(n * 7_919 % entries), 0)) found++;
printRate("gets", performance.now() - start);
if (found !== entries) throw new Error(`${found} of ${entries} values found`);

putAll(store, 2, "overwrites");
putAll(store, 3, "overwrites");
printMemory("memory after overwriting all twice", empty);

const expiring = performance.now();
const expired = store.expire(2 * HOUR_MS);
console.log(`expiring all ${expired}: ${Math.round(performance.now() - expiring)} ms`);

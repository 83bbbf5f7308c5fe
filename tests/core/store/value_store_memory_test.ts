import { assert, assertEquals } from "@std/assert";
import { runInNewContext } from "node:vm";
import { setFlagsFromString } from "node:v8";
import type { TimedValue } from "../../../lib/core/value.ts";
import { ValueStore } from "../../../lib/core/store/value_store.ts";
import { SeededRandom } from "../../../lib/sim/random/seeded_random.ts";
import { randomBytes, testContacts } from "../../support/core/contacts.ts";
import { sha256 } from "../../../lib/hash/sha256.ts";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

const keys = testContacts(10).map(({ id }) => id);

function timed(n: number, stamp: number, valueBytes: number): TimedValue {
  const key = keys[n]!;
  const value = new Uint8Array(valueBytes).fill(stamp);
  return { key, value, ttlMs: 3_600_000, expiresAt: 3_600_000, replication: 1, stamp, nonce: key };
}

Deno.test("the memory of overwritten values is released long before they would have expired", async () => {
  const store = new ValueStore({ sha256, seed: new Uint8Array(8) });
  const values: WeakRef<Uint8Array>[] = [];
  for (let stamp = 1; stamp <= 500; stamp++) {
    const value = timed(1, stamp, 60_000);
    values.push(new WeakRef(value.value));
    assertEquals(store.put(value, { now: 0, republishAt: 1_800_000 }).status, "stored");
  }
  await Promise.resolve(); // what a WeakRef was made of is kept until the job ends
  await new Promise((resolve) => setTimeout(resolve));
  collectGarbage();
  const living = values.filter((value) => value.deref()).length;
  assert(living <= 2, `${living} of ${values.length} values are still in memory`);
  assertEquals(store.size, 1);
  assert(store.memoryBytes < 200_000, `${store.memoryBytes} bytes for one value of 60,000`);
});

Deno.test("a store takes no memory before its first value, little with few, none after the last", () => {
  const store = new ValueStore({ sha256, seed: new Uint8Array(8) });
  assertEquals(store.memoryBytes, 0);
  for (let n = 0; n < 10; n++) store.put(timed(n, 1, 100), { now: 0, republishAt: 1_800_000 });
  assert(store.memoryBytes < 5_000, `${store.memoryBytes} bytes for 10 values of 100`);
  assertEquals(store.expire(3_600_000), 10);
  assertEquals(store.memoryBytes, 0);
});

Deno.test("100,000 values of 256 bytes take at most 450 bytes each, also when all are overwritten", () => {
  const store = new ValueStore({ sha256, seed: new Uint8Array(8) });
  for (const stamp of [1, 2]) {
    for (let n = 0; n < 100_000; n++) {
      const key = new Uint8Array(32);
      new DataView(key.buffer).setUint32(0, n);
      store.put({ ...timed(0, stamp, 256), key }, { now: 0, republishAt: 1_800_000 + n % 997 });
    }
    assert(store.memoryBytes <= 45_000_000, `${store.memoryBytes} bytes for 100,000 values`);
  }
});

Deno.test("under long churn of random sizes and lifetimes memory does not creep", () => {
  const store = new ValueStore({ sha256, seed: new Uint8Array(8), bytesMax: 4_000_000 });
  const random = new SeededRandom(20);
  const highest = [0, 0, 0];
  for (let now = 0; now < 60_000; now++) {
    const value = new Uint8Array(1 + random.below(random.below(4_000) + 1));
    const key = randomBytes(random);
    const ttlMs = 1 + random.below(20_000);
    const stored = { key, value, ttlMs, expiresAt: 60_000, replication: 2, stamp: 1, nonce: key };
    store.put(stored, {
      now,
      republishAt: now + random.below(20_000),
      ...random.next() < 0.5 && { cachedMs: ttlMs },
    });
    store.expire(now);
    const third = Math.floor(now / 20_000);
    highest[third] = Math.max(highest[third]!, store.memoryBytes);
  }
  assert(store.bytes > 3_000_000, `only ${store.bytes} bytes are held`);
  assert(highest[1]! < 2 * 4_000_000, `${highest[1]} bytes for 4,000,000`);
  assert(highest[2]! < 1.05 * highest[1]!, `first ${highest[1]} bytes, later ${highest[2]}`);
  store.expire(Infinity);
  assertEquals([store.size, store.bytes, store.memoryBytes], [0, 0, 0]);
});

Deno.test("the queues do not grow with the number of times that values are overwritten", () => {
  const store = new ValueStore({ sha256, seed: new Uint8Array(8) });
  const fill = (stamps: number) => {
    for (let stamp = 1; stamp <= stamps; stamp++) {
      for (let n = 0; n < 10; n++) {
        store.put(timed(n, stamp, 1), { now: 0, republishAt: 1_800_000 - stamp });
      }
    }
  };
  fill(20_000);
  const start = performance.now();
  assertEquals(store.takeDue(1_800_000, { countMax: 100, intervalMs: () => 1 }).length, 10);
  assertEquals(store.expire(3_600_000), 10);
  assert(performance.now() - start < 100, "the queues are full of what is gone");
});

Deno.test("expiring many values at once takes time in proportion to their number", () => {
  const store = new ValueStore({ sha256, seed: new Uint8Array(8) });
  const key = new Uint8Array(32);
  for (let n = 0; n < 50_000; n++) {
    new DataView(key.buffer).setUint32(0, n);
    store.put({ ...timed(0, 1, 1), key: key.slice() }, { now: 0, republishAt: 1_800_000 });
  }
  const start = performance.now();
  assertEquals(store.expire(3_600_000), 50_000);
  assert(performance.now() - start < 2_000);
  assertEquals([store.size, store.bytes], [0, 0]);
});

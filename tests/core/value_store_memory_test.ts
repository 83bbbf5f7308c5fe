import { assert, assertEquals } from "@std/assert";
import { runInNewContext } from "node:vm";
import { setFlagsFromString } from "node:v8";
import type { TimedValue } from "../../lib/core/messages.ts";
import { ValueStore } from "../../lib/core/value_store.ts";
import { testContacts } from "../contacts.ts";
import { sha256 } from "../sha256.ts";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

const keys = testContacts(10).map(({ id }) => id);

function timed(n: number, stamp: number, valueBytes: number): TimedValue {
  const key = keys[n]!;
  const value = new Uint8Array(valueBytes).fill(stamp);
  return { key, value, ttlMs: 3_600_000, replication: 1, stamp, nonce: key };
}

Deno.test("the memory of overwritten values is released long before they would have expired", async () => {
  const store = new ValueStore({ sha256, seed: new Uint8Array(8) });
  const values: WeakRef<Uint8Array>[] = [];
  for (let stamp = 1; stamp <= 500; stamp++) {
    const value = timed(1, stamp, 60_000);
    values.push(new WeakRef(value.value));
    assertEquals(store.put(value, 0, 1_800_000, false), "stored");
  }
  await Promise.resolve(); // what a WeakRef was made of is kept until the job ends
  await new Promise((resolve) => setTimeout(resolve));
  collectGarbage();
  const living = values.filter((value) => value.deref()).length;
  assert(living <= 2, `${living} of ${values.length} values are still in memory`);
  assertEquals(store.size, 1);
});

Deno.test("the queues do not grow with the number of times that values are overwritten", () => {
  const store = new ValueStore({ sha256, seed: new Uint8Array(8) });
  const fill = (stamps: number) => {
    for (let stamp = 1; stamp <= stamps; stamp++) {
      for (let n = 0; n < 10; n++) store.put(timed(n, stamp, 1), 0, 1_800_000 - stamp, false);
    }
  };
  fill(20_000);
  const start = performance.now();
  assertEquals(store.takeDue(1_800_000, 100, () => 1).length, 10);
  assertEquals(store.expire(3_600_000), 10);
  assert(performance.now() - start < 100, "the queues are full of what is gone");
});

Deno.test("expiring many values at once takes time in proportion to their number", () => {
  const store = new ValueStore({ sha256, seed: new Uint8Array(8) });
  const key = new Uint8Array(32);
  for (let n = 0; n < 50_000; n++) {
    new DataView(key.buffer).setUint32(0, n);
    store.put({ ...timed(0, 1, 1), key: key.slice() }, 0, 1_800_000, false);
  }
  const start = performance.now();
  assertEquals(store.expire(3_600_000), 50_000);
  assert(performance.now() - start < 2_000);
  assertEquals([store.size, store.bytes], [0, 0]);
});

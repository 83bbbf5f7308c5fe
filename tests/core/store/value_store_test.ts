import { assert, assertEquals, assertThrows } from "@std/assert";
import { TTL_MAX_MAX_MS, VALUE_BYTES_MAX } from "../../../lib/core/limits.ts";
import type { TimedValue } from "../../../lib/core/value.ts";
import { idKey } from "../../../lib/core/kademlia/node_id.ts";
import { ValueStore, type ValueStoreOptions } from "../../../lib/core/store/value_store.ts";
import { testContact } from "../../support/core/contacts.ts";
import { sha256 } from "../../../lib/hash/sha256.ts";

function makeStore(options: Partial<ValueStoreOptions> = {}): ValueStore {
  return new ValueStore({ sha256, seed: new Uint8Array(8), ...options });
}

/** The `n`th key's value, living for a second. */
function timed(n: number, rest: Partial<TimedValue> = {}): TimedValue {
  return {
    key: testContact(n).id,
    value: Uint8Array.of(n & 0xff),
    ttlMs: 1_000,
    expiresAt: 1_000_000,
    replication: 2,
    stamp: 1,
    nonce: testContact(n).id,
    ...rest,
  };
}

function names(entries: Iterable<{ key: Uint8Array }>): Set<string> {
  return new Set(Array.from(entries, ({ key }) => idKey(key)));
}

function keysOf(...numbers: number[]): Set<string> {
  return names(numbers.map((n) => timed(n)));
}

Deno.test("a value expires to the millisecond", () => {
  const store = makeStore();
  store.put(timed(1, { ttlMs: 250 }), { now: 1_000.5 });
  assert(store.get(timed(1).key, 1_250.4));
  assertEquals(store.expire(1_250.4), 0);
  assertEquals(store.get(timed(1).key, 1_250.5), null);
  assertEquals([...store.entries(1_250.5)], []);
  assertEquals(store.nextExpiry, 1_250.5);
  assertEquals(store.expire(1_250.5), 1);
  assertEquals([store.size, store.bytes, store.nextExpiry], [0, 0, Infinity]);
});

Deno.test("the longest ttl the wire can carry is kept whole", () => {
  const store = makeStore();
  store.put(timed(1, { ttlMs: TTL_MAX_MAX_MS }), { now: 0 });
  assertEquals(store.expire(TTL_MAX_MAX_MS - 1), 0);
  assertEquals(store.expire(TTL_MAX_MAX_MS), 1);
});

Deno.test("a value with a ttl of 0 is refused as expired, one above the size limit as too large", () => {
  const store = makeStore();
  assertEquals(store.put(timed(1, { ttlMs: 0 }), { now: 0 }).status, "expired");
  const value = new Uint8Array(VALUE_BYTES_MAX + 1);
  assertEquals(store.put(timed(1, { value }), { now: 0 }).status, "tooLarge");
  assertEquals(store.put(timed(1, { value: value.subarray(1) }), { now: 0 }).status, "stored");
});

Deno.test("a key or a nonce of another length than 32 is no value: nothing is written beyond its room", () => {
  const store = makeStore();
  for (const wrong of [{ key: new Uint8Array(33) }, { nonce: new Uint8Array(31) }]) {
    assertThrows(() => store.put(timed(1, wrong), { now: 0 }), RangeError, "bytes, not 32");
  }
  assertEquals(store.size, 0);
});

Deno.test("the newest stamp wins in any order, and an older one is refused as older", () => {
  const store = makeStore();
  const value = (n: number) => timed(1, { stamp: n, value: Uint8Array.of(n) });
  assertEquals(store.put(value(5), { now: 0 }).status, "stored");
  assertEquals(store.put(value(4), { now: 0 }).status, "newerHeld");
  assertEquals(store.put(value(6), { now: 0 }).status, "stored");
  assertEquals(store.get(value(0).key, 0)?.stamp, 6);
  assertEquals([store.size, store.bytes], [1, 65]);
});

Deno.test("of equal stamps the value with the larger SHA-256 wins, on every node", () => {
  const values = Array.from({ length: 20 }, (_, n) => timed(1, { value: Uint8Array.of(n) }));
  const [largest] = values.map(({ value }) => value)
    .sort((a, b) => idKey(sha256(a)) < idKey(sha256(b)) ? 1 : -1);
  for (const order of [values, values.toReversed()]) {
    const store = makeStore();
    for (const value of order) store.put(value, { now: 0 });
    assertEquals(store.get(values[0]!.key, 0)?.value, largest);
  }
});

Deno.test("a value that has expired stands in nobody's way", () => {
  const store = makeStore();
  store.put(timed(1, { stamp: 9 }), { now: 0 });
  assertEquals(store.put(timed(1, { stamp: 1 }), { now: 1_000 }).status, "stored");
  assertEquals(store.get(timed(1).key, 1_000)?.stamp, 1);
});

Deno.test("republication never prolongs or shortens a ttl", () => {
  const store = makeStore();
  store.put(timed(1, { ttlMs: 500 }), { now: 0 });
  for (const ttlMs of [1, 100, 500, 4_000_000]) {
    assertEquals(store.put(timed(1, { ttlMs }), { now: 100 }).status, "stored");
    assertEquals(store.put(timed(1, { ttlMs }), { now: 100, cachedMs: ttlMs }).status, "stored");
    assertEquals(store.get(timed(1).key, 100)?.expiresAt, 500);
  }
});

Deno.test("republication does not prolong the ttl of a replica that was made a cached value", () => {
  const store = makeStore();
  store.put(timed(1, { ttlMs: 500 }), { now: 0 });
  store.demote(store.get(timed(1).key, 0)!, Infinity);
  store.put(timed(1, { ttlMs: 500 }), { now: 100 });
  const entry = store.get(timed(1).key, 100);
  assertEquals([entry?.isCached, entry?.expiresAt], [false, 500]);
});

Deno.test("a cached value that becomes a replica gets its real TTL and is republished", () => {
  const store = makeStore();
  store.put(timed(1), { now: 0, republishAt: 50, cachedMs: 60 });
  assertEquals(store.nextRepublication, Infinity);
  store.put(timed(1, { ttlMs: 1_000, replication: 5 }), { now: 10, republishAt: 500 });
  const entry = store.get(timed(1).key, 10)!;
  assertEquals([entry.isCached, entry.expiresAt, entry.replication], [false, 1_010, 5]);
  assertEquals(store.nextRepublication, 500);
  assertEquals(store.takeDue(499, { countMax: 9, intervalMs: () => 100 }), []);
  assertEquals(names(store.takeDue(500, { countMax: 9, intervalMs: () => 100 })), names([entry]));
});

Deno.test("a full store refuses replicas and keeps what it has", () => {
  const store = makeStore({ entriesMax: 2 });
  store.put(timed(1), { now: 0 });
  store.put(timed(2), { now: 0 });
  assertEquals(store.put(timed(3), { now: 0 }).status, "full");
  assertEquals(names(store.entries(0)), keysOf(1, 2));
  assertEquals(store.put(timed(2, { stamp: 2 }), { now: 0 }).status, "stored");
});

Deno.test("a full store drops what has expired first, then cached values, the oldest first", () => {
  const store = makeStore({ entriesMax: 4 });
  store.put(timed(1, { ttlMs: 10 }), { now: 0 });
  for (const n of [2, 3]) store.put(timed(n), { now: 0, cachedMs: 1_000 });
  store.put(timed(4), { now: 0 });
  store.put(timed(5), { now: 10 });
  assertEquals(names(store.entries(10)), keysOf(2, 3, 4, 5));
  store.put(timed(6), { now: 10 });
  assertEquals(names(store.entries(10)), keysOf(3, 4, 5, 6));
});

Deno.test("the cap counts bytes too: a large value makes several cached values go", () => {
  const store = makeStore({ bytesMax: 5 * 100 });
  const value = new Uint8Array(36);
  for (const n of [1, 2, 3, 4, 5]) {
    store.put(timed(n, { value }), { now: 0, ...n > 2 && { cachedMs: 1_000 } });
  }
  assertEquals(store.bytes, 500);
  const large = new Uint8Array(36 + 200);
  assertEquals(store.put(timed(6, { value: large }), { now: 0 }).status, "stored");
  assertEquals(names(store.entries(0)), keysOf(1, 2, 6));
  assertEquals(store.bytes, 500);
});

Deno.test("a value that is refused as full has displaced no cached value", () => {
  const store = makeStore({ bytesMax: 3 * 100 });
  const value = new Uint8Array(36);
  for (const n of [1, 2, 3]) {
    store.put(timed(n, { value }), { now: 0, ...n > 1 && { cachedMs: 1_000 } });
  }
  const large = new Uint8Array(300);
  assertEquals(store.put(timed(4, { value: large }), { now: 0 }).status, "full");
  assertEquals(names(store.entries(0)), keysOf(1, 2, 3));
});

Deno.test("a newer version of a held value needs only the room that it needs more", () => {
  const store = makeStore({ bytesMax: 2 * 100 });
  const sized = (n: number, length: number, stamp = 1) =>
    timed(n, { stamp, value: new Uint8Array(length) });
  store.put(sized(1, 36), { now: 0 });
  store.put(sized(2, 30), { now: 0 });
  assertEquals(store.put(sized(1, 42, 2), { now: 0 }).status, "stored");
  assertEquals(store.put(sized(1, 43, 3), { now: 0 }).status, "full");
  assertEquals(store.get(timed(1).key, 0)?.stamp, 2);
  assertEquals(store.bytes, 200);
});

Deno.test("a replica is due when its time comes, at most so many at once, and again after the interval", () => {
  const store = makeStore();
  for (const n of [1, 2, 3]) store.put(timed(n), { now: 0, republishAt: 100 + n });
  store.put(timed(4), { now: 0, republishAt: 100, cachedMs: 1_000 });
  assertEquals(store.takeDue(100, { countMax: 9, intervalMs: () => 50 }), []);
  assertEquals(names(store.takeDue(102, { countMax: 9, intervalMs: () => 50 })), keysOf(1, 2));
  assertEquals(store.nextRepublication, 103);
  assertEquals(names(store.takeDue(500, { countMax: 2, intervalMs: () => 50 })).size, 2);
  assertEquals(names(store.takeDue(500, { countMax: 2, intervalMs: () => 50 })).size, 1);
  assertEquals(store.takeDue(500, { countMax: 2, intervalMs: () => 50 }), []);
  assertEquals(store.nextRepublication, 550);
});

Deno.test("what another node has republished is not due here until later", () => {
  const store = makeStore();
  store.put(timed(1), { now: 0, republishAt: 100 });
  store.put(timed(1), { now: 50, republishAt: 160 });
  store.put(timed(1), { now: 60, republishAt: 130 });
  assertEquals(store.takeDue(159, { countMax: 9, intervalMs: () => 50 }), []);
  assertEquals(store.takeDue(160, { countMax: 9, intervalMs: () => 50 }).length, 1);
});

Deno.test("a value that expires before it is due is not republished", () => {
  const store = makeStore();
  store.put(timed(1, { ttlMs: 100 }), { now: 0, republishAt: 100 });
  assertEquals(store.nextRepublication, Infinity);
  assertEquals(store.takeDue(100, { countMax: 9, intervalMs: () => 50 }), []);
});

Deno.test("replicas scheduled earlier are due at the time given, unless they were due before", () => {
  const store = makeStore();
  store.put(timed(1), { now: 0, republishAt: 900 });
  store.put(timed(2), { now: 0, republishAt: 100 });
  store.put(timed(3), { now: 0, republishAt: 900, cachedMs: 1_000 });
  store.put(timed(4), { now: 0, republishAt: 2_000 }); // would have expired before it was due
  for (const entry of store.entries(0)) store.scheduleEarlier(entry, 500);
  assertEquals(store.nextRepublication, 100);
  assertEquals(names(store.takeDue(499, { countMax: 9, intervalMs: () => 5_000 })), keysOf(2));
  assertEquals(names(store.takeDue(500, { countMax: 9, intervalMs: () => 5_000 })), keysOf(1, 4));
});

Deno.test("many replicas scheduled earlier again and again are all due in time, once", () => {
  const store = makeStore();
  for (let n = 0; n < 3_000; n++) store.put(timed(n), { now: 0, republishAt: 900 });
  for (const time of [800, 700, 650, 600]) {
    for (const entry of store.entries(0)) store.scheduleEarlier(entry, time);
  }
  assertEquals(store.takeDue(599, { countMax: Infinity, intervalMs: () => 5_000 }).length, 0);
  assertEquals(store.takeDue(600, { countMax: Infinity, intervalMs: () => 5_000 }).length, 3_000);
  assertEquals(store.takeDue(999, { countMax: Infinity, intervalMs: () => 5_000 }).length, 0);
});

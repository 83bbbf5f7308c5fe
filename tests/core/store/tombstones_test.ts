import { assert, assertEquals } from "@std/assert";
import { ValueStore } from "../../../lib/core/store/value_store.ts";
import { sha256 } from "../../../lib/hash/sha256.ts";
import { testContact } from "../../support/core/contacts.ts";

function timed(n: number, stamp: number, ttlMs: number) {
  const { id } = testContact(n);
  const times = { ttlMs, stamp, expiresAt: 1_000_000 };
  return { key: id, value: Uint8Array.of(stamp), ...times, replication: 2, nonce: id };
}

function makeStore(tombstonesMax?: number): ValueStore {
  const seed = new Uint8Array(8);
  return new ValueStore({ sha256, seed, ...tombstonesMax !== undefined && { tombstonesMax } });
}

Deno.test("a version that ends before the one that it replaced keeps that one away until its end", () => {
  const store = makeStore();
  const { key } = timed(1, 1, 0);
  store.put(timed(1, 1, 1_000), { now: 0 });
  store.put(timed(1, 2, 100), { now: 0 });
  store.expire(100);
  assertEquals([store.size, store.get(key, 100)], [0, null]);
  const again = store.put(timed(1, 1, 900), { now: 100 });
  assertEquals([again.status, again.held], ["newerHeld", null]);
  assertEquals(store.put(timed(1, 2, 50), { now: 100 }).status, "stored", "the same again");
  store.expire(150);
  assertEquals(store.nextExpiry, 1_000);
  store.expire(1_000);
  assertEquals(store.bytes, 0);
  assertEquals(store.put(timed(1, 1, 10), { now: 1_000 }).status, "stored", "it may be old now");
});

Deno.test("a replica that is retired is gone, and refused until its end; a newer one is taken", () => {
  const store = makeStore();
  const { key } = timed(1, 1, 0);
  const { held } = store.put(timed(1, 2, 1_000), { now: 0 });
  store.retire(held!);
  assertEquals([store.size, store.get(key, 1)], [0, null]);
  assert(store.hasReplaced({ key, stamp: 2 }, 1));
  assert(!store.hasReplaced({ key, stamp: 3 }, 1));
  assertEquals(store.put(timed(1, 2, 999), { now: 1 }).status, "newerHeld");
  assertEquals(store.put(timed(1, 3, 10), { now: 2 }).status, "stored");
  assert(!store.hasReplaced({ key, stamp: 2 }, 3), "there is something left of it");
  store.expire(1_000);
  assertEquals(store.bytes, 0);
});

Deno.test("a version that outlives the one that it replaced leaves nothing behind", () => {
  const store = makeStore();
  store.put(timed(1, 1, 100), { now: 0 });
  store.put(timed(1, 2, 100), { now: 1 });
  store.expire(101);
  assertEquals([store.bytes, store.nextExpiry], [0, Infinity]);
});

Deno.test("of many tombstones the first goes, and all are counted in bytes", () => {
  const store = makeStore(3);
  for (const n of [1, 2, 3, 4]) {
    store.put(timed(n, 1, 1_000), { now: 0 });
    store.put(timed(n, 2, 10), { now: 0 });
  }
  store.expire(10);
  assertEquals([store.size, store.bytes], [0, 3 * 48]);
  const statuses = [1, 2, 3, 4].map((n) => store.put(timed(n, 1, 500), { now: 10 }).status);
  assertEquals(statuses, ["stored", "newerHeld", "newerHeld", "newerHeld"]);
});

Deno.test("a version that replaces one of more replicas, or refuses one, wants as many", () => {
  const store = makeStore();
  const { key } = timed(1, 1, 0);
  store.put({ ...timed(1, 2, 100), replication: 5 }, { now: 0 });
  store.put({ ...timed(1, 3, 100), replication: 1 }, { now: 0 });
  assertEquals([store.get(key, 0)!.replication, store.get(key, 0)!.hasConflict], [5, true]);
  assertEquals(store.put({ ...timed(1, 1, 100), replication: 8 }, { now: 0 }).status, "newerHeld");
  assertEquals(store.get(key, 0)!.replication, 8);
  store.settle(store.get(key, 0)!);
  assert(!store.get(key, 0)!.hasConflict);
});

Deno.test("a demoted value ends early, and has all of its lifetime again as a replica", () => {
  const store = makeStore();
  const { key } = timed(1, 1, 0);
  store.put(timed(1, 1, 10_000), { now: 0 });
  store.demote(store.get(key, 0)!, 60);
  assertEquals([store.get(key, 59)?.isCached, store.get(key, 60)], [true, null]);
  store.put(timed(1, 1, 9_950), { now: 50 });
  assertEquals([store.get(key, 50)!.isCached, store.get(key, 50)!.expiresAt], [false, 10_000]);
});

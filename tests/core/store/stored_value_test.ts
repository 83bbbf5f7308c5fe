import { assert, assertEquals, assertThrows } from "@std/assert";
import type { TimedValue } from "../../../lib/core/value.ts";
import type { StoredValue } from "../../../lib/core/store/stored_value.ts";
import { ValueStore } from "../../../lib/core/store/value_store.ts";
import { testContacts } from "../../support/core/contacts.ts";
import { sha256 } from "../../../lib/hash/sha256.ts";

const keys = testContacts(5).map(({ id }) => id);

function timed(n: number, stamp: number): TimedValue {
  const key = keys[n]!;
  const value = new Uint8Array(256).fill(16 * stamp + n);
  const times = { ttlMs: 1_000 * stamp, stamp, expiresAt: 50_000 + stamp };
  return { key, value, ...times, replication: 3, nonce: value.slice(0, 32) };
}

/** A store of five values of the first stamp. */
function filledStore(): ValueStore {
  const store = new ValueStore({ sha256, seed: new Uint8Array(8) });
  keys.forEach((_, n) => store.put(timed(n, 1), { now: 0 }));
  return store;
}

function assertGone(entry: StoredValue): void {
  assert(!entry.isHeld);
  const uses: (() => unknown)[] = [
    () => entry.key,
    () => entry.value,
    () => entry.nonce,
    () => entry.stamp,
    () => entry.expiresAt,
    () => entry.isOnlyHolder,
    () => entry.isOnlyHolder = true,
    () => entry.hasConflict = true,
  ];
  for (const use of uses) assertThrows(use, Error, "it is not held any more");
}

Deno.test("a handle shows what was stored, and what is said of it holds for all handles", () => {
  const store = filledStore();
  const entry = store.get(keys[2]!, 0)!;
  const { key, value, nonce, stamp } = timed(2, 1);
  assertEquals([entry.key, entry.value, entry.nonce], [key, value, nonce]);
  assertEquals([entry.stamp, entry.replication, entry.expiresAt], [stamp, 3, 1_000]);
  const { ttlMs: _, ...replica } = timed(2, 1);
  assertEquals(entry.replica, replica);
  assertEquals([entry.isCached, entry.isOnlyHolder, entry.hasConflict], [false, false, false]);
  entry.isOnlyHolder = entry.hasConflict = true;
  const other = store.get(keys[2]!, 0)!;
  assertEquals([other.isOnlyHolder, other.hasConflict, other.isCached], [true, true, false]);
  other.isOnlyHolder = false;
  assertEquals([entry.isOnlyHolder, entry.hasConflict], [false, true]);
  assertEquals(store.get(keys[1]!, 0)!.hasConflict, false);
});

Deno.test("a handle tells a newer version, which may have the same row, from its own", () => {
  const store = filledStore();
  const entry = store.get(keys[2]!, 0)!;
  store.put(timed(2, 2), { now: 0 });
  assertGone(entry);
  assertEquals(store.get(keys[2]!, 0)!.stamp, 2);
  store.demote(entry, 0);
  assert(!store.get(keys[2]!, 0)!.isCached);
});

Deno.test("a handle of what has expired shows no value that was stored there later", () => {
  const store = filledStore();
  const entries = [...store.entries(0)];
  store.expire(1_000);
  entries.forEach(assertGone);
  keys.forEach((_, n) => store.put(timed(n, 3), { now: 1_000 }));
  entries.forEach(assertGone);
});

Deno.test("a handle stays with its value when the bytes move since others are removed", () => {
  const store = filledStore();
  const last = store.get(keys[4]!, 0)!;
  for (const n of [0, 1]) store.put({ ...timed(n, 2), value: new Uint8Array(1) }, { now: 0 });
  assert(last.isHeld);
  assertEquals([last.key, last.value, last.nonce], [
    keys[4],
    timed(4, 1).value,
    timed(4, 1).nonce,
  ]);
});

Deno.test("bytes that were handed out, or put, are the caller's own", () => {
  const store = filledStore();
  const put = timed(2, 2);
  store.put(put, { now: 0 });
  put.value.fill(0);
  put.nonce.fill(0);
  const { key, value, nonce } = store.get(keys[2]!, 0)!;
  store.expire(1_000_000);
  keys.forEach((_, n) => store.put(timed(n, 4), { now: 0 }));
  assertEquals([key, value, nonce], [keys[2], timed(2, 2).value, timed(2, 2).nonce]);
  value.fill(0);
  assertEquals(store.get(keys[2]!, 0)!.value, timed(2, 4).value);
});

import { assert, assertEquals } from "@std/assert";
import { ValueStore } from "../../../lib/core/store/value_store.ts";
import type { Replica } from "../../../lib/core/value.ts";
import { sha256 } from "../../../lib/hash/sha256.ts";
import { SeededRandom } from "../../../lib/sim/random/seeded_random.ts";
import { bytesOf, textOf } from "../../support/values.ts";

/** Notes what a store has kept, as a file would. */
class Noted {
  readonly held = new Map<number, string>();
  #next = 1;

  keep({ key, stamp, expiresAt }: Replica): number {
    this.held.set(this.#next, `${key[0]} ${stamp} ${expiresAt}`);
    return this.#next++;
  }

  forget(row: number): void {
    assert(this.held.delete(row), `row ${row} is forgotten once`);
  }
}

function replicasOf(store: ValueStore, now: number): string[] {
  return [...store.entries(now)].filter(({ isCached }) => !isCached)
    .map(({ replica }) => `${replica.key[0]} ${replica.stamp} ${replica.expiresAt}`).sort();
}

Deno.test("a keeper knows the replicas of its store after each change, and no others", () => {
  const random = new SeededRandom(41);
  const keeper = new Noted();
  const store = new ValueStore({
    sha256,
    seed: new Uint8Array(8),
    entriesMax: 12,
    keeper,
  });
  for (let now = 0; now < 3_000; now++) {
    const value = {
      key: new Uint8Array(32).fill(random.below(20)),
      value: new Uint8Array(1 + random.below(50)),
      stamp: random.below(5),
      nonce: new Uint8Array(32),
      replication: 3,
      ttlMs: 1 + random.below(200),
      expiresAt: random.below(5_000),
    };
    const { held } = store.put(value, { now, ...random.below(3) === 0 && { cachedMs: 100 } });
    if (held && random.below(5) === 0) store.demote(held, Infinity);
    store.expire(now);
    assertEquals([...keeper.held.values()].sort(), replicasOf(store, now));
  }
  store.checkInvariants();
});

Deno.test("replicas that are not kept are gone through once, also when all are to be kept anew", () => {
  const keeper = new Noted();
  const store = new ValueStore({ sha256, seed: new Uint8Array(8), keeper });
  for (let n = 0; n < 5; n++) {
    const key = new Uint8Array(32).fill(n);
    const value = {
      key,
      value: key,
      stamp: 1,
      nonce: key,
      replication: 1,
      ttlMs: 100,
      expiresAt: 100,
    };
    store.put(value, { now: 0, ...n < 2 && { keptAs: 70 + n } });
  }
  const numbers = () => {
    let next = 90;
    return Array.from(store.unkept(0, () => next++), ({ keptAs }) => keptAs);
  };
  assertEquals(numbers(), []);
  store.forgetKept();
  assertEquals(numbers(), [90, 91, 92, 93, 94]);
  assertEquals(numbers(), []);
});

Deno.test("what was read back and seems to have ended gives way to a newer version, and to no other", () => {
  for (
    const [what, given, status, text] of [
      ["an older version", { stamp: 1, replication: 3 }, "newerHeld", "read back"],
      [
        "an older one, cached",
        { stamp: 1, replication: 3, cachedMs: 50 },
        "newerHeld",
        "read back",
      ],
      ["the same, cached", { stamp: 2, replication: 3, cachedMs: 50 }, "stored", "read back"],
      ["a newer version", { stamp: 3, replication: 3 }, "stored", "given"],
    ] as const
  ) {
    const keeper = new Noted();
    const store = new ValueStore({ sha256, seed: new Uint8Array(8), keeper });
    const key = new Uint8Array(32);
    const times = { stamp: 2, expiresAt: 100 };
    const replica = { key, nonce: key, value: bytesOf("read back"), replication: 3, ...times };
    store.put({ ...replica, ttlMs: -100 }, { now: 0, keptAs: 70 });
    keeper.held.set(70, "");
    const { cachedMs, ...version } = { cachedMs: undefined, ...given };
    const value = given.stamp === 2 ? replica.value : bytesOf("given");
    const other = { ...replica, ...version, value, ttlMs: 50 };
    assertEquals(store.put(other, { now: 0, ...cachedMs && { cachedMs } }).status, status, what);
    store.moveRestored(200, 0, 100);
    const held = store.get(key, 60 - (text === "given" ? 20 : 0));
    assertEquals([textOf(held?.value), held?.isCached], [text, false], what);
    assertEquals(keeper.held.has(70), text === "read back", what);
  }
});

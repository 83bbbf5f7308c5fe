import { assert, assertEquals } from "@std/assert";
import { saltOf, tagOf } from "../../../lib/core/repair/version.ts";
import type { ReplicaInPlace } from "../../../lib/core/store/replica_watcher.ts";
import { ValueStore } from "../../../lib/core/store/value_store.ts";
import { sha256 } from "../../../lib/hash/sha256.ts";
import { SeededRandom } from "../../../lib/sim/random/seeded_random.ts";
import { randomBytes } from "../../support/core/contacts.ts";
import { printedSeed } from "../../support/core/seed.ts";

/** A replica as text. */
function describe(
  { row, valueBytes, stamp, bytes, keyAt, replication, tag, salt }: ReplicaInPlace,
): string {
  return [row, valueBytes, stamp, bytes.subarray(keyAt, keyAt + 32), replication, tag, salt].join();
}

function expectedOf(store: ValueStore, now: number): string[] {
  return [...store.entries(now)].filter(({ isCached }) => !isCached).map((entry) =>
    describe({
      row: entry.row,
      valueBytes: entry.value.length,
      stamp: entry.stamp,
      bytes: entry.key,
      keyAt: 0,
      replication: entry.replication,
      tag: tagOf(entry),
      salt: saltOf(entry),
    })
  ).sort();
}

Deno.test("a watcher knows the replicas of its store after each change, as does who goes through all", () => {
  const random = new SeededRandom(printedSeed());
  const keys = Array.from({ length: 20 }, () => randomBytes(random));
  const held = new Set<string>();
  const store = new ValueStore({
    sha256,
    seed: new Uint8Array(8),
    entriesMax: 15,
    watcher: {
      onCame: (replica) => void held.add(describe(replica)),
      onGone: (replica) => {
        assert(held.delete(describe(replica)), "what goes is what came");
      },
    },
  });
  for (let now = 0; now < 5_000; now++) {
    const value = {
      key: keys[random.below(keys.length)]!,
      value: new Uint8Array(1 + random.below(50)),
      stamp: random.below(5),
      nonce: randomBytes(random),
      replication: random.below(20),
      ttlMs: 1 + random.below(200),
      expiresAt: 5_000,
    };
    const { held: entry } = store.put(value, {
      now,
      ...random.below(3) === 0 && { cachedMs: 100 },
    });
    if (entry && random.below(5) === 0) store.demote(entry, now + 50);
    if (random.below(10) === 0) store.expire(now);
    else continue;
    const expected = expectedOf(store, now);
    assertEquals([...held].sort(), expected);
    const visited: string[] = [];
    for (let at: number | null = 0; at !== null;) {
      at = store.walkReplicas(at, 4, (replica) => visited.push(describe(replica)));
    }
    assertEquals(visited.sort(), expected);
  }
  store.expire(Infinity);
  assertEquals(held.size, 0);
  store.checkInvariants();
});

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { TimedValue } from "../../../lib/core/value.ts";
import { idKey } from "../../../lib/core/kademlia/node_id.ts";
import type { StoredValue } from "../../../lib/core/store/stored_value.ts";
import { ValueStore } from "../../../lib/core/store/value_store.ts";
import { checkProperty } from "../../support/core/property.ts";
import { sha256 } from "../../../lib/hash/sha256.ts";
import { StoreModel } from "../../support/core/store_model.ts";

const keys = [0, 1, 2, 3, 4, 5].map((n) => new Uint8Array(32).fill(n));
const nonces = [1, 2].map((n) => new Uint8Array(32).fill(n));
const keyIndexes = fc.nat({ max: keys.length - 1 });

type Operation =
  | { do: "put"; value: TimedValue; republishInMs: number; cachedMs: number | undefined }
  | { do: "wait"; ms: number }
  | { do: "expire" }
  | { do: "takeDue"; amount: number; intervalMs: number }
  | { do: "demote"; key: number; inMs: number }
  | { do: "scheduleAllEarlier"; inMs: number };

const operations: fc.Arbitrary<Operation[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant("put" as const),
        value: fc.record({
          key: keyIndexes.map((n) => keys[n]!),
          value: fc.tuple(fc.constantFrom(1, 10, 60), fc.nat({ max: 2 }))
            .map(([length, content]) => new Uint8Array(length).fill(content)),
          ttlMs: fc.integer({ min: 0, max: 40 }),
          expiresAt: fc.integer({ min: 10, max: 11 }),
          replication: fc.integer({ min: 1, max: 3 }),
          stamp: fc.nat({ max: 3 }),
          nonce: fc.constantFrom(...nonces),
        }),
        republishInMs: fc.integer({ min: 1, max: 30 }),
        cachedMs: fc.option(fc.nat({ max: 20 }), { nil: undefined }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.nat({ max: 12 }) }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("expire" as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant("takeDue" as const),
        amount: fc.nat({ max: 4 }),
        intervalMs: fc.integer({ min: 1, max: 30 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant("demote" as const),
        key: keyIndexes,
        inMs: fc.integer({ min: 1, max: 20 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant("scheduleAllEarlier" as const),
        inMs: fc.nat({ max: 20 }),
      }),
    },
  ),
  { maxLength: 60, size: "max" },
);

/** The store and the model side by side. */
class Pair {
  readonly store: ValueStore;
  readonly model: StoreModel;
  now = 1_000;

  constructor(readonly bytesMax: number, readonly entriesMax: number) {
    this.store = new ValueStore({ sha256, seed: new Uint8Array(8), bytesMax, entriesMax });
    this.model = new StoreModel(bytesMax, entriesMax);
  }

  apply(operation: Operation): void {
    const { store, model } = this;
    if (operation.do === "wait") this.now += operation.ms;
    model.expire(this.now);
    switch (operation.do) {
      case "put": {
        const { value, republishInMs, cachedMs } = operation;
        const options = {
          now: this.now,
          republishAt: this.now + republishInMs,
          ...cachedMs !== undefined && { cachedMs },
        };
        const { status, held } = store.put(value, options);
        assertEquals(status, model.put(value, options));
        assertEquals(outlineOf(held), outlineOf(model.find(value.key) ?? null));
        break;
      }
      case "expire":
        store.expire(this.now);
        assert(store.nextExpiry > this.now);
        assertEquals([store.size, store.bytes], [model.entries.length, model.bytes]);
        break;
      case "takeDue":
        this.#takeDue(operation.amount, operation.intervalMs);
        break;
      case "demote": {
        const entry = store.get(keys[operation.key]!, this.now);
        if (!entry) break;
        const endsAt = this.now + operation.inMs;
        store.demote(entry, endsAt);
        model.demote(model.find(entry.key)!, endsAt);
        break;
      }
      case "scheduleAllEarlier":
        for (const entry of store.entries(this.now)) {
          store.scheduleEarlier(entry, this.now + operation.inMs);
        }
        model.scheduleAllEarlier(this.now + operation.inMs);
    }
  }

  /** Which of the due come first is not promised, only how many, and that they are due. */
  #takeDue(amount: number, intervalMs: number): void {
    const due = this.model.due(this.now);
    const taken = this.store.takeDue(this.now, { countMax: amount, intervalMs: () => intervalMs });
    assertEquals(taken.length, Math.min(amount, due.length));
    assertEquals(new Set(taken.map(({ key }) => idKey(key))).size, taken.length);
    for (const { key } of taken) {
      const entry = this.model.find(key)!;
      assert(due.includes(entry), "taken, but not due");
      entry.republishAt = this.now + intervalMs;
    }
  }

  check(): void {
    const { store, model, now, bytesMax, entriesMax } = this;
    store.checkInvariants();
    assert(store.size <= entriesMax && store.bytes <= bytesMax, "a cap is exceeded");
    for (const key of keys) {
      const entry = model.find(key);
      for (const stamp of [0, 1, 2, 3]) {
        const isOutdated = store.isOutdated({ key, stamp }, now);
        assertEquals(isOutdated, model.isOutdated(key, stamp), `stamp ${stamp}`);
      }
      assertEquals(outlineOf(store.get(key, now)), outlineOf(entry ?? null));
    }
    assertEquals([...store.entries(now)].length, model.entries.length);
    for (const { expiresAt, republishAt, isCached } of model.entries) {
      assert(store.nextExpiry <= expiresAt);
      assert(isCached || republishAt >= expiresAt || store.nextRepublication <= republishAt);
    }
  }
}

type Outline = Pick<
  StoredValue,
  | "value"
  | "stamp"
  | "nonce"
  | "expiresAt"
  | "republishAt"
  | "isCached"
  | "replication"
  | "hasConflict"
>;

/** What is compared of an entry. */
function outlineOf(entry: Outline | null): Record<string, unknown> | null {
  if (!entry) return null;
  const { value, stamp, nonce, expiresAt, republishAt, isCached, replication, hasConflict } = entry;
  const times = { stamp, expiresAt, republishAt };
  return { value: value.join(), nonce: nonce.join(), ...times, isCached, replication, hasConflict };
}

Deno.test("the store does what the naive model does, for any operations", () => {
  const caps = fc.record({
    bytesMax: fc.constantFrom(130, 300, 1_000),
    entriesMax: fc.integer({ min: 1, max: 6 }),
  });
  checkProperty(
    fc.property(caps, operations, ({ bytesMax, entriesMax }, operations) => {
      const pair = new Pair(bytesMax, entriesMax);
      for (const operation of operations) {
        pair.apply(operation);
        pair.check();
      }
      pair.now += 10_000;
      pair.apply({ do: "expire" });
      assertEquals([pair.store.size, pair.store.bytes], [0, 0]);
    }),
    1_000,
  );
});

import { ValueStore } from "../../../lib/core/store/value_store.ts";
import { SeededRandom } from "../../../lib/sim/random/seeded_random.ts";
import { randomBytes } from "../../support/core/contacts.ts";
import { sha256 } from "../../../lib/hash/sha256.ts";

const ENTRIES = 1_000_000;
const HOUR_MS = 3_600_000;
const random = new SeededRandom(1);
const store = new ValueStore({ sha256, seed: randomBytes(random, 8) });
const keys: Uint8Array[] = [];
let stamp = 1;

function put(key: Uint8Array, isCached: boolean): void {
  const value = {
    key,
    value: new Uint8Array(256),
    ttlMs: HOUR_MS,
    expiresAt: HOUR_MS,
    replication: 20,
    stamp,
    nonce: key,
  };
  store.put(value, {
    now: 0,
    republishAt: HOUR_MS / 2 + random.below(HOUR_MS / 4),
    ...isCached && { cachedMs: HOUR_MS },
  });
}

/** The store is filled at the first use, so that other benches do not wait for it. */
function fill(): void {
  while (keys.length < ENTRIES) {
    const key = randomBytes(random);
    keys.push(key);
    put(key, false);
  }
}

Deno.bench("get a value, 1,000,000 entries of 256 bytes", () => {
  fill();
  store.get(keys[random.below(ENTRIES)]!, 0);
});

const absent = Array.from({ length: 1_024 }, () => randomBytes(random));
let next = 0;

Deno.bench("get what is not there, 1,000,000 entries", () => {
  fill();
  store.get(absent[next++ & 1_023]!, 0);
});

Deno.bench("put a newer version, 1,000,000 entries", () => {
  fill();
  stamp++;
  put(keys[random.below(ENTRIES)]!, false);
});

Deno.bench("put a value and let it expire, 1,000,000 entries", () => {
  fill();
  const key = randomBytes(random);
  const value = {
    key,
    value: new Uint8Array(256),
    ttlMs: 1,
    expiresAt: 1,
    replication: 1,
    stamp,
    nonce: key,
  };
  store.put(value, { now: 0, republishAt: HOUR_MS });
  store.expire(1);
});

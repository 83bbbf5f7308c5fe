/** What a file holds after the disk has failed: what the store holds, and nothing that it held before. */

import { delay } from "@std/async/delay";
import { assertEquals, assertRejects } from "@std/assert";
import type { KeptReplica } from "../../lib/core/store/keeper.ts";
import { HASH_SEED_BYTES, ValueStore } from "../../lib/core/store/value_store.ts";
import { sha256 } from "../../lib/hash/sha256.ts";
import { Journal, JournalError } from "../../lib/persist/journal.ts";
import { bytesOf, keyOf } from "../support/values.ts";

const HOUR_MS = 3_600_000;
/** The first retry after a failure takes place after 2 s. */
const RETRY_MS = 2_500;
const LARGE = 20_000;

/** A store that a journal follows, on one clock. */
class Kept {
  failure: string | null = null;
  readonly journal: Journal;
  readonly #store: ValueStore;

  constructor(path: string) {
    this.journal = new Journal({
      path,
      nodeId: "ab".repeat(32),
      durability: "full",
      values: true,
      onState: (failure) => this.failure = failure,
    });
    const keeper = {
      keep: (value: Omit<KeptReplica, "row" | "expiresAt">, expiresAt: number) =>
        this.journal.keep({ ...value, expiresAt }),
      forget: (row: number) => this.journal.forget(row),
    };
    this.#store = new ValueStore({ sha256, seed: new Uint8Array(HASH_SEED_BYTES), keeper });
  }

  async open(): Promise<this> {
    const store = this.#store;
    await this.journal.open({
      networkNow: Date.now,
      noteKeptAt: () => {},
      restore: (replica) => {
        const [now, keptAs] = [Date.now(), replica.row];
        const { held } = store.put({ ...replica, ttlMs: replica.expiresAt - now }, { now, keptAs });
        if (held?.keptAs !== keptAs) this.journal.forget(keptAs);
      },
      *unkept(nextRow) {
        for (const entry of store.unkept(Date.now(), nextRow)) {
          const { keptAs: row, key, value, stamp, nonce, replication, expiresAt } = entry;
          yield { row, key, value, stamp, nonce, replication, expiresAt };
        }
      },
      forgetRows: () => store.forgetKept(),
    });
    return this;
  }

  async put(name: string, text: string, { stamp = 1, ttlMs = HOUR_MS } = {}): Promise<void> {
    const nonce = new Uint8Array(32);
    const value = { key: keyOf(name), value: bytesOf(text), nonce, stamp, ttlMs, replication: 3 };
    this.#store.put(value, { now: Date.now() });
    await new Promise<void>((resolve) => this.journal.whenSafe(resolve));
  }

  /** The first characters of a value. */
  get(name: string): string | null {
    const entry = this.#store.get(keyOf(name), Date.now());
    return entry && new TextDecoder().decode(entry.value).slice(0, 2);
  }

  expire(): void {
    this.#store.expire(Date.now());
  }

  close(): Promise<void> {
    return this.journal.close();
  }
}

async function withFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A journal whose file turns out to be damaged while it is open. */
async function openDamaged(path: string, onDamaged = async () => {}): Promise<Kept> {
  const kept = await new Kept(path).open();
  for (let i = 0; i < 200; i++) await kept.put(`key ${i}`, "v1".repeat(LARGE / 2));
  for (const name of [path, `${path}-wal`]) {
    const { size } = await Deno.stat(name);
    using file = await Deno.open(name, { write: true });
    for (let at = 0; at < size; at += 65_536) {
      await file.seek(at, Deno.SeekMode.Start);
      await file.write(new Uint8Array(16_384).fill(0x55));
    }
  }
  await onDamaged();
  for (let i = 0; i < 200 && kept.failure === null; i++) {
    await kept.put(`key ${i}`, "v2", { stamp: 2 });
  }
  return kept;
}

/** What the next process reads, by the first characters. */
async function countRead(path: string): Promise<Record<string, number>> {
  const next = await new Kept(path).open();
  const counts: Record<string, number> = {};
  for (let i = 0; i < 200; i++) {
    const found = next.get(`key ${i}`) ?? "nothing";
    counts[found] = (counts[found] ?? 0) + 1;
  }
  await next.close();
  return counts;
}

Deno.test("what a file that could not be opened held, and was replaced meanwhile, does not come back", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/kept.db`;
    const first = await new Kept(path).open();
    await first.put("key", "v1");
    await first.close();
    await Deno.rename(path, `${path}.away`);
    await Deno.mkdir(path);
    const second = new Kept(path);
    await assertRejects(() => second.open(), JournalError, "it is a folder");
    await second.put("key", "v2", { stamp: 2, ttlMs: RETRY_MS });
    await Deno.remove(path);
    await Deno.rename(`${path}.away`, path);
    await delay(RETRY_MS);
    assertEquals([second.failure, second.journal.failure], [null, null]);
    second.expire();
    await second.close();
    const third = await new Kept(path).open();
    assertEquals(third.get("key"), null);
    await third.close();
  });
});

Deno.test("a journal that closes before it has tried again after a failure writes all that the store holds", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/kept.db`;
    const kept = await openDamaged(path);
    assertEquals(kept.failure, `Cannot use ${path}: it is damaged`);
    for (let i = 0; i < 200; i++) await kept.put(`key ${i}`, "v3", { stamp: 3 });
    await kept.close();
    assertEquals(kept.failure, null);
    assertEquals(await countRead(path), { v3: 200 });
  });
});

Deno.test("a damaged file that could not be replaced at first is replaced later", async () => {
  await withFolder(async (parent) => {
    const folder = `${parent}/data`;
    const path = `${folder}/kept.db`;
    const kept = await openDamaged(path, () => Deno.rename(folder, `${folder}.away`));
    const damaged = kept.failure;
    assertEquals(damaged, `Cannot use ${path}: it is damaged`);
    // Until it has been tried.
    for (let i = 0; i < 400 && kept.failure === damaged; i++) await delay(25);
    await Deno.rename(`${folder}.away`, folder);
    for (let i = 0; i < 200; i++) await kept.put(`key ${i}`, "v3", { stamp: 3 });
    await kept.close();
    assertEquals(kept.failure, null);
    assertEquals(await countRead(path), { v3: 200 });
  });
});

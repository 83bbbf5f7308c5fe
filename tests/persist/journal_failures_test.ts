/** What a file holds after the disk has failed: what the store holds, and nothing that it held before. */

import { delay } from "@std/async/delay";
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { HASH_SEED_BYTES, ValueStore } from "../../lib/core/store/value_store.ts";
import { Writer } from "../../lib/core/wire/bytes.ts";
import { sha256 } from "../../lib/hash/sha256.ts";
import { Database } from "../../lib/persist/file/database.ts";
import { Journal, JournalError } from "../../lib/persist/journal.ts";
import { readChanges, writeReplica } from "../../lib/persist/record.ts";
import { bytesOf, keyOf } from "../support/values.ts";

const HOUR_MS = 3_600_000;
/** A life that ends before the others. */
const SHORT_MS = HOUR_MS / 2;
/** Until the file is tried again after a failure. */
const RETRY_MS = 250;
const LARGE = 20_000;

interface PutOptions {
  readonly stamp?: number;
  readonly ttlMs?: number;
}

/** Stamps are counted from here on. */
const BEGUN_AT = Date.now();

/** A store that a journal follows, on one clock. */
class Kept {
  failure: string | null = null;
  /** How often the file was read only when the store was in use. */
  restoredLate = 0;
  readonly journal: Journal;
  readonly #store: ValueStore;

  constructor(path: string) {
    this.journal = new Journal({
      path,
      nodeId: "ab".repeat(32),
      durability: "full",
      values: true,
      onState: (failure) => this.failure = failure,
      retryMs: RETRY_MS,
    });
    this.#store = new ValueStore({
      sha256,
      seed: new Uint8Array(HASH_SEED_BYTES),
      keeper: this.journal,
    });
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
          yield { row: entry.keptAs, ...entry.replica };
        }
      },
      noteRestoredLate: () => this.restoredLate++,
      keptRows: () => store.keptNumbers(),
      forgetRows: (rows) => store.forgetKept(rows),
    });
    return this;
  }

  async put(name: string, text: string, options: PutOptions = {}): Promise<void> {
    this.putNow(name, text, options);
    await new Promise<void>((resolve) => this.journal.whenSafe(resolve));
  }

  /** Puts without waiting for the disk. */
  putNow(name: string, text: string, { stamp = 1, ttlMs = HOUR_MS }: PutOptions = {}): void {
    const now = Date.now();
    const times = { stamp: BEGUN_AT + stamp, ttlMs, expiresAt: now + ttlMs };
    const value = { key: keyOf(name), value: bytesOf(text), ...times, replication: 3 };
    this.#store.put({ ...value, nonce: new Uint8Array(32) }, { now });
  }

  /** The first characters of a value. */
  get(name: string): string | null {
    const entry = this.#store.get(keyOf(name), Date.now());
    return entry && new TextDecoder().decode(entry.value).slice(0, 2);
  }

  /** Drops a replica that a newer version has replaced elsewhere. */
  retire(name: string): void {
    this.#store.retire(this.#store.get(keyOf(name), Date.now())!);
  }

  /** Makes a replica a cached value, which ends at once. */
  demote(name: string): void {
    this.#store.demote(this.#store.get(keyOf(name), Date.now())!, Date.now());
    this.expire();
  }

  /** Lets the lives end that are over after a time. */
  expire(afterMs = 0): void {
    this.#store.expire(Date.now() + afterMs);
  }

  /** Waits until the disk works again, which takes longer on a busy machine. */
  async whenMended(): Promise<void> {
    for (let i = 0; i < 1_000 && this.journal.failure !== null; i++) await delay(25);
    assertEquals([this.failure, this.journal.failure], [null, null]);
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
    await second.put("key", "v2", { stamp: 2, ttlMs: SHORT_MS });
    await Deno.remove(path);
    await Deno.rename(`${path}.away`, path);
    await second.whenMended();
    assertEquals(second.restoredLate, 1);
    second.expire(SHORT_MS);
    await second.close();
    const third = await new Kept(path).open();
    assertEquals(third.get("key"), null);
    await third.close();
  });
});

Deno.test("what a file that could only be read held, and was dropped meanwhile, does not come back", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/kept.db`;
    const first = await new Kept(path).open();
    for (const name of ["kept", "retired", "demoted"]) await first.put(name, "v1");
    await first.close();
    // SQLite takes this for the log of a transaction, and cannot read it; the file itself can be copied.
    await Deno.mkdir(`${path}-journal`);
    const second = await new Kept(path).open();
    assertMatch(second.journal.failure!, /^Cannot use .*kept\.db: /);
    const read = () => ["kept", "retired", "demoted", "new"].map((name) => second.get(name));
    assertEquals(read(), ["v1", "v1", "v1", null]);
    second.retire("retired");
    second.demote("demoted");
    await second.put("new", "v1");
    await Deno.remove(`${path}-journal`);
    await second.whenMended();
    assertEquals(second.restoredLate, 0);
    await second.put("later", "v1");
    const held = ["v1", null, null, "v1"];
    assertEquals(read(), held);
    await second.close();
    const third = await new Kept(path).open();
    assertEquals(["kept", "retired", "demoted", "new"].map((name) => third.get(name)), held);
    assertEquals(third.get("later"), "v1");
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

Deno.test("after a failure the file is brought to what is held: what it has already is not written again", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/kept.db`;
    const database = new Database(path, "ab".repeat(32));
    const add = (row: number) => {
      const writer = new Writer(8_192);
      const value = new Uint8Array(5_000).fill(row);
      const [key, nonce] = [new Uint8Array(32), new Uint8Array(32)];
      writeReplica(writer, { row, key, value, nonce, stamp: row, replication: 3, expiresAt: 1 });
      return [...readChanges(writer.written)];
    };
    const rows = Array.from({ length: 400 }, (_, i) => i + 1);
    database.apply(rows.flatMap(add));
    // One row is not whole.
    const [change] = add(7);
    if (change?.type !== "add") throw new Error("no addition");
    database.apply([{ type: "add", row: 7, record: change.record.subarray(0, 20) }]);
    const size = (await Deno.stat(`${path}-wal`)).size;
    const held = rows.filter((row) => row !== 3 && row !== 200);
    assertEquals(database.retain(Uint32Array.from([...held, 500])), new Set([7, 500]));
    const grownBy = (await Deno.stat(`${path}-wal`)).size - size;
    assert(grownBy < 100_000, `${grownBy} bytes written`);
    const read = [...database.read(0)].map(({ row }) => row);
    assertEquals(read, held.filter((row) => row !== 7));
    database.close();
  });
});

Deno.test("what came, went and was replaced while the disk failed is in the file once it works again", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/kept.db`;
    const kept = await new Kept(path).open();
    for (const name of ["stays", "changes", "ends"]) await kept.put(name, "v1");
    await kept.put("ends", "v2", { stamp: 2, ttlMs: SHORT_MS });
    // More at once than may wait for the disk.
    for (let i = 0; kept.failure === null; i++) kept.putNow(`many ${i}`, "v1".repeat(30_000));
    await kept.put("changes", "v2", { stamp: 2 });
    await kept.put("comes", "v1");
    kept.expire(SHORT_MS);
    await kept.whenMended();
    await kept.put("after", "v1");
    await kept.close();
    const next = await new Kept(path).open();
    const found = ["stays", "changes", "ends", "comes", "many 0", "after"].map((name) =>
      next.get(name)
    );
    assertEquals(found, ["v1", "v2", null, "v1", "v1", "v1"]);
    await next.close();
  });
});

import { tmpdir } from "node:os";
import { DatabaseSync } from "node:sqlite";
import { delay } from "@std/async/delay";
import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { DatabaseError } from "../../lib/persist/file/database_file.ts";
import { Journal, JournalError, type JournalOptions } from "../../lib/persist/journal.ts";
import { readKept } from "../../lib/persist/read_kept.ts";
import type { FollowedStore, KeptReplica } from "../../lib/core/store/keeper.ts";
import type { Replica } from "../../lib/core/value.ts";

const NODE = "ab".repeat(32);

function replica(n: number, bytes = 100): Replica {
  return {
    key: new Uint8Array(32).fill(n),
    value: new Uint8Array(bytes).fill(n),
    nonce: new Uint8Array(32).fill(255 - n),
    stamp: 1_700_000_000_000 + n,
    replication: 20,
    expiresAt: Date.now() + 3_600_000,
  };
}

async function withFile(run: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(`${folder}/replicas.db`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A store as simple as can be. */
class Held implements FollowedStore {
  readonly replicas: KeptReplica[] = [];
  /** What it says the time is, and was told that it has been. */
  time = Date.now();
  keptAt: number | null = null;
  #kept = new Set<KeptReplica>();

  networkNow(): number {
    return this.time;
  }

  noteKeptAt(time: number): void {
    this.keptAt = time;
  }

  restore({ key, value, nonce, ...rest }: KeptReplica): void {
    const one = { ...rest, key: key.slice(), value: value.slice(), nonce: nonce.slice() };
    this.replicas.push(one);
    this.#kept.add(one);
  }

  noteRestoredLate(): void {}

  *unkept(nextRow: () => number): Generator<KeptReplica> {
    for (const one of this.replicas) if (!this.#kept.has(one)) yield { ...one, row: nextRow() };
  }

  keptRows(): Uint32Array {
    return Uint32Array.from(this.#kept, ({ row }) => row);
  }

  forgetRows(): void {
    this.#kept.clear();
  }
}

/** Opens a journal; `held` follows what it read. */
async function open(path: string, options: Partial<JournalOptions> = {}) {
  const held = new Held();
  const states: (string | null)[] = [];
  const journal = new Journal({
    path,
    nodeId: NODE,
    durability: "full",
    values: true,
    onState: (failure) => states.push(failure),
    ...options,
  });
  const opened = await journal.open(held).catch(async (error) => {
    await journal.close();
    throw error;
  });
  return { journal, opened, held: held.replicas, states, followed: held };
}

Deno.test("any number of acknowledgements may wait for one batch", async () => {
  await withFile(async (path) => {
    const { journal } = await open(path);
    journal.keep(replica(1));
    await delay(2); // the first batch is under way
    journal.keep(replica(2));
    const waiting = 200_000;
    let kept = 0;
    for (let i = 0; i < waiting; i++) journal.whenSafe(() => kept++);
    await journal.close();
    assertEquals(kept, waiting);
  });
});

Deno.test("what was added is read by the next process, what was deleted is not", async () => {
  await withFile(async (path) => {
    const first = await open(path);
    assertEquals(first.opened.replicas, 0);
    const rows = [1, 2, 3].map((n) => first.journal.keep(replica(n)));
    first.journal.forget(rows[1]!);
    await first.journal.close();
    const second = await open(path);
    assertEquals(second.held.map(({ key }) => key[0]), [1, 3]);
    const { row: _, ...held } = second.held[0]!;
    assertEquals({ ...held, expiresAt: 0 }, { ...replica(1), expiresAt: 0 });
    assertEquals(second.opened.nextRow, 4);
    await second.journal.close();
  });
});

Deno.test("with full durability a change is on the disk when it is said to be", async () => {
  await withFile(async (path) => {
    const { journal } = await open(path);
    for (let n = 0; n < 50; n++) journal.keep(replica(n, 10_000));
    await new Promise<void>((resolve) => journal.whenSafe(resolve));
    await Deno.copyFile(path, `${path}.copy`);
    await Deno.copyFile(`${path}-wal`, `${path}.copy-wal`);
    const copy = await open(`${path}.copy`);
    assertEquals(copy.opened.replicas, 50);
    await copy.journal.close();
    await journal.close();
  });
});

Deno.test("a second process, another node and another program's file are refused by name", async () => {
  await withFile(async (path) => {
    const { journal } = await open(path);
    const refused = await assertRejects(() => open(path), JournalError, "another process uses it");
    assertEquals(refused.trouble, "inUse");
    await journal.close();
    await assertRejects(
      () => open(path, { nodeId: "cd".repeat(32) }),
      JournalError,
      `belongs to node ${NODE}`,
    );
    const folder = path.slice(0, path.lastIndexOf("/"));
    await Deno.writeTextFile(`${folder}/file`, "");
    await assertRejects(() => open(`${folder}/file/such.db`), JournalError, "Cannot use");
    await Deno.writeTextFile(`${folder}/other.db`, "some text that is no database".repeat(20));
  });
});

/** Changes a byte of a value in the middle of a file. */
async function damageRow(path: string): Promise<void> {
  const bytes = await Deno.readFile(path);
  const at = bytes.findIndex((_, i) => bytes.subarray(i, i + 100).every((byte) => byte === 7));
  bytes[at + 50] = 0;
  await Deno.writeFile(path, bytes);
}

Deno.test("a damaged row is counted also where the file can only be read", async () => {
  await withFile(async (path) => {
    const first = await open(path);
    for (let n = 1; n <= 40; n++) first.journal.keep(replica(n, 3_000));
    await first.journal.close();
    await damageRow(path);
    // SQLite takes this for the log of a transaction, and cannot read it; the file itself can be copied.
    await Deno.mkdir(`${path}-journal`);
    const second = await open(path);
    assertMatch(second.opened.failure!, /^Cannot use /);
    assertEquals(second.opened.replicas, 39);
    assertEquals(second.opened.damage, [`1 values of ${path} are damaged and left out`]);
    await Deno.remove(`${path}-journal`);
    await second.journal.close();
  });
});

Deno.test("a damaged row is left out and counted, a damaged file is put aside", async () => {
  await withFile(async (path) => {
    const first = await open(path);
    for (let n = 1; n <= 40; n++) first.journal.keep(replica(n, 3_000));
    await first.journal.close();
    await damageRow(path);
    const second = await open(path);
    assertEquals(second.opened.replicas, 39);
    assertEquals(second.opened.damage, [`1 values of ${path} are damaged and left out`]);
    await second.journal.close();
    await Deno.writeFile(path, new Uint8Array(20_000).fill(9));
    const third = await open(path);
    assertEquals(third.opened.replicas, 0);
    assertMatch(
      third.opened.damage.join(),
      /is damaged and cannot be read: it is now .*\.damaged-/,
    );
    third.journal.keep(replica(9));
    await third.journal.close();
    const fourth = await open(path);
    assertEquals([fourth.opened.replicas, fourth.opened.damage], [1, []]);
    await fourth.journal.close();
  });
});

Deno.test("contacts are kept, the one seen last first", async () => {
  await withFile(async (path) => {
    const first = await open(path);
    const contact = (n: number) => ({ record: new Uint8Array(60).fill(n), lastSeenAt: n });
    first.journal.keepContacts([contact(1), contact(3), contact(2)]);
    await first.journal.close();
    const second = await open(path);
    assertEquals(second.opened.contacts.map((record) => record[0]), [3, 2, 1]);
    await second.journal.close();
  });
});

Deno.test("values around a page that cannot be read are kept anew, the damaged file is put aside", async () => {
  await withFile(async (path) => {
    const first = await open(path);
    for (let n = 1; n <= 200; n++) first.journal.keep(replica(n, 2_000));
    await first.journal.close();
    const bytes = await Deno.readFile(path);
    const middle = Math.floor(bytes.length / 4_096 / 2) * 4_096;
    bytes.fill(0xff, middle, middle + 4_096);
    await Deno.writeFile(path, bytes);
    const second = await open(path);
    const read = second.opened.replicas;
    assert(read > 180 && read < 200, `${read} of 200 were read`);
    assertMatch(second.opened.damage.join(), /cannot be read \(.*\): it is now .*\.damaged-/);
    await second.journal.close();
    const third = await open(path);
    assertEquals([third.opened.replicas, third.opened.damage], [read, []]);
    await third.journal.close();
  });
});

Deno.test("the file gives back what replicas took that are kept no more", async () => {
  await withFile(async (path) => {
    const { journal } = await open(path);
    const rows = Array.from({ length: 3_000 }, (_, n) => journal.keep(replica(n & 255, 4_000)));
    await new Promise<void>((resolve) => journal.whenSafe(resolve));
    assert((await Deno.stat(`${path}-wal`)).size > 10_000_000);
    for (const row of rows) journal.forget(row);
    await new Promise<void>((resolve) => journal.whenSafe(resolve));
    for (let size = Infinity; size > 2_000_000;) {
      await delay(10);
      size = (await Deno.stat(path)).size + (await Deno.stat(`${path}-wal`)).size;
    }
    await journal.close();
    const { size } = await Deno.stat(path);
    assert(size < 2_000_000, `${size} bytes`);
  });
});

Deno.test("without values, contacts alone are kept", async () => {
  await withFile(async (path) => {
    const first = await open(path);
    first.journal.keep(replica(1));
    await first.journal.close();
    const second = await open(path, { values: false });
    assertEquals([second.opened.replicas, second.held], [0, []]);
    await second.journal.close();
  });
});

Deno.test("of a file that was cut off what can be read is kept anew, with the contacts", async () => {
  await withFile(async (path) => {
    const first = await open(path);
    first.journal.keepContacts([{ record: new Uint8Array(60).fill(5), lastSeenAt: 1 }]);
    for (let n = 1; n <= 200; n++) first.journal.keep(replica(n, 2_000));
    await first.journal.close();
    const { size } = await Deno.stat(path);
    await Deno.truncate(path, Math.floor(size / 2));
    const second = await open(path);
    const read = second.opened.replicas;
    assert(read > 50 && read < 200, `${read} of 200 were read`);
    assertMatch(
      second.opened.damage.join(),
      /damaged and cannot be read: it is now .*\.damaged-.*, and the \d+ values and 1 contacts that/,
    );
    await second.journal.close();
    const third = await open(path);
    assertEquals([third.opened.replicas, third.opened.damage], [read, []]);
    assertEquals(third.opened.contacts.map((record) => record[0]), [5]);
    await third.journal.close();
  });
});

Deno.test("what seems to have ended is read for the node to judge, unless it ended more than a day ago", async () => {
  await withFile(async (path) => {
    const first = await open(path);
    for (const [n, hours] of [[1, -1], [2, -25], [3, -27], [4, 1]] as const) {
      first.journal.keep({ ...replica(n), expiresAt: Date.now() + hours * 3_600_000 });
    }
    await first.journal.close();
    const second = await open(path);
    assertEquals(second.held.map(({ key }) => key[0]), [1, 2, 4]);
    await second.journal.close();
  });
});

Deno.test({
  name: "an export leaves no copy of the values behind, even if it is cut short",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await withFile(async (path) => {
      const { journal } = await open(path);
      for (let n = 0; n < 100; n++) journal.keep(replica(n, 60_000));
      await journal.close();
      const copies = () =>
        Array.from(Deno.readDirSync(tmpdir()), ({ name }) => name)
          .filter((name) => name.startsWith("voidkad-copy-"));
      const before = new Set(copies());
      const values = readKept(path, () => {});
      assertEquals(values.next().value?.value.length, 60_000);
      // Those of other processes are soon gone.
      const more = new Set(copies()).difference(before);
      for (let i = 0; i < 100 && copies().some((name) => more.has(name)); i++) await delay(20);
      assertEquals(copies().filter((name) => more.has(name)), [], "while it is read");
      assertEquals([...values].length, 99);
    });
  },
});

Deno.test({
  name: "an empty file that others may read becomes the node's alone; a pipe is refused",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await withFile(async (path) => {
      await Deno.writeTextFile(path, "");
      await Deno.chmod(path, 0o666);
      const { journal } = await open(path);
      journal.keep(replica(1));
      await journal.close();
      assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
    });
    await withFile(async (path) => {
      await new Deno.Command("mkfifo", { args: [path] }).output();
      const error = await assertRejects(() => open(path), JournalError);
      assertMatch(error.message, /it is no file/);
    });
  },
});

Deno.test("a file says what time it was when something was kept last", async () => {
  await withFile(async (path) => {
    const { journal, followed } = await open(path);
    assertEquals(followed.keptAt, null);
    followed.time = 1_700_000_000_000;
    journal.keep(replica(1));
    await new Promise<void>((resolve) => journal.whenSafe(resolve));
    await Deno.copyFile(path, `${path}.copy`);
    await Deno.copyFile(`${path}-wal`, `${path}.copy-wal`);
    followed.time += 60_000.5;
    await journal.close();
    for (
      const [file, expected] of [[`${path}.copy`, 1_700_000_000_000], [
        path,
        1_700_000_060_000,
      ]] as const
    ) {
      const again = await open(file);
      assertEquals(again.followed.keptAt, expected);
      await again.journal.close();
    }
  });
});

Deno.test("a file with a trigger, a view or another table is put aside, and nothing of it is read", async () => {
  for (
    const statement of [
      "CREATE TRIGGER t AFTER DELETE ON replicas BEGIN DELETE FROM contacts; END",
      "CREATE VIEW v AS SELECT 1",
      "CREATE TABLE other (a)",
      "DROP TABLE replicas; CREATE VIEW replicas AS SELECT 1 AS row, 2 AS check_sum, x'00' AS record",
      "CREATE INDEX i ON replicas (check_sum)",
    ]
  ) {
    await withFile(async (path) => {
      const first = await open(path);
      first.journal.keep(replica(1));
      await first.journal.close();
      const db = new DatabaseSync(path);
      db.exec(statement);
      db.close();
      assertThrows(() => [...readKept(path, () => {})], DatabaseError, "did not make");
      const second = await open(path);
      assertEquals([second.opened.replicas, second.held.length], [0, 0]);
      assertEquals(second.opened.damage.length, 1);
      assertMatch(second.opened.damage[0]!, /did not make: it is now .*damaged-/);
      second.journal.keep(replica(2));
      await second.journal.close();
      const third = await open(path);
      assertEquals(third.held.map(({ key }) => key[0]), [2]);
      await third.journal.close();
    });
  }
});

Deno.test("a large file of which all is deleted is small when it is closed at once", async () => {
  await withFile(async (path) => {
    const { journal } = await open(path);
    const rows = Array.from({ length: 500 }, (_, n) => journal.keep(replica(n & 255, 60_000)));
    await new Promise<void>((resolve) => journal.whenSafe(resolve));
    for (const row of rows.slice(5)) journal.forget(row);
    await journal.close();
    const { size } = await Deno.stat(path);
    assert(size < 2_000_000, `${size} bytes`);
    const again = await open(path);
    assertEquals(again.held.map(({ key }) => key[0]), [0, 1, 2, 3, 4]);
    await again.journal.close();
  });
});

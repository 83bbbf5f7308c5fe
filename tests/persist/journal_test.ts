import { assert, assertEquals, assertRejects } from "@std/assert";
import { Journal, JournalError, type JournalOptions } from "../../lib/persist/journal.ts";
import type { KeptReplica } from "../../lib/persist/record.ts";

const NODE = "ab".repeat(32);

function replica(n: number, bytes = 100): Omit<KeptReplica, "row"> {
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

/** Opens a journal; `held` follows what it read. */
async function open(path: string, options: Partial<JournalOptions> = {}) {
  const held: KeptReplica[] = [];
  const states: (string | null)[] = [];
  const { journal, opened } = await Journal.open({
    path,
    nodeId: NODE,
    durability: "full",
    onReplica: (one) =>
      held.push({
        ...one,
        key: one.key.slice(),
        value: one.value.slice(),
        nonce: one.nonce.slice(),
      }),
    replicas: () => held,
    onState: (failure) => states.push(failure),
    ...options,
  });
  return { journal, opened, held, states };
}

Deno.test("what was added is read by the next process, what was deleted is not", async () => {
  await withFile(async (path) => {
    const first = await open(path);
    assertEquals(first.opened.replicas, 0);
    const rows = [1, 2, 3].map((n) => first.journal.add(replica(n)));
    first.journal.delete(rows[1]!);
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
    for (let n = 0; n < 50; n++) journal.add(replica(n, 10_000));
    await new Promise<void>((resolve) => journal.whenKept(resolve));
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
    await assertRejects(() => open(path), JournalError, "another process uses it");
    await journal.close();
    await assertRejects(
      () => open(path, { nodeId: "cd".repeat(32) }),
      JournalError,
      `belongs to node ${NODE}`,
    );
    const folder = path.slice(0, path.lastIndexOf("/"));
    await assertRejects(() => open(`${folder}/no/such.db`), JournalError, "cannot be opened");
  });
});

Deno.test("a damaged row is left out and counted, a damaged file is put aside", async () => {
  await withFile(async (path) => {
    const first = await open(path);
    for (let n = 1; n <= 40; n++) first.journal.add(replica(n, 3_000));
    await first.journal.close();
    const bytes = await Deno.readFile(path);
    const at = bytes.indexOf(
      7,
      bytes.findIndex((_, i) => bytes.subarray(i, i + 100).every((b) => b === 7)),
    );
    bytes[at + 50] = 0;
    await Deno.writeFile(path, bytes);
    const second = await open(path);
    assertEquals(second.opened.replicas, 39);
    assertEquals(second.opened.damage, { rows: 1, reason: null, movedTo: null });
    await second.journal.close();
    await Deno.writeFile(path, new Uint8Array(20_000).fill(9));
    const third = await open(path);
    assertEquals(third.opened.replicas, 0);
    assert(third.opened.damage!.movedTo!.includes(".damaged-"));
    third.journal.add(replica(9));
    await third.journal.close();
    const fourth = await open(path);
    assertEquals([fourth.opened.replicas, fourth.opened.damage], [1, null]);
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

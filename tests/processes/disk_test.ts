import { delay } from "@std/async/delay";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { formatAddress } from "../../lib/core/kademlia/address.ts";
import type { HealthDocument } from "../../lib/admin/contract.ts";
import {
  HTTP_FLAGS,
  KEEPING_FLAGS,
  type NodeProcess,
  program,
  runCommand,
  TestNetwork,
} from "../support/test_node_process.ts";
import { getValue, healthOf, putValue } from "../support/process_values.ts";
import { copyFrom, ignoreSmallDisks, removeFrom, withDisk } from "../support/small_disk.ts";

const KEEPING = [...HTTP_FLAGS, ...KEEPING_FLAGS];
const RECOVERY_LIMIT_MS = 20_000;
const MIB = 1_048_576;
const ignore = await ignoreSmallDisks();

async function put(node: NodeProcess, key: string, bytes: number): Promise<void> {
  await putValue(node, key, new Uint8Array(bytes).fill(7));
}

/** Bytes of the value that is found. */
async function get(node: NodeProcess, key: string): Promise<number> {
  return (await getValue(node, key))?.length ?? 0;
}

async function waitForVerdict(node: NodeProcess, verdict: string): Promise<HealthDocument> {
  for (const start = performance.now();;) {
    const found = await healthOf(node);
    if (found.verdict === verdict) return found;
    const waited = performance.now() - start;
    assert(waited < RECOVERY_LIMIT_MS, `${JSON.stringify(found)}\n${node.stderr}`);
    await delay(50);
  }
}

/** The lines of the log about the disk, without their times. */
function linesOnDisk(node: NodeProcess): string[] {
  return node.stderr.split("\n").filter((line) => /on the disk|written again/.test(line))
    .map((line) => line.replace(/^\S+ /, ""));
}

for (const durability of ["relaxed", "full"]) {
  Deno.test({
    name:
      `with a full disk a node serves on from memory, says so, and loses nothing when there is room (${durability})`,
    ignore,
    fn: async () => {
      await using network = new TestNetwork();
      const folder = network.newFolder();
      await Deno.mkdir(folder);
      const fill = `head -c ${9 * MIB} /dev/zero > filler`;
      const node = await network.start({
        folder,
        flags: [...KEEPING, "--durability", durability],
        from: withDisk(program(), { folder, bytes: 12 * MIB, fill }),
      });
      const keys = Array.from({ length: 60 }, (_, n) => `key-${n}`);
      for (const key of keys) await put(node, key, 60_000);
      const { reasons } = await waitForVerdict(node, "degraded");
      const why = `Cannot use ${folder}/kept.db: the disk is full`;
      assertEquals(reasons, [`nothing is kept on the disk: ${why}`]);
      for (const key of keys) assertEquals(await get(node, key), 60_000);
      const disk = { pid: node.pid, folder };
      await removeFrom(disk, "filler");
      await waitForVerdict(node, "alone");
      assertEquals(linesOnDisk(node), [
        `warn  Nothing is kept on the disk: ${why}`,
        `info  ${folder}/kept.db is written again: nothing is missing`,
      ]);
      // As if the power had been cut now.
      node.signal("SIGSTOP");
      const copy = network.newFolder();
      await Deno.mkdir(copy);
      await copyFrom(disk, ["kept.db", "kept.db-wal"], copy);
      const { code, stdout } = await runCommand(["export", "--data-dir", copy]);
      assertEquals([code, new TextDecoder().decode(stdout).trimEnd().split("\n").length], [0, 60]);
    },
  });
}

Deno.test({
  name:
    "with a disk that can only be read a node serves what it has kept, and from memory, and says so",
  ignore,
  fn: async () => {
    await using network = new TestNetwork();
    const [former, folder] = [network.newFolder(), network.newFolder()];
    const first = await network.start({ folder: former, flags: KEEPING });
    await put(first, "kept", 50);
    await first.end("SIGTERM");
    await Deno.mkdir(folder);
    const node = await network.start({
      folder,
      flags: [...KEEPING, "--p2p-address", formatAddress(first.ready.p2p)],
      from: withDisk(program(), { folder, bytes: MIB, fill: `cp '${former}'/* .`, readOnly: true }),
    });
    assertEquals(await get(node, "kept"), 50);
    await put(node, "key", 100);
    assertEquals(await get(node, "key"), 100);
    const { verdict, reasons } = await healthOf(node);
    const why = `Cannot use ${folder}/kept.db: it can only be read`;
    assertEquals([verdict, reasons], ["degraded", [`nothing is kept on the disk: ${why}`]]);
    assertEquals(linesOnDisk(node), [`warn  Nothing is kept on the disk: ${why}`]);
  },
});

const FILES: readonly (readonly [string, (path: string) => void | Promise<void>, RegExp])[] = [
  [
    "of another version",
    (path) => {
      using db = new DatabaseSync(path);
      db.exec("PRAGMA user_version=99");
    },
    /kept\.db has format 99, this program reads format 2: move it away/,
  ],
  [
    "of another program",
    async (path) => {
      await Deno.remove(path);
      using db = new DatabaseSync(path);
      db.exec("CREATE TABLE notes (text)");
    },
    /kept\.db is not a file of voidkad: move it away/,
  ],
  [
    "of another node",
    () => {},
    /kept\.db belongs to node [0-9a-f]{64}, this is [0-9a-f]{64}: use another data_dir, or move/,
  ],
  [
    "that is a folder",
    async (path) => {
      await Deno.remove(path);
      await Deno.mkdir(path);
    },
    /Cannot use .*kept\.db: it is a folder/,
  ],
];

for (const [what, change, wanted] of FILES) {
  Deno.test(`with a file ${what} a node serves from memory, says so, and leaves it as it is`, async () => {
    await using network = new TestNetwork();
    const folder = network.newFolder();
    const path = `${folder}/kept.db`;
    const first = await network.start({ folder, flags: KEEPING });
    await first.end("SIGTERM");
    await change(path);
    const before = (await Deno.stat(path)).size;
    const node = await network.start({ folder, flags: KEEPING });
    await put(node, "key", 100);
    assertEquals(await get(node, "key"), 100);
    const { verdict, reasons } = await healthOf(node);
    assertEquals(verdict, "degraded");
    assertMatch(reasons.join(), wanted);
    assertEquals(linesOnDisk(node).length, 1, node.stderr);
    assertMatch(linesOnDisk(node)[0]!, wanted);
    await node.end("SIGTERM");
    assertEquals((await Deno.stat(path)).size, before);
  });
}

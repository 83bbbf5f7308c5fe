import { assert, assertEquals, assertMatch } from "@std/assert";
import { KEPT_FILE } from "../../lib/persist/kept_file.ts";
import {
  askOverHttp,
  HTTP_FLAGS,
  KEEPING_FLAGS,
  type NodeProcess,
  runCommand,
  TestNetwork,
} from "../support/test_node_process.ts";
import { getValue, putValue } from "../support/process_values.ts";
import { describeReplica, readReplica } from "../../lib/admin/replica_document.ts";
import { proven } from "../support/values.ts";

const KEEPING = [...HTTP_FLAGS, ...KEEPING_FLAGS];
const encode = (text: string) => new TextEncoder().encode(text);
const keys = Array.from({ length: 40 }, (_, n) => `key-${n}`);

/** The values differ in length, from a few bytes to the longest. */
function valueOf(key: string, version = 1): Uint8Array<ArrayBuffer> {
  const n = Number(key.split("-")[1]);
  const value = new Uint8Array(n === 7 ? 65_495 : 20 + 30 * n).fill(n);
  value[0] = version;
  return value;
}

async function put(node: NodeProcess, key: string, value = valueOf(key)): Promise<void> {
  await putValue(node, key, value, "?replication=2");
}

async function exportOf(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand(["export", ...args]);
  assertEquals(code, 0, stderr);
  assertMatch(stderr, /^\d+ values? exported\n$/);
  return new TextDecoder().decode(stdout);
}

Deno.test("the exports of all nodes, running or not, bring a network into another one", async () => {
  await using network = new TestNetwork();
  const folders = [network.newFolder(), network.newFolder(), network.newFolder()];
  const first = await network.start({ folder: folders[0]!, flags: KEEPING });
  for (const folder of folders.slice(1)) {
    const node = await network.start({ folder, flags: [...KEEPING, ...first.joinFlags] });
    await node.waitUntilJoined();
  }
  for (const key of keys) await put(first, key);
  const running = await Promise.all(network.nodes.map((node) => exportOf(askOverHttp(node))));
  const inUse = await runCommand(["export", "--data-dir", folders[0]!]);
  assertEquals(inUse.code, 1);
  assertMatch(inUse.stderr, /kept\.db: a node uses it: ask the node/);
  await Promise.all(network.nodes.map((node) => node.end("SIGTERM")));
  const kept = await Promise.all(folders.map((folder) => exportOf(["--data-dir", folder])));
  for (const [what, texts] of Object.entries({ running, kept })) {
    const lines = texts.join("").trimEnd().split("\n").map((line) => JSON.parse(line));
    const held = new Set(lines.map(({ key }) => key));
    assertEquals(held.size, keys.length, `the nodes ${what} export all values`);
    await using other = await TestNetwork.of(2, HTTP_FLAGS);
    const [node, reader] = other.nodes as [NodeProcess, NodeProcess];
    await put(node, "key-3", valueOf("key-3", 2)); // newer than what is imported
    const file = `${folders[0]}/${what}.ndjson`;
    await Deno.writeTextFile(file, texts.join(""));
    for (const again of [false, true]) {
      const { code, stderr } = await runCommand(["import", file, ...askOverHttp(node)]);
      assertEquals(code, 0, stderr);
      assertMatch(stderr, /^\d+ values imported, \d older than what is held\n$/, `again: ${again}`);
    }
    for (const key of keys) {
      const wanted = valueOf(key, key === "key-3" ? 2 : 1);
      assertEquals(await getValue(reader, key), wanted, key);
    }
  }
});

Deno.test("lines that are no values are named, and the others are imported", async () => {
  await using network = await TestNetwork.of(1, HTTP_FLAGS);
  const [node] = network.nodes as [NodeProcess];
  await put(node, "key-1");
  const line = (await exportOf(askOverHttp(node))).trimEnd();
  const good = JSON.parse(line);
  const dated = (stamp: number, expiresAt: number) =>
    JSON.stringify(describeReplica(proven({ ...readReplica(good), stamp, expiresAt }, 8)));
  const bad = [
    "{",
    "[]",
    JSON.stringify({ ...good, key: "ab" }),
    JSON.stringify({ ...good, value: "*" }),
    JSON.stringify({ ...good, nonce: "00".repeat(32) }),
    dated(good.stamp + 86_400_000, good.expiresAt + 86_400_000),
    JSON.stringify({ ...good, replication: 0 }),
    dated(good.stamp - 60_000, good.stamp),
    JSON.stringify({ ...good, value: "A".repeat(5_000_000) }),
  ];
  const { code, stderr } = await runCommand(
    ["import", "-", ...askOverHttp(node)],
    encode(`${[...bad, "", line].join("\n")}\n`),
  );
  assertEquals(code, 1);
  const named = stderr.trimEnd().split("\n").map((text) =>
    text.replace("voidkad: import: standard input:", "")
  );
  assertEquals(named.sort(), [
    "1 value imported, 1 expired, 8 invalid",
    "1: it is not JSON",
    "2: its key is no text",
    "3: its key has 1 bytes, not 32",
    "4: its value is not in base64",
    "5: its nonce proves the work for something else: another value, stamp, end or replication",
    "6: its stamp lies in the future",
    "7: its replication 0 is not a whole number above 0",
    "9: it is too long",
  ]);
});

Deno.test("an export and an import say what they cannot read or write", async () => {
  await using network = await TestNetwork.of(1, HTTP_FLAGS);
  const [node] = network.nodes as [NodeProcess];
  const folder = network.newFolder();
  const runs: readonly (readonly [readonly string[], RegExp])[] = [
    [
      ["export", "--data-dir", folder],
      new RegExp(`Cannot use ${folder}/${KEPT_FILE}: no such file`),
    ],
    [["export", "-o", `${folder}/x`, ...askOverHttp(node)], /Cannot write ".*\/x": no such file/],
    [["import", `${folder}/x`, ...askOverHttp(node)], /Cannot read ".*\/x": no such file/],
    [["import", "-", "--http-address", "127.0.0.1:9"], /0 values imported|Cannot ask a node/],
  ];
  for (const [args, wanted] of runs) {
    const { code, stderr } = await runCommand(args);
    assertMatch(stderr, wanted);
    assert(args[0] === "import" && args[1] === "-" || code === 1);
    assertEquals(stderr.trimEnd().split("\n").length, 1, stderr);
  }
});

import { assert, assertEquals, assertMatch } from "@std/assert";
import { equals } from "@std/bytes/equals";
import { formatAddress } from "../../lib/core/kademlia/address.ts";
import {
  HTTP_FLAGS,
  KEEPING_FLAGS,
  nodeFlags,
  type NodeProcess,
  runCommand,
  TestNetwork,
} from "../support/test_node_process.ts";
import { getValue, healthOf, putValue } from "../support/process_values.ts";
import { bytesOf } from "../support/values.ts";

const LIMIT_MS = 10_000;

/** A node's address and folder, by which it starts again. */
interface Place {
  readonly folder: string;
  readonly flags: readonly string[];
}

/** Nodes that are to be started again at the same addresses. */
async function startAt(network: TestNetwork, folder: string, flags: readonly string[] = []) {
  const node = await network.start({ folder, flags: [...HTTP_FLAGS, ...KEEPING_FLAGS, ...flags] });
  const place = { folder, flags: [...HTTP_FLAGS, "--p2p-address", formatAddress(node.ready.p2p)] };
  return { node, place };
}

const valueOf = (key: string) => bytesOf(`value of ${key}`);

async function put(node: NodeProcess, key: string, query?: string): Promise<void> {
  await putValue(node, key, valueOf(key), query);
}

async function holds(node: NodeProcess, key: string): Promise<boolean> {
  const value = await getValue(node, key);
  return value !== null && equals(value, valueOf(key));
}

const keys = Array.from({ length: 30 }, (_, n) => `key-${n}`);

Deno.test("nodes that are all killed at once find each other and every value again", async () => {
  await using network = new TestNetwork();
  const places: Place[] = [];
  const first = await startAt(network, network.newFolder());
  places.push(first.place);
  for (let i = 1; i < 4; i++) {
    const { node, place } = await startAt(network, network.newFolder(), first.node.joinFlags);
    await node.waitUntilJoined();
    places.push(place);
  }
  for (const key of keys) await put(network.nodes[1]!, key, "?replication=2");
  // What the last 100 ms have brought may be lost, and contacts are written down every few seconds.
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  await Promise.all(network.nodes.map((node) => node.end("SIGKILL")));
  const again: NodeProcess[] = [];
  for (const place of [2, 0, 3, 1].map((i) => places[i]!)) again.push(await network.start(place));
  const startedAt = performance.now();
  for (const node of again) {
    let missing = keys;
    while (missing.length > 0) {
      assert(
        performance.now() - startedAt < LIMIT_MS,
        `${missing.length} values are missing: ${node.stderr}`,
      );
      const found = await Promise.all(missing.map((key) => holds(node, key)));
      missing = missing.filter((_, i) => !found[i]);
    }
  }
});

Deno.test("with full durability what was acknowledged is there after a kill; a folder has one process", async () => {
  await using network = new TestNetwork();
  const folder = network.newFolder();
  const { node, place } = await startAt(network, folder, ["--durability", "full"]);
  await Promise.all(keys.map((key) => put(node, key)));
  await node.end("SIGKILL");
  const again = await network.start(place);
  for (const key of keys) assert(await holds(again, key), `${key} is lost`);
  assertMatch(again.stderr, /Read 30 values and 0 contacts from .*kept\.db in \d+ ms\n/);
  const second = await runCommand(["start", ...nodeFlags(folder, KEEPING_FLAGS)]);
  assertEquals(second.code, 1);
  assertMatch(
    second.stderr,
    /voidkad: start: Cannot use .*kept\.db: another process uses it: each node needs a data_dir of its own\n/,
  );
  assertEquals((await healthOf(again)).verdict, "alone");
  const { code } = await again.end("SIGTERM");
  assertEquals(code, 0);
  assertMatch(
    again.stderr,
    /info +On the disk until the next start: 30 of 30 values; no other node was there\n/,
  );
});

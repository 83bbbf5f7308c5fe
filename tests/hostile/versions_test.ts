/** A stranger who copies what he reads: he cannot delete it, bring it back, roll it back or stay on top of it. */

import { assert, assertEquals } from "@std/assert";
import type { Replica } from "../../lib/core/value.ts";
import { readFrom, storeOn } from "../support/hostile/versions.ts";
import { pause, startNode, type TlsNode, until } from "../support/tls_nodes.ts";
import { bytesOf, keyOf, proven, textOf } from "../support/values.ts";

const NODES = 5;
const BITS = 8;
const [OLDER, AHEAD, EXPIRED, OF_ANOTHER] = [5, 7, 6, 9];

/** What a stranger does to the value under a key. */
type Attack = (nodes: readonly TlsNode[], key: Uint8Array) => Promise<void>;

/** Nodes that all know each other and hold what is put. */
async function withNetwork(attack: (nodes: readonly TlsNode[]) => Promise<void>): Promise<void> {
  const nodes: TlsNode[] = [];
  try {
    for (let i = 0; i < NODES; i++) {
      nodes.push(await startNode({ via: nodes.slice(0, 1), node: { proofOfWorkBits: BITS } }));
    }
    await until(() => nodes.every(({ node }) => node.figures().contacts === NODES - 1), 20_000);
    await attack(nodes);
  } finally {
    await Promise.all(nodes.map((node) => node.close()));
  }
}

async function put(
  nodes: readonly TlsNode[],
  key: Uint8Array,
  { text = "value", ttlMs = 600_000 } = {},
): Promise<Replica> {
  const { holders } = await nodes[0]!.node.put(key, bytesOf(text), { ttlMs });
  assertEquals(holders.length, NODES);
  return (await readFrom(nodes[1]!.node.self, key))!;
}

/** The statuses that all nodes answer with, each once. */
async function storeOnAll(
  nodes: readonly TlsNode[],
  replica: Replica,
  cachedUntil = 0,
): Promise<number[]> {
  const statuses = nodes.map(({ node }) => storeOn(node.self, replica, cachedUntil));
  return [...new Set(await Promise.all(statuses))];
}

async function assertFound(
  nodes: readonly TlsNode[],
  key: Uint8Array,
  expected: string | null,
): Promise<void> {
  for (const { node } of nodes) {
    assertEquals(textOf((await node.get(key))?.value), expected);
    assertEquals(textOf((await readFrom(node.self, key))?.value), expected);
  }
}

const ATTACKS: Readonly<Record<string, Attack>> = {
  "nobody deletes a value by giving its copy a shorter life": async (nodes, key) => {
    const value = await put(nodes, key);
    const soon = Date.now() + 50;
    const shorter = { ...value, stamp: value.stamp + 1, expiresAt: soon };
    assertEquals(await storeOnAll(nodes, shorter), [OF_ANOTHER]);
    assertEquals(await storeOnAll(nodes, { ...value, expiresAt: soon }), [OF_ANOTHER]);
    assertEquals(await storeOnAll(nodes, { ...value, replication: 1 }), [OF_ANOTHER]);
    await storeOnAll(nodes, value, soon); // the version itself, as a cached value
    await pause(100);
    await assertFound(nodes, key, "value");
  },
  "nobody brings a value back that has ended": async (nodes, key) => {
    const value = await put(nodes, key, { ttlMs: 1_000 });
    await pause(value.expiresAt - Date.now() + 200);
    const now = Date.now();
    const again = { ...value, stamp: now, expiresAt: now + 86_400_000 };
    assertEquals(await storeOnAll(nodes, value), [EXPIRED]);
    assertEquals(await storeOnAll(nodes, again), [OF_ANOTHER]);
    assertEquals(await storeOnAll(nodes, { ...value, expiresAt: now + 60_000 }), [OF_ANOTHER]);
    await assertFound(nodes, key, null);
  },
  "nobody rolls a value back to what it was before": async (nodes, key) => {
    const before = await put(nodes, key, { text: "before" });
    const after = await put(nodes, key, { text: "after" });
    const newer = { ...before, stamp: after.stamp + 1 };
    assertEquals(await storeOnAll(nodes, newer), [OF_ANOTHER]);
    assertEquals(await storeOnAll(nodes, before), [OLDER]);
    await assertFound(nodes, key, "after");
  },
  "a stamp from the future keeps no later PUT away": async (nodes, key) => {
    const pin = (aheadMs: number) => {
      const stamp = Date.now() + aheadMs;
      const said = { key, value: bytesOf("pinned"), stamp, expiresAt: stamp + 600_000 };
      return proven({ ...said, replication: 20 }, BITS);
    };
    assertEquals(await storeOnAll(nodes, pin(299_000)), [AHEAD]);
    assertEquals(await storeOnAll(nodes, pin(8_000)), [0]);
    await put(nodes, key, { text: "honest" });
    await assertFound(nodes, key, "honest");
  },
  "a cached copy takes no replica away": async (nodes, key) => {
    const value = await put(nodes, key);
    const stamp = value.stamp + 1;
    const copy = proven({ ...value, value: bytesOf("copy"), stamp }, BITS);
    const soon = Date.now() + 300;
    await storeOnAll(nodes, copy, soon);
    await pause(soon - Date.now() + 200);
    await assertFound(nodes, key, "copy");
    assert(nodes.every(({ node }) => node.held(key)?.isCached === false));
  },
};

Deno.test("a stranger does no harm to a value that he copies", async (test) => {
  await withNetwork(async (nodes) => {
    for (const [what, attack] of Object.entries(ATTACKS)) {
      await test.step(what, () => attack(nodes, keyOf(what)));
    }
  });
});

/** Nodes that listen elsewhere than their packets come from, over real TLS. */

import { assert, assertEquals } from "@std/assert";
import { makeAddress } from "../../lib/core/kademlia/address.ts";
import { bytesOf, keyOf, textOf } from "../support/values.ts";
import { deadPort, startNode, until, type WatchedTlsNode } from "../support/tls_nodes.ts";

Deno.test("nodes at a second address and at IPv6 are members like those at the first", async () => {
  const nodes: WatchedTlsNode[] = [await startNode()];
  try {
    for (const hostname of ["127.0.0.2", "::1", "127.0.0.1", "127.0.0.2"]) {
      nodes.push(await startNode({ hostname, via: [nodes[0]!] }));
    }
    await until(() => nodes.every(({ node }) => node.figures().contacts === 4));
    await until(() => nodes.every(({ node }) => node.figures().reachability === "reached"));
    for (const [i, { node }] of nodes.entries()) {
      assertEquals(node.health().verdict, "healthy");
      for (let j = 0; j < 10; j++) {
        const { holders } = await node.put(keyOf(`${i} ${j}`), bytesOf("value"), {
          replication: 1,
        });
        assertEquals(holders.length, 1);
      }
    }
    for (const { node } of nodes) {
      for (let i = 0; i < 50; i++) {
        const found = await node.get(keyOf(`${i % 5} ${Math.floor(i / 5)}`));
        assertEquals(textOf(found?.value), "value");
      }
    }
    const holding = nodes.filter(({ node }) => node.figures().store.replicas > 0);
    assert(holding.length >= 3, `${holding.length} nodes hold all 50 values`);
  } finally {
    await Promise.all(nodes.map((node) => node.close()));
  }
});

Deno.test("a node that claims an address where nobody listens learns of it", async () => {
  await using first = await startNode();
  const publicAddress = makeAddress("127.0.0.1", deadPort());
  await using node = await startNode({ publicAddress, via: [first] });
  await until(() => node.node.figures().reachability === "unreachable");
  const trouble = `unreachable: 127.0.0.1:${publicAddress.port} refused the connection`;
  assertEquals(node.node.health(), { verdict: "degraded", reasons: [trouble] });
  assert(node.lines.some((line) => line.startsWith("warn") && line.includes(trouble)));
  const { holders } = await node.node.put(keyOf("key"), bytesOf("value"));
  assertEquals(holders.map(({ address }) => address.port), [first.p2pAddress.port]);
  assertEquals(first.node.health().verdict, "alone");
});

/** One peer whose id is nearest to a key, and who gives a version of his own making to all who ask. */

import { assert, assertEquals } from "@std/assert";
import { flipBit } from "../../lib/core/kademlia/node_id.ts";
import { FakePeer } from "../support/fake_peer.ts";
import { peerFrame, pong, uint } from "../support/frames.ts";
import { foundFrame } from "../support/hostile/versions.ts";
import { startNode, type TlsNode, until } from "../support/tls_nodes.ts";
import { bytesOf, proven, textOf } from "../support/values.ts";

const NODES = 8;
const BITS = 8;
const REPLICATION = 5;

/** A peer that works for its lie: nothing but what others give tells it from the truth. */
function listenLiar(): Promise<FakePeer> {
  return FakePeer.listen(({ type, id, body }) => {
    if (type === 660) return pong(id);
    if (type === 661) return peerFrame(671, id, uint(0, 1));
    if (type === 663) {
      const stamp = Date.now() + 1_000;
      const said = { key: body.slice(0, 32), value: bytesOf("a lie"), stamp };
      const times = { expiresAt: stamp + 600_000, replication: REPLICATION };
      return foundFrame(id, proven({ ...said, ...times }, BITS));
    }
    return type === 662 ? peerFrame(674, id, uint(0, 1)) : null;
  });
}

Deno.test("one liar nearest to a key changes no GET with a read quorum of 3 or more", async () => {
  await using liar = await listenLiar();
  const key = flipBit(liar.contact.id, 255);
  const nodes: TlsNode[] = [];
  try {
    for (let i = 0; i < NODES; i++) {
      nodes.push(await startNode({ via: nodes.slice(0, 1), node: { proofOfWorkBits: BITS } }));
    }
    const know = (count: number) => () =>
      nodes.every(({ node }) => node.figures().contacts === count);
    await until(know(NODES - 1), 20_000);
    const { holders } = await nodes[0]!.node.put(key, bytesOf("honest"), {
      replication: REPLICATION,
    });
    assertEquals(holders.length, REPLICATION);
    for (const { node } of nodes) await node.ping(liar.contact);
    await until(know(NODES), 20_000);
    const found: (string | null)[] = [];
    for (const readQuorum of [3, 5]) {
      for (const { node } of nodes) {
        const result = await node.get(key, { readQuorum });
        found.push(textOf(result?.value));
        assert(result!.agreed > readQuorum / 2, `${result!.agreed} of ${readQuorum} agreed`);
      }
    }
    assertEquals(found.filter((text) => text !== "honest"), []);
    assert(liar.asked.filter((type) => type === 663).length >= NODES, "all have asked the liar");
  } finally {
    await Promise.all(nodes.map((node) => node.close()));
  }
});

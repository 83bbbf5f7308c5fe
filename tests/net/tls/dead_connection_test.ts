/**
 * A connection whose packets vanish, and of which neither side hears anything.
 */

import { assert, assertEquals } from "@std/assert";
import { makeAddress } from "../../../lib/core/kademlia/address.ts";
import { Forwarder } from "../../../scripts/common/forwarder.ts";
import { deadPort, startNode, until } from "../../support/tls_nodes.ts";
import { bytesOf, keyOf, textOf } from "../../support/values.ts";

Deno.test("a node whose connection to another has gone dead finds that out by one request, and all go out once more", async () => {
  const ports = [deadPort(), deadPort()] as const;
  await using toHolder = new Forwarder(ports[0]);
  await using toReader = new Forwarder(ports[1]);
  const behind = (port: number, forwarder: Forwarder) => {
    return { port, publicAddress: makeAddress("127.0.0.1", forwarder.port) };
  };
  await using holder = await startNode(behind(ports[0], toHolder));
  await using reader = await startNode({ via: [holder], ...behind(ports[1], toReader) });
  await until(() => reader.node.figures().contacts === 1 && holder.node.figures().contacts === 1);
  for (let i = 0; i < 20; i++) {
    await holder.node.put(keyOf(`${i}`), bytesOf(`${i}`), { replication: 1 });
  }
  const missing = Array.from({ length: 20 }, (_, i) => i)
    .filter((i) => reader.node.held(keyOf(`${i}`)) === null);
  assert(missing.length > 0, "some values are with the holder alone");
  const connections = () => toHolder.connections + toReader.connections;
  const before = connections();
  // Whichever of them has dialled the one that both use.
  toHolder.killConnections();
  toReader.killConnections();
  const found = await Promise.all(missing.map((i) => reader.node.get(keyOf(`${i}`))));
  assertEquals(found.map((result) => textOf(result?.value)), missing.map(String));
  assertEquals(connections(), before + 1);
});

import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseAddress } from "../../../lib/core/kademlia/address.ts";
import { serve, type ServeOptions } from "../../../lib/net/serve.ts";
import { NODE_OPTIONS_DEFAULT } from "../../../lib/node/options.ts";
import { FakePeer } from "../../support/fake_peer.ts";
import { apiGet, apiPut, join, peerFrame, pong, uint } from "../../support/frames.ts";
import { assertServes, RawConnection } from "../../support/raw_connection.ts";
import { assertCloses, certificate, pause, startNode, until } from "../../support/tls_nodes.ts";
import { bytesOf, keyOf } from "../../support/values.ts";

const key = keyOf("key");

async function options(changes: Partial<ServeOptions> = {}): Promise<ServeOptions> {
  return {
    p2pAddress: parseAddress("127.0.0.1:0"),
    publicAddress: null,
    apiAddress: parseAddress("127.0.0.1:0"),
    certificate: await certificate(),
    bootstrappers: [],
    node: NODE_OPTIONS_DEFAULT,
    log: () => {},
    ...changes,
  };
}

Deno.test("a node that is started and closed at once leaves nothing behind", async () => {
  const running = serve(await options());
  assert(running.p2pAddress.port > 0 && running.apiAddress.port > 0);
  await running.close();
});

Deno.test("closing is done once, however often it is asked for", async () => {
  await using running = serve(await options());
  await Promise.all([running.close(), running.close(), running.node.close()]);
  await running.close();
});

Deno.test("a node can be started again at the address of one that was closed", async () => {
  const first = serve(await options());
  await first.close();
  const second = serve(
    await options({ p2pAddress: first.p2pAddress, apiAddress: first.apiAddress }),
  );
  assertEquals(second.node.id, first.node.id);
  await second.close();
});

Deno.test("a certificate for another address is refused, since no peer could dial the node", async () => {
  const publicAddress = parseAddress("127.0.0.2:0");
  for (const changes of [{ publicAddress }, { p2pAddress: publicAddress }]) {
    const refused = await options(changes);
    assertThrows(
      () => serve(refused),
      RangeError,
      "Cannot serve peers: the certificate does not name 127.0.0.2 (7f000002.invalid)",
    );
  }
});

Deno.test("an address in use is said, and nothing stays open", async () => {
  await using running = serve(await options());
  const { p2pAddress, apiAddress } = running;
  const taken = await options({ p2pAddress });
  assertThrows(() => serve(taken), Error, `for peers on 127.0.0.1:${p2pAddress.port}: the address`);
  const apiTaken = await options({ apiAddress });
  assertThrows(() => serve(apiTaken), Error, "for API clients on 127.0.0.1");
});

Deno.test("a public address is what the node's id follows from", async () => {
  const publicAddress = parseAddress("127.0.0.1:4242");
  await using running = serve(await options({ publicAddress }));
  assertEquals(running.node.self.address, publicAddress);
  assert(running.p2pAddress.port === 4242);
  const anyPort = parseAddress("127.0.0.1:0");
  await using other = serve(await options({ publicAddress: anyPort }));
  assert(other.p2pAddress.port > 0);
});

Deno.test("a node does not serve at an address that no peer can dial", async () => {
  const publicAddress = parseAddress("255.255.255.255:1");
  const wrong = await options({ publicAddress });
  assertThrows(() => serve(wrong), RangeError, "255.255.255.255 is the broadcast address");
});

Deno.test("a client that is connected when the node closes gets what it asked, and the end", async () => {
  const node = await startNode();
  using client = await RawConnection.toApi(node.apiAddress.port);
  using idle = await RawConnection.toApi(node.apiAddress.port);
  await client.write(join(apiPut(key, bytesOf("v")), apiGet(key)));
  assertEquals((await client.next())?.type, 652);
  await node.close();
  assertEquals([await client.all(), await idle.all()], [[], []]);
});

Deno.test("a search under way when the node closes is answered", async () => {
  await using peer = await FakePeer.listen(({ type, id }) => type === 660 ? pong(id) : null);
  const node = await startNode({ via: [{ node: { self: peer.contact } }] });
  await until(() => node.node.figures().contacts === 1);
  using client = await RawConnection.toApi(node.apiAddress.port);
  await client.write(apiGet(key));
  await until(() => peer.asked.includes(663));
  const answers = client.all();
  await node.close();
  assertEquals((await answers).map(({ type }) => type), [653]);
});

Deno.test("closing while dialling a bootstrapper that never shakes hands takes no time", async () => {
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const contact = (await options()).certificate.der;
  const address = parseAddress(`127.0.0.1:${silent.addr.port}`);
  for (const delayMs of [0, 1, 3, 10]) {
    const running = serve(
      await options({ bootstrappers: [{ address, certificate: contact }] }),
    );
    await pause(delayMs);
    const before = performance.now();
    await running.close();
    assert(performance.now() - before < 500, `${performance.now() - before} ms`);
  }
});

Deno.test("a PUT whose work is hard does not keep the node from closing, nor goes on after it", async () => {
  const node = await startNode({ node: { proofOfWorkBits: 24 } });
  node.node.putWith({ key, value: bytesOf("v") }, () => {});
  await assertCloses(node, () => Promise.resolve());
  await pause(20); // the sanitizer would see the search going on
});

Deno.test("a PUT that is not answered leaves no timer behind when the node closes", async () => {
  await using peer = await FakePeer.listen(({ type, id }) => {
    if (type === 660) return pong(id);
    return type === 662 || type === 663 ? peerFrame(674, id, uint(0, 1)) : null;
  });
  const node = await startNode({ via: [{ node: { self: peer.contact } }] });
  await until(() => node.node.figures().contacts === 1);
  for (let i = 0; i < 10; i++) {
    node.node.putWith({ key: keyOf(`${i}`), value: bytesOf("v"), replication: 1 }, () => {});
  }
  await until(() => peer.asked.includes(661));
  await assertCloses(node, () => Promise.resolve());
});

Deno.test("many nodes start and close at random times, and leave nothing behind", async () => {
  await using first = await startNode();
  await Promise.all(Array.from({ length: 10 }, async (_, i) => {
    await pause(i * 7);
    const node = await startNode({ via: [first] });
    await pause(i % 3 * 20);
    await node.close();
  }));
  await assertServes(first);
});

import { assert, assertEquals, assertMatch } from "@std/assert";
import { API_CONNECTIONS_MAX, LINGERING_MAX } from "../../../../lib/net/limits.ts";
import { parseIpNetwork } from "../../../../lib/core/kademlia/ip_network.ts";
import { VALUE_BYTES_MAX } from "../../../../lib/core/limits.ts";
import { SeededRandom } from "../../../../lib/sim/random/seeded_random.ts";
import { apiFrame, apiGet, apiPut, join, type RawFrame } from "../../../support/frames.ts";
import { FakePeer } from "../../../support/fake_peer.ts";
import { RawConnection } from "../../../support/raw_connection.ts";
import { assertCloses, pause, startNode, type TlsNode, until } from "../../../support/tls_nodes.ts";
import { printedSeed } from "../../../support/core/seed.ts";
import { bytesOf, keyOf, patterned, textOf } from "../../../support/values.ts";

const FIND_VALUE = 663;
const SUCCESS = 652;
const FAILURE = 653;
const key = keyOf("key");

function connect({ apiAddress }: TlsNode): Promise<RawConnection> {
  return RawConnection.toApi(apiAddress.port);
}

/** The value of a SUCCESS, or null of a FAILURE. */
function valueOf({ type, body }: RawFrame): string | null {
  assert(type === SUCCESS || type === FAILURE);
  return type === SUCCESS ? textOf(body.subarray(32)) : null;
}

function warnings({ lines }: TlsNode): string[] {
  return lines.filter((line) => line.startsWith("warn"));
}

Deno.test("PUT and GET in one segment: GET sees the value put before it", async () => {
  await using node = await startNode();
  using client = await connect(node);
  await client.write(join(
    apiGet(key),
    apiPut(key, bytesOf("one")),
    apiGet(key),
    apiPut(key, bytesOf("two")),
    apiGet(key),
  ));
  const answers = await client.take(3);
  assertEquals(answers.map(valueOf).sort(), [null, "one", "two"].sort());
  for (const { body } of answers) assertEquals(body.slice(0, 32), key);
});

Deno.test("requests may be cut into segments anywhere", async () => {
  const random = new SeededRandom(printedSeed());
  await using node = await startNode();
  const stream = join(
    ...Array.from({ length: 12 }, (_, i) => [
      apiPut(keyOf(`${i}`), patterned(1 + i * 11, i)),
      apiGet(keyOf(`${i}`)),
    ]).flat(),
  );
  const cuts = {
    "one byte at a time": () => 1,
    "at random": () => 1 + random.below(70),
    "all at once": () => stream.length,
  };
  for (const [name, cut] of Object.entries(cuts)) {
    using client = await connect(node);
    for (let at = 0; at < stream.length;) {
      const end = Math.min(stream.length, at + cut());
      await client.write(stream.subarray(at, end));
      at = end;
    }
    const answers = await client.take(12);
    const found = new Map(answers.map(({ body }) => [textOf(body.slice(0, 32)), body.slice(32)]));
    for (let i = 0; i < 12; i++) {
      const value = found.get(textOf(keyOf(`${i}`)));
      assertEquals(value, patterned(1 + i * 11, i), name);
    }
  }
});

Deno.test("the largest value goes in and comes out, and leaves in one frame", async () => {
  await using node = await startNode();
  using client = await connect(node);
  const value = patterned(VALUE_BYTES_MAX);
  await client.write(join(apiPut(key, value), apiGet(key)));
  const [answer] = await client.take(1);
  assertEquals(answer!.body.subarray(32), value);
});

Deno.test("a value with ttl 1 is there half a second later, and gone after its second", async () => {
  await using node = await startNode();
  using client = await connect(node);
  await client.write(apiPut(key, bytesOf("v"), { ttl: 1, replication: 1 }));
  await pause(500);
  await client.write(apiGet(key));
  assertEquals(valueOf((await client.next())!), "v");
  await pause(700);
  await client.write(apiGet(key));
  assertEquals(valueOf((await client.next())!), null);
});

Deno.test("a shorter life than the shortest is made as long as that, and no other one", async () => {
  await using node = await startNode({ apiTtlMinMs: 60_000 });
  using client = await connect(node);
  for (const [ttl, seconds] of [[1, 60], [61, 61], [0, 3_600]] as const) {
    const own = keyOf(`${ttl}`);
    await client.write(join(apiPut(own, bytesOf("v"), { ttl, replication: 1 }), apiGet(own)));
    assertEquals(valueOf((await client.next())!), "v");
    const left = (await node.node.get(own))!.ttlMs / 1_000;
    assert(left <= seconds && left > seconds - 5, `${left} s of ${seconds}`);
  }
});

Deno.test("a client that closes its half gets all its answers, then the end", async () => {
  await using node = await startNode();
  using client = await connect(node);
  const gets = Array.from({ length: 300 }, (_, i) => apiGet(keyOf(`${i}`)));
  await client.write(join(apiPut(keyOf("7"), bytesOf("seven")), ...gets));
  await client.finish();
  const answers = await client.all();
  assertEquals(answers.length, 300);
  assertEquals(answers.map(valueOf).filter((value) => value !== null), ["seven"]);
  assertEquals(warnings(node), []);
});

Deno.test("a client that closes its half over a network still gets what others have to answer", async () => {
  await using a = await startNode();
  await using b = await startNode({ via: [a] });
  await until(() => a.node.figures().contacts === 1 && b.node.figures().contacts === 1);
  using client = await connect(b);
  const keys = Array.from({ length: 50 }, (_, i) => keyOf(`network ${i}`));
  await client.write(join(...keys.map((k) => apiPut(k, bytesOf("v"), { replication: 1 }))));
  await client.finish();
  assertEquals(await client.all(), []);
  using reader = await connect(a);
  await reader.write(join(...keys.map(apiGet)));
  await reader.finish();
  assertEquals((await reader.all()).map(valueOf), keys.map(() => "v"));
});

Deno.test("10,000 requests down one connection without reading are all answered", async () => {
  await using node = await startNode();
  using client = await connect(node);
  const requests = Array.from({ length: 10_000 }, (_, i) => apiGet(keyOf(`${i % 100}`)));
  const puts = Array.from({ length: 50 }, (_, i) => apiPut(keyOf(`${i}`), patterned(500, i)));
  await client.write(join(...puts, ...requests));
  const answers = await client.take(10_000);
  assertEquals(answers.filter(({ type }) => type === SUCCESS).length, 5_000);
});

Deno.test("a client that never reads does not keep others from their answers", async () => {
  await using node = await startNode();
  using greedy = await connect(node);
  await greedy.write(apiPut(key, patterned(60_000)));
  const writing = greedy.tryWrite(join(...Array.from({ length: 5_000 }, () => apiGet(key))));
  using client = await connect(node);
  for (let i = 0; i < 20; i++) {
    await client.write(apiGet(keyOf("nothing")));
    assertEquals((await client.next())?.type, FAILURE);
  }
  greedy.close();
  await writing;
});

Deno.test("a client that never reads does not keep the node from closing in time", async () => {
  const node = await startNode();
  using greedy = await connect(node);
  await greedy.write(apiPut(key, patterned(60_000)));
  const writing = greedy.tryWrite(join(...Array.from({ length: 2_000 }, () => apiGet(key))));
  await pause(100);
  await assertCloses(node, () => greedy.all());
  await writing;
});

Deno.test("a client that has said all and never reads does not keep the node from closing", async () => {
  const node = await startNode();
  using greedy = await connect(node);
  await greedy.write(join(apiPut(key, patterned(60_000)), ...Array(110).fill(apiGet(key))));
  await greedy.finish();
  await pause(100);
  await assertCloses(node, () => greedy.all());
});

Deno.test("many connections are served at once", async () => {
  await using node = await startNode();
  const clients = await Promise.all(Array.from({ length: 100 }, () => connect(node)));
  await Promise.all(clients.map(async (client, i) => {
    await client.write(join(apiPut(keyOf(`${i}`), bytesOf(`of ${i}`)), apiGet(keyOf(`${i}`))));
    assertEquals(valueOf((await client.next())!), `of ${i}`);
    client.close();
  }));
});

Deno.test("a wrong frame ends its connection only, after what was asked before, with one line", async () => {
  await using node = await startNode();
  using other = await connect(node);
  using client = await connect(node);
  await client.write(join(
    apiPut(key, bytesOf("carried out")),
    apiGet(key),
    apiFrame(999, key),
    apiPut(key, bytesOf("never read")),
  ));
  assertEquals((await client.all()).map(valueOf), ["carried out"]);
  await until(() => warnings(node).length > 0);
  assertEquals(warnings(node).length, 1, warnings(node).join("\n"));
  assert(/127\.0\.0\.1:\d+.*999/.test(warnings(node)[0]!), warnings(node)[0]);
  await other.write(apiGet(key));
  assertEquals(valueOf((await other.next())!), "carried out");
});

Deno.test("one more client than there may be takes the place of the one that has been idle for longest", async () => {
  await using node = await startNode();
  const clients = await Promise.all(
    Array.from({ length: API_CONNECTIONS_MAX }, () => connect(node)),
  );
  for (const client of [...clients.slice(0, 3), ...clients.slice(4)]) {
    await client.write(apiGet(key));
    await client.next();
  }
  using beyond = await connect(node);
  await beyond.write(apiGet(key));
  assertEquals((await beyond.next())?.type, FAILURE);
  assertEquals(await clients[3]!.next(), null, "it has never asked");
  for (const client of clients.slice(4, 14)) {
    await client.write(apiGet(key));
    assertEquals((await client.next())?.type, FAILURE);
  }
  assertEquals(warnings(node), []);
  for (const client of clients) client.close();
});

Deno.test("clients that were cut off and stay all the same are few, and then nobody new is let in", async () => {
  await using node = await startNode();
  const count = API_CONNECTIONS_MAX + LINGERING_MAX;
  const clients: RawConnection[] = [];
  while (clients.length < count) clients.push(await connect(node));
  using beyond = await connect(node);
  assertEquals(await beyond.next(), null);
  assertEquals(warnings(node).length, 1);
  for (const client of clients) client.close();
  await pause(100);
  using again = await connect(node);
  await again.write(apiGet(key));
  assertEquals((await again.next())?.type, FAILURE);
});

Deno.test("clients that wait for an answer give way to nobody", async () => {
  await using silent = await FakePeer.listen(() => null);
  await using node = await startNode({ via: [{ node: { self: silent.contact } }] });
  const clients = await Promise.all(
    Array.from({ length: API_CONNECTIONS_MAX }, () => connect(node)),
  );
  for (const client of clients) await client.write(apiGet(key));
  // All GETs have been read once the silent peer has been asked for all of them.
  await until(() => silent.asked.filter((type) => type === FIND_VALUE).length >= clients.length);
  using beyond = await connect(node);
  assertEquals(await beyond.next(), null);
  assertEquals(warnings(node).length, 1);
  for (const client of clients) client.close();
});

Deno.test("a client that says nothing for as long as it may is cut off, and others are not", async () => {
  await using node = await startNode({ apiIdleLimitMs: 400 });
  using quiet = await connect(node);
  using busy = await connect(node);
  const ended = quiet.next();
  for (let i = 0; i < 10; i++) {
    await busy.write(apiGet(key));
    assertEquals((await busy.next())?.type, FAILURE);
    await pause(100);
  }
  assertEquals(await ended, null);
});

Deno.test("where networks are named, clients of others are closed at once, with one line", async () => {
  const [named, elsewhere] = ["127.0.0.1", "10.0.0.0/8"].map(parseIpNetwork);
  // The system dials 127.0.0.2 from 127.0.0.1, and 127.0.0.1 from itself.
  await using open = await startNode({
    apiHostname: "127.0.0.2",
    apiNetworks: [elsewhere!, named!],
  });
  await using shut = await startNode({ apiHostname: "127.0.0.2", apiNetworks: [elsewhere!] });
  await using local = await startNode({ apiNetworks: [elsewhere!] });
  const ask = async ({ apiAddress: { hostname, port } }: TlsNode) => {
    using client = await RawConnection.toApi(port, hostname);
    await client.tryWrite(apiGet(key));
    return (await client.next())?.type ?? null;
  };
  assertEquals(await ask(open), FAILURE);
  assertEquals(await ask(local), FAILURE, "clients on the same machine always may");
  for (let i = 0; i < 10; i++) assertEquals(await ask(shut), null);
  assertEquals(warnings(shut).length, 1, warnings(shut).join("\n"));
  assertMatch(
    warnings(shut)[0]!,
    /Refused API client 127\.0\.0\.1:\d+: it is of none of the networks that may connect/,
  );
  assertEquals([...warnings(open), ...warnings(local)], []);
});

Deno.test("a client that hangs up without a word is no reason to warn", async () => {
  await using node = await startNode();
  for (let i = 0; i < 5; i++) {
    using client = await connect(node);
    await client.write(apiPut(keyOf(`${i}`), bytesOf("v")));
  }
  using client = await connect(node);
  await client.write(apiGet(key));
  await client.next();
  assertEquals(warnings(node), []);
});

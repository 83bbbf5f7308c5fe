import { assert, assertEquals, assertMatch } from "@std/assert";
import { encodeHex } from "@std/encoding/hex";
import { AdminServer } from "../../lib/admin/server.ts";
import { formatAddress, parseAddress } from "../../lib/core/kademlia/address.ts";
import { formatInvite } from "../../lib/identity/invite.ts";
import type { RunningNode } from "../../lib/net/serve.ts";
import { NodeBusyError, NodeClosedError } from "../../lib/node/errors.ts";
import { ask, type HttpNode, putOver, startHttpNode } from "../support/http_node.ts";
import { startNode, until } from "../support/tls_nodes.ts";
import { keyOf } from "../support/values.ts";

Deno.test("a node alone takes and gives a value over HTTP", async () => {
  await using node = await startHttpNode();
  const put = await putOver(node, "greeting", "hello", "?ttl=60&replication=3&write_quorum=1");
  assertEquals(put.status, 201);
  const self = { id: encodeHex(node.node.id), address: formatAddress(node.p2pAddress) };
  const { ms, ...receipt } = put.json;
  assertEquals(receipt, {
    key: encodeHex(keyOf("greeting")),
    stored: 1,
    replication: 3,
    ttlMs: 60_000,
    quorum: 1,
    complete: true,
    holders: [self],
    networks: 1,
    refused: [],
  });
  assert(ms >= 0);
  for (const key of ["greeting", encodeHex(keyOf("greeting")), "gr%65eting"]) {
    const got = await ask(node, `/v1/values/${key}`);
    assertEquals([got.status, got.text], [200, "hello"]);
    const header = (name: string) => got.headers.get(`X-Voidkad-${name}`);
    assertEquals([header("Holder"), header("Hops"), header("Asked")], [self.address, "0", "0"]);
    assert(Number(header("Age-Ms")) < 10_000 && Number(header("Ttl-Ms")) <= 60_000);
    assertEquals(got.headers.get("Content-Type"), "application/octet-stream");
  }
  const head = await ask(node, "/v1/values/greeting", { method: "HEAD" });
  assertEquals([head.status, head.text, head.headers.get("Content-Length")], [200, "", "5"]);
  const none = await ask(node, "/v1/values/nothing");
  assertEquals([none.status, none.json.error, none.json.asked], [404, "not found", 0]);
});

Deno.test("what a client gets wrong is said with its status", async () => {
  await using node = await startHttpNode();
  const said = async (promise: ReturnType<typeof ask>) => {
    const { status, json } = await promise;
    return [status, json.error];
  };
  const write = { "X-Voidkad": "1" };
  assertEquals(await said(putOver(node, "k", "")), [400, "Cannot put value: it is empty"]);
  assertEquals(await said(putOver(node, "k", "v", "?ttl=x")), [
    400,
    'ttl: "x" is not a whole number',
  ]);
  assertEquals(await said(putOver(node, "k", "v", "?tttl=1")), [400, 'unknown parameter "tttl"']);
  assertEquals(await said(putOver(node, "k", "v", "?ttl=1&ttl=2")), [
    400,
    "ttl is given more than once",
  ]);
  assertEquals(await said(putOver(node, "k", "v", "?replication=3&write_quorum=4")), [
    400,
    "write quorum 4 is not between 1 and 3",
  ]);
  assertEquals(await said(ask(node, "/v1/values/k?read_quorum=0")), [
    400,
    "read quorum 0 is not between 1 and 20",
  ]);
  assertEquals(await said(putOver(node, "k", new Uint8Array(65_496))), [
    413,
    "the body is larger than 65495 bytes",
  ]);
  assertEquals(await said(ask(node, "/v1/values/%ff")), [
    400,
    "the key is not percent-encoded text",
  ]);
  assertEquals(await said(ask(node, "/nothing")), [404, "there is nothing at /nothing"]);
  const wrong = await ask(node, "/v1/values/k", { method: "DELETE", headers: write });
  assertEquals([wrong.status, wrong.headers.get("Allow")], [405, "PUT, GET, HEAD"]);
  const post = await ask(node, "/", { method: "POST", headers: write });
  assertEquals([post.status, post.headers.get("Allow")], [405, "GET, HEAD"]);
  assertEquals((await putOver(node, "k", new Uint8Array(65_495).fill(7))).status, 201);
});

/** Nodes of which the first has HTTP, each knowing all others. */
async function network(
  count: number,
): Promise<{ nodes: [HttpNode, ...HttpNode[]] } & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const first = stack.use(await startHttpNode({ node: { replication: 3 } }));
  const nodes: [HttpNode, ...HttpNode[]] = [first];
  for (let i = 1; i < count; i++) {
    nodes.push(stack.use(await startHttpNode({ via: [first], node: { replication: 3 } })));
  }
  await until(() => nodes.every(({ node }) => node.figures().contacts === count - 1));
  const moved = stack.move();
  return { nodes, [Symbol.asyncDispose]: () => moved.disposeAsync() };
}

Deno.test("receipts over HTTP say which nodes hold a value, and whether the quorum was met", async () => {
  await using net = await network(5);
  const [first, ...others] = net.nodes;
  const all = await putOver(first, "a", "v", "?replication=4&write_quorum=4");
  assertEquals([all.status, all.json.stored, all.json.replication, all.json.complete], [
    201,
    4,
    4,
    true,
  ]);
  const holders = net.nodes.filter(({ node }) => node.held(keyOf("a")));
  const ids = all.json.holders.map(({ id }: { id: string }) => id).sort();
  const really = holders.filter(({ node }) => !node.held(keyOf("a"))!.isCached);
  assertEquals(ids, really.map(({ node }) => encodeHex(node.id)).sort());

  // Some holders are killed: the value is still found, by one and by a quorum of those left.
  for (const other of others.slice(2)) await other.node.halt();
  const got = await ask(first, "/v1/values/a");
  assertEquals([got.status, got.text], [200, "v"]);
  const quorum = await ask(first, "/v1/values/a?read_quorum=5");
  assertEquals(quorum.status, 503);
  assertMatch(quorum.headers.get("X-Voidkad-Quorum")!, /^[123] of 5$/);
  const fewer = await putOver(first, "b", "v", "?replication=5&write_quorum=5");
  assertEquals([fewer.status, fewer.json.stored, fewer.json.quorum], [503, 3, 5]);
  assertEquals(
    fewer.json.error,
    "the write quorum was not reached: 3 of 5 nodes store the value",
  );
  assertEquals(fewer.json.complete, true);

  // All others are gone.
  for (const other of others.slice(0, 2)) await other.node.halt();
  const alone = await putOver(first, "c", "v", "?replication=5&write_quorum=2");
  assertEquals([alone.status, alone.json.stored], [503, 1]);
  assertEquals(alone.json.holders[0].id, encodeHex(first.node.id));
  const { verdict } = (await ask(first, "/healthz")).json;
  assertEquals(verdict, "degraded");
  assertEquals((await ask(first, "/healthz")).status, 503);
});

Deno.test("a receipt says the lifetime and the replicas that a value got", async () => {
  await using node = await startHttpNode({
    node: { ttlMaxMs: 600_000, bucketSize: 8, replication: 8 },
  });
  for (
    const [query, ttlMs, replication] of [
      ["", 600_000, 8],
      ["?ttl=60&replication=2", 60_000, 2],
      ["?ttl=999999999&replication=300", 600_000, 8],
    ] as const
  ) {
    const { status, json } = await putOver(node, "k", "v", query);
    assertEquals([status, json.ttlMs, json.replication], [201, ttlMs, replication], query);
  }
});

/** A server before a node of which only this is known: how it fails. */
async function failingServer(error: Error) {
  const lines: string[] = [];
  const server = new AdminServer({
    address: parseAddress("127.0.0.1:0"),
    version: "1.2.3",
    log: (level, message) => void lines.push(`${level} ${message}`),
  });
  await server.listen();
  const fail = () => Promise.reject(error);
  server.attach({ node: { put: fail, search: fail, explain: fail } } as unknown as RunningNode);
  const at = { httpAddress: server.address };
  return { at, lines, [Symbol.asyncDispose]: () => server.close() };
}

Deno.test("a fault of the program is an error 500 with a line in the log", async () => {
  await using server = await failingServer(new TypeError("no such thing"));
  const answers = [
    await putOver(server.at, "k", "v"),
    await ask(server.at, "/v1/values/k"),
    await ask(server.at, "/v1/explain/k"),
  ];
  for (const { status, json } of answers) {
    assertEquals([status, json.error], [500, "internal error: see the node's log"]);
  }
  assertEquals(server.lines.length, 3);
  for (const line of server.lines) {
    assertMatch(line, /^error Internal error .*TypeError: no such thing/);
  }
});

Deno.test("a node that is busy or closing is an error 503 that says so", async () => {
  for (const error of [new NodeBusyError("too many PUTs"), new NodeClosedError("closing")]) {
    await using server = await failingServer(error);
    for (
      const { status, json } of [
        await putOver(server.at, "k", "v"),
        await ask(server.at, "/v1/values/k"),
      ]
    ) assertEquals([status, json.error], [503, error.message]);
    assertEquals(server.lines, []);
  }
});

Deno.test("the hops of lookups for nodes are not counted among those for values", async () => {
  await using net = await network(3);
  const [first] = net.nodes;
  const figuresOf = async () => (await ask(first, "/v1/node")).json.figures.lookups;
  const before = await figuresOf();
  for (let i = 0; i < 5; i++) await putOver(first, `k${i}`, "v", "?write_quorum=3");
  const put = await figuresOf();
  assertEquals(put.closest - before.closest, 5);
  assertEquals(put.valueHopsSum - before.valueHopsSum, 0);
  await ask(first, "/v1/values/nobody");
  const got = await figuresOf();
  assertEquals(got.notFound - put.notFound, 1);
  assertEquals(got.valueRequestsSum - put.valueRequestsSum, 2);
  const hops = got.valueHopsSum - put.valueHopsSum;
  assert(hops >= 1 && hops <= 2);
});

Deno.test("a receipt names the nodes that refuse a weak proof of work", async () => {
  await using node = await startHttpNode({ node: { proofOfWorkBits: 0 } });
  await using strict = await startNode({ via: [node], node: { proofOfWorkBits: 24 } });
  await until(() => node.node.figures().contacts === 1);
  const put = await putOver(node, "k", "v", "?replication=2&write_quorum=2");
  assertEquals([put.status, put.json.stored], [503, 1]);
  assertEquals(put.json.refused, [{
    id: encodeHex(strict.node.id),
    address: formatAddress(strict.p2pAddress),
    reason: "weakProofOfWork",
  }]);
});

Deno.test("a contact is forgotten by its id or its address, if the request may write", async () => {
  await using net = await network(2);
  const [first, second] = net.nodes;
  const forget = (contact: string, headers: HeadersInit = { "X-Voidkad": "1" }) =>
    ask(first!, `/v1/contacts?contact=${contact}`, { method: "DELETE", headers });
  const id = encodeHex(second!.node.id);
  const address = formatAddress(second!.p2pAddress);
  assertEquals((await forget(id, {})).status, 403);
  assertEquals((await forget("")).status, 400);
  assertEquals((await forget("somebody")).status, 400);
  assertEquals((await forget("10.0.0.9:7402")).status, 404);
  const { status, json } = await forget(address);
  assertEquals([status, json], [200, { forgotten: id }]);
});

Deno.test("explain, contacts and node describe the network as it is", async () => {
  await using net = await network(4);
  const [first, second] = net.nodes;
  await putOver(first, "k", "v", "?replication=2&write_quorum=2");
  const explained = (await ask(second!, "/v1/explain/k")).json;
  assertEquals([explained.verdict, explained.holders, explained.wanted], ["found", 2, 2]);
  assertEquals(explained.responsible.length, 2);
  assert(
    explained.asked.every(({ distance }: { distance: string }) => /^[0-9a-f]{16}$/.test(distance)),
  );
  const missing = (await ask(second!, "/v1/explain/none")).json;
  assertEquals([missing.verdict, missing.holders, missing.asked.length], ["missing", 0, 3]);

  const table = (await ask(first, "/v1/contacts")).json;
  assertEquals([table.prefixLength, table.bucketSize], [1, 20]);
  // deno-lint-ignore no-explicit-any
  const contacts = table.levels.flatMap((level: any) => level.contacts);
  assertEquals(contacts.length, 3);
  assert(contacts.some(({ connected }: { connected: boolean }) => connected));
  assert(
    contacts.every(({ failures, heardMs }: { failures: number; heardMs: number }) =>
      failures === 0 && heardMs >= 0
    ),
  );

  const about = (await ask(first, "/v1/node")).json;
  assertEquals([about.id, about.version], [encodeHex(first.node.id), "1.2.3"]);
  assertEquals(about.invite, formatInvite(first.node.self));
  assertEquals(about.http, formatAddress(first.httpAddress));
  assertEquals(about.health.verdict, "healthy");
  assertEquals([about.figures.contacts, about.figures.puts.stored], [3, 1]);
  assert(about.figures.bytesIn > 0 && about.figures.bytesOut > 0);
  assert(about.figures.handshakesOut > 0 && about.figures.latencyMs.put.p50 > 0);
});

Deno.test("the page and its parts are served, and nothing outside of them", async () => {
  await using node = await startHttpNode();
  const page = await ask(node, "/");
  assertEquals([page.status, page.headers.get("Content-Type")], [200, "text/html; charset=utf-8"]);
  assertMatch(page.headers.get("Content-Security-Policy")!, /default-src 'none'/);
  assertEquals(page.headers.get("Access-Control-Allow-Origin"), null);
  const linked = [...page.text.matchAll(/(?:src|href)="(\/[^"]*)"/g)].map(([, path]) => path!);
  assert(linked.length >= 2);
  for (const path of linked) assertEquals((await ask(node, path)).status, 200, path);
  for (const path of ["/page/page.js", "/../deno.json", "/%2e%2e/deno.json", "/page.html"]) {
    assertEquals((await ask(node, path)).status, 404, path);
  }
});

Deno.test("a node closes with HTTP within its time, also with clients connected", async () => {
  const node = await startHttpNode();
  const { port } = node.httpAddress;
  using open = await Deno.connect({ hostname: "127.0.0.1", port });
  await open.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHos"));
  const before = performance.now();
  await Promise.all([node.close(), node.close()]);
  assert(performance.now() - before < 2_000);
});

Deno.test("an import of very many replicas is refused, and what it may have keeps nobody waiting", async () => {
  await using node = await startHttpNode();
  const importOf = (count: number) =>
    ask(node, "/v1/replicas", {
      method: "PUT",
      headers: { "X-Voidkad": "1" },
      body: JSON.stringify({ replicas: Array(count).fill(1) }),
    });
  const refused = await importOf(8_193);
  assertEquals([refused.status, refused.json.error], [413, "the body has more than 8192 replicas"]);
  let turns = 0;
  const timer = setInterval(() => turns++);
  const { status, json } = await importOf(8_192);
  clearInterval(timer);
  assertEquals([status, json.results.length], [200, 8_192]);
  assert(turns > 20, `${turns} turns for others meanwhile`);
});

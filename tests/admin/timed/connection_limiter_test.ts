import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { parseAddress } from "../../../lib/core/kademlia/address.ts";
import { HTTP_CONNECTIONS_MAX, HTTP_PIPELINED_MAX } from "../../../lib/admin/http/limits.ts";
import {
  CONNECTION_LIMITS,
  type ConnectionLimits,
} from "../../../lib/admin/http/connection_limiter.ts";
import { HttpServer } from "../../../lib/admin/http/http_server.ts";
import { ask, RawHttpClient, startHttpNode } from "../../support/http_node.ts";
import { assertServes } from "../../support/raw_connection.ts";
import { pause, startNode, until } from "../../support/tls_nodes.ts";
import { keyOf } from "../../support/values.ts";

const ANY = parseAddress("127.0.0.1:0");
const GIB = 2 ** 30;
const MIB = 2 ** 20;

/** A server that answers with the length of the body. */
async function openServer(limits: Partial<ConnectionLimits>) {
  const server = new HttpServer(async ({ body }) => {
    let length = 0;
    for await (const chunk of body) length += chunk.length;
    return { status: 200, headers: {}, body: `${length}` };
  }, { limits: { ...CONNECTION_LIMITS, ...limits } });
  const { port } = await server.listen(ANY);
  return { server, port, [Symbol.asyncDispose]: () => server.close() };
}

const REQUEST = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

Deno.test("a client that never ends its head, its body, or says nothing is cut off", async () => {
  await using opened = await openServer({ waitMs: 200, requestMs: 400 });
  const started = [
    "",
    "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
    "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc",
    REQUEST,
  ];
  const clients = await Promise.all(started.map((text) => RawHttpClient.open(opened.port, text)));
  const before = performance.now();
  await Promise.all(clients.map(({ ended }) => ended));
  assert(performance.now() - before < 3_000);
  assertEquals(clients.map(({ status }) => status), [null, null, null, 200]);
  assertEquals(opened.server.size, 0);
});

Deno.test("drops that keep coming do not prolong the time for a head", async () => {
  await using opened = await openServer({ waitMs: 200 });
  using client = await RawHttpClient.open(opened.port, "GET / HTTP/1.1\r\n");
  const before = performance.now();
  while (!client.closed && performance.now() - before < 3_000) {
    client.write("X: y\r\n");
    await pause(20);
  }
  assert(client.closed && performance.now() - before < 2_000);
});

Deno.test("a connection is kept for the next request, and a request may take its time", async () => {
  await using opened = await openServer({ waitMs: 300 });
  using client = await RawHttpClient.open(opened.port, REQUEST);
  for (let i = 1; i <= 4; i++) {
    await until(() => client.text.split("HTTP/1.1 200").length === i + 1);
    await pause(120); // in all longer than the wait of one
    if (i < 4) client.write(REQUEST);
  }
  assert(!client.closed);
});

Deno.test("too many connections cut off the one that has waited longest", async () => {
  await using opened = await openServer({ connectionsMax: 3 });
  const clients: RawHttpClient[] = [];
  for (let i = 0; i < 5; i++) {
    clients.push(await RawHttpClient.open(opened.port));
    await until(() => opened.server.size === Math.min(i + 1, 3));
    await pause(2);
  }
  await until(() => clients.filter(({ closed }) => closed).length === 2);
  assertEquals(clients.map(({ closed }) => closed), [true, true, false, false, false]);
  using late = await RawHttpClient.open(opened.port, REQUEST);
  await until(() => late.status === 200);
  for (const client of clients) client[Symbol.dispose]();
});

Deno.test("an address in use is said", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const server = new HttpServer(() => Promise.reject(new Error("no request was expected")));
  const address = parseAddress(`127.0.0.1:${taken.addr.port}`);
  await assertRejects(
    () => server.listen(address),
    Error,
    `HTTP on 127.0.0.1:${address.port}: the address is in use`,
  );
  await server.close();
});

Deno.test("a client that has sent its request and ended its side is answered", async () => {
  await using opened = await openServer({});
  using client = await Deno.connect({ hostname: "127.0.0.1", port: opened.port });
  await client.write(new TextEncoder().encode(REQUEST));
  await client.closeWrite();
  const answer = await new Response(client.readable).text();
  assertMatch(answer, /^HTTP\/1\.1 200 OK\r\n/);
});

Deno.test("requests sent at once are answered in order, and one at a time", async () => {
  let underWay = 0;
  const targets: string[] = [];
  const server = new HttpServer(async ({ target }) => {
    assertEquals(++underWay, 1);
    targets.push(target);
    await pause(5);
    underWay--;
    return { status: 200, headers: {}, body: target };
  });
  const { port } = await server.listen(ANY);
  const heads = [1, 2, 3, 4, 5].map((i) => `GET /${i} HTTP/1.1\r\nHost: x\r\n\r\n`);
  using client = await RawHttpClient.open(port, heads.join(""));
  await until(() => client.text.endsWith("/5"));
  assertEquals(targets, ["/1", "/2", "/3", "/4", "/5"]);
  assertEquals(client.text.match(/\/\d(?=HTTP|$)/g), targets);
  using flooding = await RawHttpClient.open(port, heads[0]!.repeat(HTTP_PIPELINED_MAX + 1));
  await flooding.ended;
  await server.close();
});

Deno.test("a client that does not read its answers is cut off", async () => {
  const body = new Uint8Array(8 * MIB);
  const server = new HttpServer(
    () => Promise.resolve({ status: 200, headers: {}, body }),
    { limits: { ...CONNECTION_LIMITS, waitMs: 200 } },
  );
  const { port } = await server.listen(ANY);
  using client = await Deno.connect({ hostname: "127.0.0.1", port });
  await client.write(new TextEncoder().encode(REQUEST));
  await until(() => server.size === 1);
  await until(() => server.size === 0, 5_000);
  await server.close();
});

Deno.test("a thousand clients that never end their requests keep no other client from the node", async () => {
  await using node = await startHttpNode();
  await using other = await startNode({ via: [node] });
  await until(() => other.node.figures().contacts === 1);
  const { port } = node.httpAddress;
  const starts = [
    "",
    "GET / HTTP/1.1\r\nHos",
    `PUT /v1/values/k HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX-Voidkad: 1\r\nContent-Length: 99\r\n\r\nabc`,
  ];
  const clients: RawHttpClient[] = [];
  try {
    for (let i = 0; i < 1_000; i++) {
      clients.push(await RawHttpClient.open(port, starts[i % starts.length]!));
      if (i % 250 === 249) {
        assertEquals((await ask(node, "/healthz")).status, 200);
        await assertServes(other);
        await assertServes(node);
      }
    }
    await until(() => clients.filter(({ closed }) => !closed).length <= HTTP_CONNECTIONS_MAX);
    const put = await other.node.put(keyOf("key"), new Uint8Array(9), { replication: 2 });
    assertEquals(put.holders.length, 2);
    assertEquals((await ask(node, "/v1/node")).json.figures.contacts, 1);
  } finally {
    for (const client of clients) client[Symbol.dispose]();
  }
});

/** Sends a body of so many bytes, until all is sent or the node has had enough. */
async function flood(
  port: number,
  head: string,
  encode: (chunk: Uint8Array) => Uint8Array,
  bytes: number,
) {
  using client = await RawHttpClient.open(port, head);
  const chunk = encode(new Uint8Array(MIB));
  let sent = 0;
  while (sent < bytes && client.status === null && !client.closed) {
    sent += MIB;
    if (!client.write(chunk)) await pause(1);
  }
  await until(() => client.status !== null || client.closed);
  return { sent, status: client.status };
}

Deno.test("a body of 1 GiB is refused as soon as it is too long", async () => {
  await using node = await startHttpNode();
  const { port } = node.httpAddress;
  const head = `PUT /v1/values/k HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX-Voidkad: 1\r\n`;
  const stated = await flood(port, `${head}Content-Length: ${GIB}\r\n\r\n`, (chunk) => chunk, GIB);
  assertEquals(stated.status, 413);
  assert(stated.sent < GIB / 8, `${stated.sent} bytes sent`);
  const streamed = await flood(port, `${head}Transfer-Encoding: chunked\r\n\r\n`, (chunk) => {
    const size = new TextEncoder().encode(`${chunk.length.toString(16)}\r\n`);
    return concat(size, chunk, new TextEncoder().encode("\r\n"));
  }, GIB);
  assertEquals(streamed.status, 413);
  assert(streamed.sent < GIB / 8, `${streamed.sent} bytes sent`);
  assertEquals((await ask(node, "/healthz")).status, 200);
});

function concat(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

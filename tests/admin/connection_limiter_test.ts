import { assert, assertEquals, assertRejects } from "@std/assert";
import { parseAddress } from "../../lib/core/kademlia/address.ts";
import { HTTP_CONNECTIONS_MAX } from "../../lib/admin/limits.ts";
import {
  ConnectionLimiter,
  FRONT_LIMITS,
  type FrontLimits,
} from "../../lib/admin/connection_limiter.ts";
import { ask, RawHttpClient, startHttpNode } from "../support/http_node.ts";
import { assertServes } from "../support/raw_connection.ts";
import { pause, startNode, until } from "../support/tls_nodes.ts";
import { keyOf } from "../support/values.ts";

const ANY = parseAddress("127.0.0.1:0");
const GIB = 2 ** 30;
const MIB = 2 ** 20;

/** A front before a server that answers with the length of the body. */
async function openFront(limits: Partial<FrontLimits>) {
  const front = new ConnectionLimiter({ ...FRONT_LIMITS, ...limits });
  const aborter = new AbortController();
  const { signal } = aborter;
  const { promise, resolve } = Promise.withResolvers<number>();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, signal, onListen: ({ port }) => resolve(port) },
    async (request, { remoteAddr }) => {
      const connection = front.at(remoteAddr.port)!;
      connection.begin();
      try {
        return new Response(`${(await request.bytes()).length}`);
      } catch {
        return new Response("cut off", { status: 400 });
      } finally {
        connection.end();
      }
    },
  );
  const { port } = await front.listen(ANY, await promise);
  const close = async () => {
    await front.close();
    aborter.abort();
    await server.finished;
  };
  return { front, port, [Symbol.asyncDispose]: close };
}

const REQUEST = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

Deno.test("a client that never ends its head, its body, or says nothing is cut off", async () => {
  await using front = await openFront({ waitMs: 200, requestMs: 400 });
  const started = [
    "",
    "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
    "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc",
    REQUEST,
  ];
  const clients = await Promise.all(started.map((text) => RawHttpClient.open(front.port, text)));
  const before = performance.now();
  await Promise.all(clients.map(({ ended }) => ended));
  assert(performance.now() - before < 3_000);
  assertEquals(clients.map(({ status }) => status), [null, null, null, 200]);
  assertEquals(front.front.size, 0);
});

Deno.test("drops that keep coming do not prolong the time for a head", async () => {
  await using front = await openFront({ waitMs: 200 });
  using client = await RawHttpClient.open(front.port, "GET / HTTP/1.1\r\n");
  const before = performance.now();
  while (!client.closed && performance.now() - before < 3_000) {
    client.write("X: y\r\n");
    await pause(20);
  }
  assert(client.closed && performance.now() - before < 2_000);
});

Deno.test("a connection is kept for the next request, and a request may take its time", async () => {
  await using front = await openFront({ waitMs: 300 });
  using client = await RawHttpClient.open(front.port, REQUEST);
  for (let i = 1; i <= 4; i++) {
    await until(() => client.text.split("HTTP/1.1 200").length === i + 1);
    await pause(120); // in all longer than the wait of one
    if (i < 4) client.write(REQUEST);
  }
  assert(!client.closed);
});

Deno.test("too many connections cut off the one that has waited longest", async () => {
  await using front = await openFront({ connectionsMax: 3 });
  const clients: RawHttpClient[] = [];
  for (let i = 0; i < 5; i++) {
    clients.push(await RawHttpClient.open(front.port));
    await until(() => front.front.size === Math.min(i + 1, 3));
    await pause(2);
  }
  await until(() => clients.filter(({ closed }) => closed).length === 2);
  assertEquals(clients.map(({ closed }) => closed), [true, true, false, false, false]);
  using late = await RawHttpClient.open(front.port, REQUEST);
  await until(() => late.status === 200);
  for (const client of clients) client[Symbol.dispose]();
});

Deno.test("an address in use is said", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const front = new ConnectionLimiter();
  const address = parseAddress(`127.0.0.1:${taken.addr.port}`);
  await assertRejects(
    () => front.listen(address, 1),
    Error,
    `HTTP on 127.0.0.1:${address.port}: the address`,
  );
  await front.close();
});

Deno.test("a thousand clients that never end their requests keep nobody from the node", async () => {
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

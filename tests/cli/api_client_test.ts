import { assertEquals, assertRejects } from "@std/assert";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { ApiError, getValue, putValue } from "../../lib/cli/clients/api_client.ts";
import { type Address, makeAddress } from "../../lib/core/kademlia/address.ts";
import { encodeApiAnswer } from "../../lib/core/wire/api_codec.ts";
import { Writer } from "../../lib/core/wire/bytes.ts";
import type { ApiAnswer } from "../../lib/core/wire/messages.ts";

const KEY = new Uint8Array(32).fill(7);
const LIMIT_MS = 5_000;

/** A fake node: reads this many bytes from its one connection, then does `act` with it. */
function fakeNode(bytes: number, act: (connection: Deno.TcpConn) => Promise<void> | void) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const received: number[] = [];
  const ended = (async () => {
    using connection = await listener.accept();
    while (received.length < bytes) {
      const buffer = new Uint8Array(bytes - received.length);
      const count = await connection.read(buffer);
      if (count === null) break;
      received.push(...buffer.subarray(0, count));
    }
    await act(connection);
  })();
  return {
    address: makeAddress("127.0.0.1", listener.addr.port) as Address,
    received,
    async [Symbol.asyncDispose]() {
      await ended;
      listener.close();
    },
  };
}

function answer(message: ApiAnswer): Uint8Array {
  const writer = new Writer();
  encodeApiAnswer(writer, message);
  return writer.written;
}

const put = (value: Uint8Array) =>
  ({ type: "put", ttlSeconds: 258, replication: 3, key: KEY, value }) as const;

async function endOfStream(connection: Deno.TcpConn): Promise<void> {
  assertEquals(await connection.read(new Uint8Array(1)), null);
}

Deno.test("putValue sends one frame, ends its side, and waits for the other end", async () => {
  await using node = fakeNode(42, endOfStream);
  await putValue(node.address, put(new Uint8Array([1, 2])), LIMIT_MS);
  assertEquals(node.received, [0, 42, 2, 138, 1, 2, 3, 0, ...KEY, 1, 2]);
});

Deno.test("putValue sends the largest value", async () => {
  await using node = fakeNode(65_535, endOfStream);
  await putValue(node.address, put(new Uint8Array(65_495)), LIMIT_MS);
  assertEquals(node.received.length, 65_535);
  assertEquals(node.received.slice(0, 2), [255, 255]);
});

Deno.test("putValue is content with a node that keeps its side open", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  await using node = fakeNode(42, () => promise);
  await putValue(node.address, put(new Uint8Array(2)), 200);
  resolve();
});

Deno.test("putValue notices that the node cuts the connection", async () => {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.resetAndDestroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await assertRejects(
    () => putValue(makeAddress("127.0.0.1", port), put(new Uint8Array(65_495)), LIMIT_MS),
    ApiError,
    "The node did not accept the value: it closed the connection",
  );
  server.close();
  await once(server, "close");
});

Deno.test("putValue notices an answer that should not be", async () => {
  await using node = fakeNode(42, async (connection) => {
    await connection.write(answer({ type: "failure", key: KEY }));
  });
  await assertRejects(
    () => putValue(node.address, put(new Uint8Array(2)), LIMIT_MS),
    ApiError,
    "has no answer",
  );
});

Deno.test("getValue gets a value that comes byte by byte", async () => {
  const value = new Uint8Array([5, 6, 7]);
  await using node = fakeNode(36, async (connection) => {
    for (const byte of answer({ type: "success", key: KEY, value })) {
      await connection.write(new Uint8Array([byte]));
    }
  });
  assertEquals(await getValue(node.address, KEY, LIMIT_MS), value);
  assertEquals(node.received, [0, 36, 2, 139, ...KEY]);
});

Deno.test("getValue gets the largest value", async () => {
  const value = new Uint8Array(65_495).fill(9);
  await using node = fakeNode(36, async (connection) => {
    for (let rest = answer({ type: "success", key: KEY, value }); rest.length > 0;) {
      rest = rest.subarray(await connection.write(rest));
    }
  });
  assertEquals(await getValue(node.address, KEY, LIMIT_MS), value);
});

Deno.test("getValue gives null for a failure", async () => {
  await using node = fakeNode(36, async (connection) => {
    await connection.write(answer({ type: "failure", key: KEY }));
  });
  assertEquals(await getValue(node.address, KEY, LIMIT_MS), null);
});

for (
  const [name, bytes, message] of [
    ["nothing", [], "closed the connection without an answer"],
    ["part of an answer", [0, 36, 2], "closed the connection without an answer"],
    ["another type", [0, 4, 2, 138], "Cannot read the answer of the node: message type 650"],
    ["a size too small", [0, 3, 2, 141], "Cannot read the answer of the node: frame of 3 bytes"],
    ["trailing bytes", [0, 37, 2, 141, ...KEY, 0], "1 trailing bytes"],
    ["another key", [0, 36, 2, 141, ...KEY.with(0, 1)], "answered for another key"],
  ] as const
) {
  Deno.test(`getValue refuses ${name}`, async () => {
    await using node = fakeNode(36, async (connection) => {
      if (bytes.length > 0) await connection.write(new Uint8Array(bytes));
    });
    await assertRejects(() => getValue(node.address, KEY, LIMIT_MS), ApiError, message);
  });
}

Deno.test("getValue does not wait for ever", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  await using node = fakeNode(36, () => promise);
  await assertRejects(() => getValue(node.address, KEY, 100), ApiError, "No answer within 0.1 s");
  resolve();
});

Deno.test("a node that is not there is named", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  for (
    const ask of [
      () => getValue(makeAddress("127.0.0.1", port), KEY, LIMIT_MS),
      () => putValue(makeAddress("127.0.0.1", port), put(KEY), LIMIT_MS),
    ]
  ) {
    await assertRejects(
      ask,
      ApiError,
      `Cannot reach a node at 127.0.0.1:${port}: connection refused, is it running?`,
    );
  }
});

import { assertEquals } from "@std/assert";
import type { ApiAnswer } from "../../../lib/core/wire/messages.ts";
import {
  assertFound,
  connect,
  encodeRequests,
  eventually,
  forEachAtOnce,
  get,
  newRandom,
  pause,
  put,
  putRequest,
  randomBytes,
  randomItems,
  readAnswers,
  withinTime,
  writeAll,
} from "../../support/api_clients.ts";
import { type NodeProcess, TestNetwork } from "../../support/test_node_process.ts";

const VALUE_BYTES_MAX = 65_495;

/** The nodes of a small network, for all steps of a test. */
async function threeNodes() {
  const network = await TestNetwork.of(3, ["--ttl-min", "0"]);
  return { network, nodes: network.nodes as [NodeProcess, NodeProcess, NodeProcess] };
}

/** One connection: a PUT in one send, half a second, a GET, and a single recv for the answer. */
async function putAndGetAsCourseClient(at: NodeProcess, from: NodeProcess): Promise<void> {
  const random = newRandom();
  const [item] = randomItems(random, 1);
  const start = performance.now();
  {
    using connection = await connect(at.ready.api);
    await writeAll(
      connection,
      encodeRequests(putRequest(item!, { ttlSeconds: 1, replication: 1 })),
    );
    await pause(500);
  }
  {
    using connection = await connect(from.ready.api);
    await writeAll(connection, encodeRequests({ type: "get", key: item!.key }));
    const buffer = new Uint8Array(4_096);
    const count = await withinTime(5_000, () => connection.read(buffer));
    const frame = [0, 0, 2, 140, ...item!.key, ...item!.value];
    frame[0] = frame.length >> 8;
    frame[1] = frame.length & 0xff;
    const lateMs = performance.now() - start;
    assertEquals([...buffer.subarray(0, count ?? 0)], frame, `${lateMs} ms after the PUT`);
  }
  await pause(start + 1_000 - performance.now());
  await eventually("a value expires", 1_000, async () => await get(from, item!.key) === null);
}

Deno.test("a course client's habits work", async (t) => {
  const { network, nodes: [a, b, c] } = await threeNodes();
  await using _ = network;
  const random = newRandom();

  await t.step("a value with a ttl of 1 is found after half a second, then expires", async () => {
    await putAndGetAsCourseClient(a, a);
    await putAndGetAsCourseClient(a, b);
  });

  await t.step("values of 1 to 65,495 bytes come back as they were", async () => {
    const sizes = [1, 2, 255, 4_056, 4_096, 16_384, 32_768, 65_494, VALUE_BYTES_MAX];
    for (const size of sizes) {
      const item = { key: randomBytes(random, 32), value: randomBytes(random, size) };
      await put(b, item, { replication: 2 });
      for (const node of [a, b, c]) await assertFound(node, item);
    }
  });

  await t.step("10,000 requests are sent before the first answer is read", async () => {
    using connection = await connect(c.ready.api);
    const items = randomItems(random, 2_000, 100);
    const requests = items.flatMap((item) => [
      putRequest(item, { replication: 2 }),
      // The first of these is there before the PUT is done, and sees its value all the same.
      ...Array(4).fill({ type: "get", key: item.key }),
    ]);
    assertEquals(requests.length, 10_000);
    await withinTime(30_000, () => writeAll(connection, encodeRequests(...requests)));
    const answers = await readAnswers(connection, 8_000, 30_000);
    assertEquals(countAnswers(answers), new Map(items.map(({ key }) => [String(key), 4])));
    const values = new Map(items.map(({ key, value }) => [String(key), value]));
    for (const answer of answers) {
      const { key } = answer;
      assertEquals(answer, { type: "success", key, value: values.get(String(key))! });
    }
    await forEachAtOnce(items.slice(0, 50), 8, (item) => assertFound(a, item));
  });

  await t.step("a client that has said all still gets its answers, then the end", async () => {
    using connection = await connect(a.ready.api);
    const items = randomItems(random, 20);
    const missing = randomItems(random, 20);
    const gets = [...items, ...missing].map(({ key }) => ({ type: "get", key }) as const);
    const puts = items.map((item) => putRequest(item, { replication: 3 }));
    await writeAll(connection, encodeRequests(...puts, ...gets));
    await connection.closeWrite();
    const answers = await readAnswers(connection, Infinity); // until the node ends its side
    assertEquals(answers.length, 40);
    assertEquals(answers.filter(({ type }) => type === "success").length, 20);
    for (const item of items) await assertFound(b, item);
  });

  await t.step("requests come in segments of any size", async () => {
    using connection = await connect(b.ready.api);
    connection.setNoDelay(true);
    const [item] = randomItems(random, 1, 100);
    const bytes = encodeRequests(putRequest(item!), { type: "get", key: item!.key });
    for (const byte of bytes) await writeAll(connection, new Uint8Array([byte]));
    assertEquals(await readAnswers(connection, 1), [{ type: "success", ...item! }]);
  });
});

function countAnswers(answers: readonly ApiAnswer[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { key } of answers) counts.set(String(key), (counts.get(String(key)) ?? 0) + 1);
  return counts;
}

import { assert, assertEquals } from "@std/assert";
import {
  assertFound,
  forEachAtOnce,
  get,
  newRandom,
  put,
  randomItems,
} from "../../support/api_clients.ts";
import { TestNetwork } from "../../support/test_node_process.ts";

/** Calls an action and returns how long it took, in milliseconds. */
async function timed(action: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await action();
  return performance.now() - start;
}

Deno.test("ten processes keep values, which any of them gives back, also when some freeze or are killed", async (t) => {
  const random = newRandom();
  await using network = await TestNetwork.of(10);
  const nodes = [...network.nodes];

  await t.step("any gives back what one of them is given", async () => {
    const items = randomItems(random, 100, 32_768);
    await forEachAtOnce(items, 8, (item, i) => put(nodes[i % 10]!, item, { replication: 3 }));
    await forEachAtOnce(items, 8, async (item, i) => {
      for (const step of [1, 4, 7]) await assertFound(nodes[(i + step) % 10]!, item);
    });
    const [missing] = randomItems(random, 1);
    assertEquals(await get(nodes[5]!, missing!.key), null);
    for (const node of nodes) assertEquals(/ (warn|error) /.exec(node.stderr), null, node.stderr);
  });

  await t.step("one that freezes during lookups holds no GET up", async () => {
    const [frozen] = nodes.splice(0, 1); // the one that the others have joined through
    const items = randomItems(random, 600);
    await forEachAtOnce(items, 16, (item, i) => put(nodes[i % 9]!, item, { replication: 4 }));
    const times: number[] = [];
    await forEachAtOnce(items, 8, async (item, i) => {
      if (i === 100) frozen!.signal("SIGSTOP");
      times.push(await timed(() => assertFound(nodes[(i + 3) % 9]!, item)));
    });
    const missing = randomItems(random, 40);
    await forEachAtOnce(missing, missing.length, async ({ key }, i) => {
      times.push(await timed(async () => assertEquals(await get(nodes[i % 9]!, key), null)));
    });
    times.sort((a, b) => a - b);
    const p99 = times[Math.floor(0.99 * times.length)]!;
    const [median, max] = [times[times.length >> 1]!, times.at(-1)!];
    console.log(
      `get: median ${median.toFixed(1)} ms, p99 ${p99.toFixed(1)}, max ${max.toFixed(1)}`,
    );
    assert(p99 < 3_000, `p99 is ${p99} ms`);
    frozen!.signal("SIGCONT");
    const { signal } = await frozen!.end("SIGKILL");
    assertEquals(signal, "SIGKILL");
  });

  await t.step("three are killed, and values with five replicas are found", async () => {
    const items = randomItems(random, 60, 4_096);
    await forEachAtOnce(items, 8, (item, i) => put(nodes[i % 9]!, item, { replication: 5 }));
    const killed = [0, 1, 2].map(() => nodes.splice(random.below(nodes.length), 1)[0]!);
    await Promise.all(killed.map((node) => node.end("SIGKILL")));
    await forEachAtOnce(items, 8, (item, i) => assertFound(nodes[i % nodes.length]!, item));
  });
});

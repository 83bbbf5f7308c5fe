import { assert, assertEquals, assertMatch } from "@std/assert";
import { SilentCrowd, withFiles } from "../../support/hostile/few_files.ts";
import { apiGet, apiPut, join } from "../../support/frames.ts";
import { RawConnection } from "../../support/raw_connection.ts";
import { HTTP_FLAGS, type NodeProcess, TestNetwork } from "../../support/test_node_process.ts";
import { pause } from "../../support/tls_nodes.ts";
import { bytesOf, keyOf } from "../../support/values.ts";

const FILES = 700;
const SUCCESS = 652;

/** What `/healthz` says; null if it says nothing within a time. */
async function health({ ready }: NodeProcess): Promise<string | null> {
  try {
    const { port } = ready.http!;
    const signal = AbortSignal.timeout(5_000);
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`, { signal });
    return await answer.text();
  } catch {
    return null;
  }
}

/** Whether a value that is put through one node is found through another. */
async function passes(from: NodeProcess, to: NodeProcess): Promise<boolean> {
  const key = keyOf(`${Math.random()}`);
  using putting = await RawConnection.toApi(from.ready.api.port);
  await putting.write(join(apiPut(key, bytesOf("value"), { replication: 2 }), apiGet(key)));
  await putting.next();
  using getting = await RawConnection.toApi(to.ready.api.port);
  await getting.write(apiGet(key));
  return (await getting.next())?.type === SUCCESS;
}

for (const listener of ["deno", "node"]) {
  Deno.test(`silent connections take nothing from who is there: listener ${listener}`, async () => {
    await using network = new TestNetwork();
    const flags = [...HTTP_FLAGS, "--listener", listener];
    const node = await network.start({ flags, from: withFiles(FILES) });
    const friend = await network.start({ flags: [...HTTP_FLAGS, ...node.joinFlags] });
    await friend.waitUntilJoined();
    {
      await using crowd = new SilentCrowd(node.ready.p2p.port, 2 * FILES);
      await pause(1_500);
      assert(crowd.connected > FILES, `${crowd.connected} connections`);
      const said = await health(node);
      assert(said !== null, "HTTP does not answer");
      assert(await passes(node, friend), "a value does not get out");
      assert(await passes(friend, node), "a value does not get in");
      if (listener === "deno") {
        assertMatch(said, /no peer can connect: \d+ have connected and do not end/);
      } else {
        const newcomer = await network.start({ flags: node.joinFlags });
        await newcomer.waitUntilJoined();
      }
    }
    await pause(500);
    const newcomer = await network.start({ flags: node.joinFlags });
    await newcomer.waitUntilJoined();
    assertMatch(await health(node) ?? "", /healthy/);
  });
}

Deno.test("HTTP answers again after the process was out of file descriptors", async () => {
  await using network = new TestNetwork();
  const node = await network.start({ flags: HTTP_FLAGS, from: withFiles(96) });
  {
    await using _crowd = new SilentCrowd(node.ready.http!.port, 200);
    await pause(1_000);
  }
  let said: string | null = null;
  const end = performance.now() + 20_000;
  while ((said = await health(node)) === null && performance.now() < end) await pause(200);
  assertMatch(said ?? "", /alone/);
  assertEquals(await passes(node, node), true);
});

import { assertEquals, assertMatch } from "@std/assert";
import { health, passes, SilentCrowd, withFiles } from "../support/hostile/few_files.ts";
import { HTTP_FLAGS, TestNetwork } from "../support/test_node_process.ts";
import { pause } from "../support/tls_nodes.ts";

Deno.test("HTTP answers again after the process was out of file descriptors", async () => {
  await using network = new TestNetwork();
  const node = await network.start({ flags: HTTP_FLAGS, from: withFiles(96) });
  {
    await using _crowd = new SilentCrowd(node.ready.http!.port, 200);
    await pause(1_000);
  }
  let said: string | null = null;
  const end = performance.now() + 20_000;
  while ((said = await health(node, 500)) === null && performance.now() < end) await pause(100);
  assertMatch(said ?? "", /alone/);
  assertEquals(await passes(node, node), true);
});

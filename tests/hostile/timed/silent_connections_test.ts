import { assert, assertMatch } from "@std/assert";
import { health, passes, SilentCrowd, withFiles } from "../../support/hostile/few_files.ts";
import { HTTP_FLAGS, TestNetwork } from "../../support/test_node_process.ts";
import { pause } from "../../support/tls_nodes.ts";

const FILES = 700;

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

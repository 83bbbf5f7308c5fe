/**
 * The programs in `examples` that use the library. `minimal_peer_test.ts` has the one that does not.
 */

import { assertEquals, assertMatch } from "@std/assert";
import { formatInvite } from "../../lib/identity/invite.ts";
import { DENO_RUN } from "../../scripts/common/deno_run.ts";
import { startNode } from "../support/tls_nodes.ts";
import { runTrusting, TRUST } from "../support/trust_environment.ts";
import { startWebServer } from "../support/trusted_servers.ts";

const RUN = [...DENO_RUN, "--allow-net"];

Deno.test("examples/two_nodes.ts stores a value through one node and finds it through the other", async () => {
  const { code, stdout, stderr } = await runTrusting([...RUN, "examples/two_nodes.ts"], {
    env: {},
  });
  assertEquals(code, 0, stderr);
  assertMatch(stdout, /^First node: +\S+\nSecond node: \S+\nStored on 2 nodes\nFound: hello\n$/);
});

Deno.test("examples/embed.ts fetches a page by the system's trust once, then finds it in the network", async () => {
  await using web = await startWebServer();
  await using node = await startNode({ node: { proofOfWorkBits: 8 } });
  const args = ["examples/embed.ts", `https://localhost:${web.port}/`];
  const run = () =>
    runTrusting([...RUN, ...args, formatInvite(node.node.self)], {
      env: TRUST["the system's store"]!(web.authorityFile),
    });
  const first = await run();
  assertEquals(
    [first.code, first.stdout],
    [0, "Fetched from its server\nStored on 2 nodes\n7 bytes\n"],
    first.stderr,
  );
  const second = await run();
  assertEquals(
    [second.code, second.stdout],
    [0, "Found in the network, for 60 more minutes\n7 bytes\n"],
    second.stderr,
  );
  assertEquals(web.requests, 1);
});

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { decodeHex, encodeHex } from "@std/encoding/hex";
import { formatAddress } from "../../../lib/core/kademlia/address.ts";
import { compareDistance } from "../../../lib/core/kademlia/node_id.ts";
import type { SeededRandom } from "../../../lib/sim/random/seeded_random.ts";
import {
  assertFound,
  connect,
  encodeRequests,
  forEachAtOnce,
  newRandom,
  put,
  randomItems,
  writeAll,
} from "../../support/api_clients.ts";
import {
  nodeFlags,
  type NodeProcess,
  runCommand,
  TestNetwork,
} from "../../support/test_node_process.ts";

const ITEMS = 40;
/** For handing over around a node that does not answer. */
const LEAVE_LIMIT_MS = 5_000;
const ONE_READY_LINE =
  /^ready id=[0-9a-f]{64} p2p=127\.0\.0\.1:\d+ api=127\.0\.0\.1:\d+ cert=.+\n$/;

/** Random items whose keys are all close to one id, and the nodes by their distance to it. */
function itemsNearOneId(nodes: readonly NodeProcess[], random: SeededRandom) {
  const items = randomItems(random, ITEMS);
  const id = items[0]!.key;
  for (const { key } of items) key.set(id.subarray(0, 16));
  const nearest = nodes.toSorted((a, b) =>
    compareDistance(id, decodeHex(a.ready.id), decodeHex(b.ready.id))
  );
  return { items, nearest };
}

Deno.test("a signal has a node hand over what only it holds, and be gone within 2 s", async (test) => {
  const random = newRandom();
  await using network = await TestNetwork.of(6);
  let nodes: readonly NodeProcess[] = network.nodes;
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    await test.step(signal, async () => {
      const { items, nearest: [holder, ...others] } = itemsNearOneId(nodes, random);
      // Put through the holder itself, since the node that takes a PUT caches the value for a while.
      await forEachAtOnce(items, 8, (item) => put(holder!, item, { replication: 1 }));
      const { code, afterMs } = await holder!.end(signal);
      assertEquals(code, 0, holder!.stderr);
      assert(afterMs < 2_000, `it took ${afterMs} ms`);
      assertMatch(holder!.stdout, ONE_READY_LINE);
      await forEachAtOnce(items, 8, (item, i) => assertFound(others[i % others.length]!, item));
      nodes = others;
    });
  }
});

for (const signal of ["SIGKILL", "SIGSTOP"] as const) {
  Deno.test(`a node that leaves finds other targets when the nearest one gets ${signal}`, async () => {
    const random = newRandom();
    await using network = await TestNetwork.of(4, ["--leave-limit", `${LEAVE_LIMIT_MS / 1_000}`]);
    const { items, nearest: [holder, target, ...others] } = itemsNearOneId(network.nodes, random);
    await forEachAtOnce(items, 8, (item) => put(holder!, item, { replication: 1 }));
    target!.signal(signal);
    const { code, afterMs } = await holder!.end("SIGTERM");
    assertEquals(code, 0, holder!.stderr);
    assert(afterMs < LEAVE_LIMIT_MS, `it took ${afterMs} ms`);
    await forEachAtOnce(items, 8, (item, i) => assertFound(others[i % 2]!, item));
  });
}

Deno.test("SIGTERM ends a node within its limit though clients and peers hang on, and it says what is lost", async () => {
  await using network = await TestNetwork.of(2, ["--leave-limit", "1"]);
  const [node, frozen] = network.nodes as [NodeProcess, NodeProcess];
  const random = newRandom();
  const [unread, ...items] = randomItems(random, 30);
  using idle = await connect(node.ready.api);
  await forEachAtOnce(items, 8, (item) => put(node, item, { replication: 2 }));
  frozen.signal("SIGSTOP");
  await writeAll(idle, encodeRequests({ type: "get", key: unread!.key }));
  const { code, afterMs } = await node.end("SIGTERM");
  assertEquals(code, 1, node.stderr);
  assert(afterMs < 2_000, `it took ${afterMs} ms`);
  assertMatch(node.stderr, /Lost 29 of 29 values: no other node has confirmed to hold them/);
  for (const { key } of items) assertStringIncludes(node.stderr, encodeHex(key));
});

for (const which of ["p2p", "api"] as const) {
  Deno.test(`an address for ${which} that is in use is one line and exit status 1`, async () => {
    await using network = new TestNetwork();
    const { ready } = await network.start();
    const address = formatAddress(ready[which]);
    const flags = [`--${which}-address`, address, "--log-level", "warn"];
    const all = nodeFlags(network.newFolder(), flags);
    const { code, stdout, stderr } = await runCommand(["start", ...all]);
    const whom = which === "p2p" ? "peers" : "API clients";
    assertEquals(
      stderr,
      `voidkad: start: --${which}-address: Cannot listen for ${whom} on ${address}: ` +
        "the address is in use\n",
    );
    assertEquals([code, stdout.length], [1, 0]);
  });
}

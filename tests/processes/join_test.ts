import { assert, assertEquals } from "@std/assert";
import { formatAddress } from "../../lib/core/kademlia/address.ts";
import {
  assertFound,
  eventually,
  forEachAtOnce,
  get,
  newRandom,
  put,
  randomBytes,
  randomItems,
} from "../support/api_clients.ts";
import { TestNetwork } from "../support/test_node_process.ts";

/** The lines of a log from the level of warnings on. */
function warnings(log: string): string[] {
  return log.split("\n").filter((line) => / (warn|error) /.test(line));
}

Deno.test("a node that restarts is reached by the pin that others have of it", async () => {
  const random = newRandom();
  await using network = new TestNetwork();
  const folder = network.newFolder();
  const first = await network.start({ folder });
  const { ready } = first;
  const certificate = await Deno.readFile(ready.cert);
  const others = [
    await network.start({ flags: first.joinFlags }),
    await network.start({ flags: first.joinFlags }),
  ];
  for (const node of others) await node.waitUntilJoined();
  const items = randomItems(random, 20);
  await forEachAtOnce(items, 4, (item, i) => put(others[i % 2]!, item, { replication: 3 }));
  assertEquals((await first.end("SIGTERM")).code, 0);

  // It has no bootstrapper: if it finds anything, others have come to it.
  const flags = ["--p2p-address", formatAddress(ready.p2p)];
  const again = await network.start({ folder, flags });
  assertEquals(again.ready.id, ready.id);
  assertEquals(again.ready.p2p, ready.p2p);
  assertEquals(await Deno.readFile(again.ready.cert), certificate);
  await eventually("the restarted node finds what was put before", 10_000, async () => {
    await get(others[0]!, randomBytes(random, 32)); // a lookup that asks everyone
    return await get(again, items[0]!.key) !== null;
  });
  for (const item of items) await assertFound(again, item);
});

Deno.test("a bootstrapper with another certificate is one line in the log", async () => {
  const random = newRandom();
  await using network = new TestNetwork();
  const [one, other] = await Promise.all([network.start(), network.start()]);
  const [bootstrapper, address] = one!.joinFlags;
  const flags = [bootstrapper!, address!, "--bootstrapper-cert", other!.ready.cert];
  const node = await network.start({ flags: [...flags, "--log-level", "debug"] });
  const [item] = randomItems(random, 1);
  await put(node, item!);
  await assertFound(node, item!);
  const trouble = `bootstrapper ${address} does not have the expected certificate`;
  // The second attempt fails as the first one did, and is logged at level debug only.
  await node.waitForLog(new RegExp(`debug .*${trouble}`), 10_000);
  const [line, ...more] = warnings(node.stderr);
  assert(line?.endsWith(` warn  Cannot join: ${trouble}; trying again`), node.stderr);
  assertEquals(more, []);
  assertEquals(await get(one!, item!.key), null);
});

Deno.test("a node joins by itself when its bootstrapper comes up", async () => {
  const random = newRandom();
  await using network = new TestNetwork();
  const folder = network.newFolder();
  const before = await network.start({ folder });
  assertEquals((await before.end("SIGTERM")).code, 0);

  const node = await network.start({ flags: before.joinFlags });
  const [, address] = before.joinFlags;
  await node.waitForLog(/Cannot join/, 10_000);
  const [line, ...more] = warnings(node.stderr);
  const trouble = `bootstrapper ${address} cannot be reached`;
  assert(line?.endsWith(` warn  Cannot join: ${trouble}; trying again`), node.stderr);
  assertEquals(more, []);
  const [item] = randomItems(random, 1);
  await put(node, item!);
  await assertFound(node, item!);

  const bootstrapper = await network.start({ folder, flags: ["--p2p-address", address!] });
  await node.waitForLog(/Joined: 1 contact/, 15_000);
  // It believes an introduction only after it has dialled back.
  await eventually("the bootstrapper finds what the node keeps", 5_000, async () => {
    return await get(bootstrapper, item!.key) !== null;
  });
  await assertFound(bootstrapper, item!);
});

Deno.test("a node joins by the line that another prints of itself, with no file copied", async () => {
  const random = newRandom();
  await using network = new TestNetwork();
  const first = await network.start();
  const [, invite = ""] = await first.waitForLog(/--join (voidkad:\S+)/, 10_000);
  const node = await network.start({ flags: ["--join", invite] });
  await node.waitForLog(/Joined: 1 contact/, 10_000);
  const [item] = randomItems(random, 1);
  await put(first, item!);
  await assertFound(node, item!);
});

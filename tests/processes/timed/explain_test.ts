import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { formatAddress } from "../../../lib/core/kademlia/address.ts";
import { type NodeProcess, TestNetwork } from "../../support/test_node_process.ts";

const HTTP = ["--http-address", "127.0.0.1:0"];

/** What a node tells of a key. */
// deno-lint-ignore no-explicit-any
async function explain(node: NodeProcess, key: string): Promise<any> {
  const response = await fetch(`http://${formatAddress(node.ready.http!)}/v1/explain/${key}`);
  assertEquals(response.status, 200);
  return await response.json();
}

Deno.test("a frozen process in the way is named by explain, and the receipt counts it out", async () => {
  await using network = await TestNetwork.of(5, [...HTTP, "--replication", "5"]);
  const [first, frozen] = network.nodes;
  const url = `http://${formatAddress(first!.ready.http!)}/v1/values/key`;
  const write = { method: "PUT", headers: { "X-Voidkad": "1" }, body: "value" };
  const stored = await fetch(`${url}?write_quorum=5`, write);
  assertEquals([stored.status, (await stored.json()).stored], [201, 5]);
  const well = await explain(first!, "key");
  assertEquals([well.verdict, well.holders, well.wanted], ["found", 5, 5]);

  frozen!.signal("SIGSTOP");
  const address = formatAddress(frozen!.ready.p2p);
  const found = await explain(first!, "key");
  assertEquals([found.verdict, found.holders], ["found", 4]);
  const missing = await explain(first!, "nothing");
  assertEquals([missing.verdict, missing.holders], ["missing", 0]);
  assertStringIncludes(missing.summary, `${address} did not answer in time`);
  const asked = missing.asked.find((one: { address: string }) => one.address === address);
  assertEquals(asked.outcome, "timeout");
  assert(asked.ms >= 500);

  const receipt = await fetch(`${url}?replication=5&write_quorum=5`, write);
  const answer = await receipt.json();
  assertEquals([receipt.status, answer.stored, answer.complete], [503, 4, true]);
  assert(!answer.holders.some((one: { address: string }) => one.address === address));
  const early = await fetch(`${url}?replication=5&write_quorum=3`, write);
  assertEquals(early.status, 201);
  await early.body?.cancel();
});

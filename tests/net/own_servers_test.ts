import { assertEquals } from "@std/assert";
import { makeContact } from "../../lib/core/kademlia/contact.ts";
import { sha256 } from "../../lib/hash/sha256.ts";
import { startNode } from "../support/tls_nodes.ts";

Deno.test("a node never connects to its own module API, whoever says that a contact is there", async () => {
  await using running = await startNode();
  const { certificate } = running.node.self;
  const there = makeContact(running.apiAddress, certificate, sha256);
  assertEquals(await running.node.ping(there), "unreachable");
  assertEquals(running.lines.filter((line) => line.includes("API")), []);
});

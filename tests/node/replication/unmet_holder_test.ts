import { assert, assertEquals } from "@std/assert";
import type { Contact } from "../../../lib/core/kademlia/contact.ts";
import type { PeerAnswer, PeerRequest } from "../../../lib/core/wire/messages.ts";
import { pingOf } from "../../support/pings.ts";
import { SimWorld } from "../../support/sim_world.ts";
import { bytesOf, keyOf, textOf } from "../../support/values.ts";

Deno.test("a holder of an older version that this node has never met, and another holder has, gets the newer one", () => {
  const world = new SimWorld();
  const node = world.start(world.contact(1));
  const [holder, unmet] = [world.contact(2), world.contact(3)];
  const stored: [Contact, PeerRequest & { type: "store" }][] = [];
  const answering = (self: Contact, closest: readonly Contact[]) => (request: PeerRequest) => {
    if (request.type === "store") stored.push([self, request]);
    const answers: Record<PeerRequest["type"], PeerAnswer> = {
      ping: world.pong(),
      store: { type: "stored", status: "stored" },
      findNode: { type: "foundNode", contacts: closest },
      findValue: { type: "foundNode", contacts: closest },
      digest: { type: "different", ranges: [] },
      offer: { type: "wanted", wanted: [0], replaced: [], offered: [] },
    };
    return answers[request.type];
  };
  let named: readonly Contact[] = [];
  const peer = world.startScripted(holder, (request) => answering(holder, named)(request));
  // It takes values and answers nothing else, so that no lookup finds it.
  const storing = answering(unmet, []);
  world.startScripted(unmet, (request) => request.type === "store" ? storing(request) : null);
  world.ask(peer, node.contact, pingOf(holder));
  world.run(1_000);

  const key = keyOf("key");
  world.put(node, key, bytesOf("old"), { replication: 2 });
  world.put(node, key, bytesOf("new"), { replication: 2 });
  assert(!node.parts.table.entry(unmet));
  named = [unmet];
  stored.length = 0;
  world.run(30_000);
  const [displaced] = stored.filter(([contact]) => contact === unmet);
  assertEquals(textOf(displaced?.[1].value), "new");
  assert(displaced![1].cachedUntil > 0, "as a cached value");
});

import { assert } from "@std/assert";
import { pingOf } from "../support/pings.ts";
import { SimWorld } from "../support/sim_world.ts";
import { bytesOf, fakeContact, keyOf } from "../support/values.ts";

const VALUES = 1_500;
const SYBILS = 40;

Deno.test("peers that come and go have no node send all its values to each of them", () => {
  const world = new SimWorld();
  const nodes = world.startMany(4);
  for (let i = 0; i < VALUES; i++) {
    nodes[i % 4]!.node.putWith(
      { key: keyOf(`value ${i}`), value: bytesOf("value"), ttlMs: 3_600_000 },
      () => {},
    );
    if (i % 100 === 0) world.run(1_000);
  }
  world.run(120_000);
  const stores = () =>
    nodes.flatMap(({ sent }) => sent).filter(({ request }) => request.type === "store").length;
  const before = stores();
  for (let i = 0; i < SYBILS; i++) {
    // It lacks whatever it is asked about, and is gone some seconds later.
    const sybil = world.startScripted(fakeContact("10.0.66.66", 1 + i), (request) => {
      if (request.type === "ping") return world.pong();
      if (request.type === "store") return { type: "stored", status: "stored" };
      if (request.type === "findNode" || request.type === "findValue") {
        return { type: "foundNode", contacts: [] };
      }
      if (request.type === "digest") {
        return {
          type: "different",
          ranges: request.ranges.map((_, index) => ({ index, count: 0 })),
        };
      }
      const wanted = [...request.versions.keys()];
      return { type: "wanted", wanted, replaced: [], offered: [] };
    });
    for (const { contact } of nodes) sybil.request(contact, pingOf(sybil.self), () => {});
    world.run(5_000);
    void sybil.close();
  }
  world.run(30_000);
  const sent = stores() - before;
  console.log(`${sent} STOREs`);
  assert(sent > 0 && sent < 4 * SYBILS * VALUES / 4, `${sent} STOREs`);
});

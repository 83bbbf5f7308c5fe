import { assert, assertEquals } from "@std/assert";
import { compareDistance } from "../../../lib/core/kademlia/node_id.ts";
import { ReturnWatch } from "../../../lib/node/repair/return_watch.ts";
import { SimWorld } from "../../support/sim_world.ts";
import { bytesOf, keyOf } from "../../support/values.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

Deno.test("a cut that two holders did not notice themselves is made good once others answer again", () => {
  const world = new SimWorld();
  const [node, holder, ...others] = world.startMany(8);
  const near = [node, ...others].map((other) => other!.contact);
  // The closest to it does not change by the cut, so that nobody has a reason to compare.
  const isFirst = (key: Uint8Array) =>
    near.every(({ id }) => compareDistance(key, holder!.contact.id, id) < 0);
  const keys: Uint8Array[] = [];
  for (let i = 0; keys.length < 2; i++) if (isFirst(keyOf(`${i}`))) keys.push(keyOf(`${i}`));
  const [shared, missed] = keys as [Uint8Array, Uint8Array];
  world.put(holder!, shared, bytesOf("shared"), { ttlMs: 20 * HOUR_MS });
  world.run(2 * MINUTE_MS);
  world.hold(holder!, { key: missed, value: bytesOf("missed") });
  world.run(2 * MINUTE_MS);
  assertEquals(node!.node.held(missed), null, "there is no reason to compare");
  const cut = new Set(others.slice(0, 3).map(({ contact }) => contact.head));
  const heal = world.cut((from, to) => from.head === node!.contact.head && cut.has(to.head));
  for (const { contact } of others.slice(0, 3)) node!.parts.introductions.ping(contact);
  world.run(10_000);
  heal();
  world.run(MINUTE_MS);
  assertEquals(node!.node.held(missed)?.isCached, false);
});

Deno.test("some contacts that answer again within a minute make the end of a cut, once in a minute", () => {
  const world = new SimWorld();
  const { parts } = world.startMany(1)[0]!;
  const watch = new ReturnWatch(parts);
  const noteAll = (...numbers: number[]) =>
    numbers.map((number) => watch.noteReturned(world.contact(number)));
  assertEquals(noteAll(2, 2, 3, 2), [false, false, false, false]);
  world.run(MINUTE_MS);
  assertEquals(noteAll(4, 5, 6, 7, 8, 9), [false, false, true, false, false, false]);
  world.run(MINUTE_MS);
  assertEquals(noteAll(4, 5, 6), [false, false, true]);
  world.run(2 * MINUTE_MS);
  assertEquals(noteAll(2), [false]);
  world.run(MINUTE_MS - 1_000);
  assertEquals(noteAll(4), [false], "whenever the first of them did");
  world.run(2_000);
  assertEquals(noteAll(5, 6, 7), [false, true, false]);
});

Deno.test("a node that joins again compares with all with which it shares something, also far ones", () => {
  const world = new SimWorld();
  const nodes = world.startMany(40);
  for (let i = 0; i < 20; i++) {
    world.put(nodes[i]!, keyOf(`value ${i}`), bytesOf("value"), { ttlMs: 20 * HOUR_MS });
  }
  world.run(10 * MINUTE_MS);
  let far = 0;
  for (const { parts, sent } of nodes.slice(0, 3)) {
    const sharers: string[] = [];
    parts.sharedDigests.withCurrent((digests) => {
      digests.neighbourhood.contacts.forEach(({ address }, index) => {
        if (digests.digest(index).count > 0) sharers.push(address.hostname);
        if (digests.digest(index).count > 0 && index >= 20) far++;
      });
    });
    const before = sent.length;
    parts.repair.compareWithAll();
    world.run(4_000);
    const asked = sent.slice(before).filter(({ request }) => request.type === "digest")
      .map(({ to }) => to.address.hostname);
    assertEquals(sharers.filter((sharer) => !asked.includes(sharer)), []);
  }
  assert(far > 0, "some share something with nodes that are not among the closest");
});

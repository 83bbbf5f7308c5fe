import { assert, assertEquals } from "@std/assert";
import { compareDistance } from "../../../lib/core/kademlia/node_id.ts";
import { versionOf } from "../../../lib/core/repair/version.ts";
import { type SimNode, World } from "../../../lib/sim/world.ts";
import { printedSeed } from "../../support/core/seed.ts";
import { SimWorld } from "../../support/sim_world.ts";
import { bytesOf, keyOf, textOf } from "../../support/values.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;

for (const replication of [2, 3, 20]) {
  Deno.test(`a node that was away while a value of ${replication} replicas was overwritten for a minute does not bring the old one back`, () => {
    const world = new World({ seed: printedSeed() });
    world.grow(12, SECOND_MS);
    world.run(MINUTE_MS);
    const key = keyOf("overwritten");
    const put = (text: string, ttlMs: number): void => {
      world.pick().node.putWith({ key, value: bytesOf(text), replication, ttlMs }, () => {});
      world.run(5 * SECOND_MS);
    };
    put("old", 60 * MINUTE_MS);
    const holder = world.living.find(({ node }) => node.held(key)?.isCached === false)!;
    world.kill(holder);
    world.run(10 * SECOND_MS);
    put("new", MINUTE_MS);
    world.run(2 * MINUTE_MS);
    const again = world.restart(holder, { keepsData: true });
    world.run(MINUTE_MS);
    assertEquals(again.node.held(key), null);
    const found: (string | null)[] = [];
    for (const { node } of world.living) {
      node.getWith(key, (result) => found.push(textOf(result?.value) ?? null));
    }
    world.run(5 * SECOND_MS);
    assertEquals(found, Array(12).fill(null));
  });
}

/** Lets each node find out that another does not answer, and that one that none does. */
function noteCut(world: World, cut: SimNode): void {
  for (const { node } of world.living) {
    if (node === cut.node) continue;
    void node.ping(cut.node.self);
    void cut.node.ping(node.self);
  }
  world.run(10 * SECOND_MS);
}

Deno.test("a node that was cut off while values were overwritten for a minute does not bring the old ones back", () => {
  const world = new World({ seed: printedSeed() });
  world.grow(8, SECOND_MS);
  world.run(MINUTE_MS);
  const keys = Array.from({ length: 20 }, (_, i) => keyOf(`overwritten ${i}`));
  const [writer] = world.living as [SimNode];
  const cut = world.living.at(-1)!;
  const putAll = (text: string, ttlMs: number): void => {
    for (const key of keys) {
      writer.node.putWith({ key, value: bytesOf(text), replication: 3, ttlMs }, () => {});
    }
    world.run(5 * SECOND_MS);
  };
  putAll("old", 60 * MINUTE_MS);
  const heal = world.cut((from, to) => [from.head, to.head].includes(cut.node.self.head));
  noteCut(world, cut);
  putAll("older", 60 * MINUTE_MS);
  putAll("new", MINUTE_MS);
  world.run(5 * MINUTE_MS);
  heal();
  world.run(5 * MINUTE_MS);
  for (const key of keys) {
    for (const { node } of world.living) {
      node.getWith(key, (result) => assertEquals(textOf(result?.value) ?? null, null));
    }
    world.run(SECOND_MS);
  }
});

Deno.test("a version is dropped when most that should hold it say that it was replaced, not one alone", () => {
  const world = new SimWorld();
  const nodes = world.startMany(8);
  const key = keyOf("kept");
  world.put(nodes[0]!, key, bytesOf("value"), { replication: 4, ttlMs: 60 * MINUTE_MS });
  const [holder, liar, second] = world.holders(key) as [typeof nodes[0], ...typeof nodes];
  const { storage, replaced } = holder!.parts;
  const version = versionOf(storage.get(key)!);
  for (let i = 0; i < 10; i++) replaced.note(version, liar!.contact);
  assert(storage.get(key));
  replaced.note({ ...version, stamp: version.stamp + 1 }, second!.contact);
  replaced.note({ ...version, stamp: version.stamp + 1 }, liar!.contact);
  assert(storage.get(key), "another version is meant");
  replaced.note(version, second!.contact);
  assert(storage.get(key), "what was said before of a third version counts no more");
  replaced.note(version, liar!.contact);
  assertEquals(storage.get(key), null);
  assert(!storage.lacks(version), "it is not taken again");
});

Deno.test("what nodes say that should not hold a version, or have gone, does not count", () => {
  const world = new SimWorld();
  const nodes = world.startMany(12);
  const key = keyOf("kept");
  world.put(nodes[0]!, key, bytesOf("value"), { replication: 4, ttlMs: 60 * MINUTE_MS });
  const holders = world.holders(key);
  const { storage, replaced } = holders[0]!.parts;
  const version = versionOf(storage.get(key)!);
  for (const node of nodes) {
    if (!holders.includes(node)) replaced.note(version, node.contact);
  }
  replaced.note(version, holders[1]!.contact);
  assert(storage.get(key));
});

Deno.test("a node that starts again with what it kept gives nobody a version that was replaced", () => {
  const world = new World({ seed: printedSeed() });
  world.grow(10, SECOND_MS);
  world.run(MINUTE_MS);
  for (let i = 0; i < 6; i++) {
    const key = keyOf(`single ${i}`);
    const put = (text: string): void => {
      world.pick().node.putWith({
        key,
        value: bytesOf(text),
        replication: 1,
        ttlMs: 60 * MINUTE_MS,
      }, () => {});
      world.run(5 * SECOND_MS);
    };
    put("old");
    const holder = world.living.find(({ node }) => node.held(key)?.isCached === false)!;
    world.kill(holder);
    world.run(10 * SECOND_MS);
    put("new");
    world.run(MINUTE_MS);
    world.restart(holder, { keepsData: true });
    for (let second = 0; second < 20; second++) {
      world.run(SECOND_MS);
      for (const { node } of world.living) {
        node.getWith(key, (result) => assertEquals(textOf(result?.value), "new", `${second} s`));
      }
    }
    world.run(MINUTE_MS);
  }
});

Deno.test("a holder whose connections were dead during an overwrite gets the newer version in seconds", () => {
  const world = new World({ seed: printedSeed() });
  world.grow(15, SECOND_MS);
  world.run(MINUTE_MS);
  for (let i = 0; i < 40; i++) {
    const key = keyOf(`dead ${i}`);
    const put = (text: string): void => {
      world.pick().node.putWith({
        key,
        value: bytesOf(text),
        replication: 5,
        ttlMs: 60 * MINUTE_MS,
      }, () => {});
    };
    put("old");
    world.run(30 * SECOND_MS);
    // One that others ask: the closest that holds it.
    const near = world.living.toSorted((a, b) => compareDistance(key, a.node.id, b.node.id));
    const holder = near.slice(0, 5).find(({ node }) => node.held(key)?.isCached === false)!;
    holder.transport.loseConnections();
    put("new");
    world.run(20 * SECOND_MS);
    assertEquals(textOf(holder.node.held(key)?.value), "new");
  }
});

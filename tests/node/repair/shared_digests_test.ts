import { assert, assertEquals } from "@std/assert";
import { EMPTY_DIGEST, saltOf, tagOf } from "../../../lib/core/repair/version.ts";
import type { NeighbourhoodDigests } from "../../../lib/node/repair/shared_digests.ts";
import { SeededRandom } from "../../../lib/sim/random/seeded_random.ts";
import { printedSeed } from "../../support/core/seed.ts";
import { randomBytes } from "../../support/core/contacts.ts";
import { SimWorld, type TestNode } from "../../support/sim_world.ts";
import { bytesOf, keyOf } from "../../support/values.ts";

const MINUTE_MS = 60_000;

/** Compares digests with what the node's store says, replica by replica. */
function checkDigests({ parts }: TestNode, digests: NeighbourhoodDigests): void {
  const { contacts, near } = digests.neighbourhood;
  const self = contacts.length;
  const [all, firsts] = [contacts, contacts].map((each) => each.map(() => ({ ...EMPTY_DIGEST })));
  let astray = 0;
  for (const entry of parts.storage.entries()) {
    if (entry.isCached) continue;
    const sharers = near.closest(entry.key, entry.replication);
    if (!sharers.includes(self)) astray++;
    else {
      for (const index of sharers) {
        for (const sums of sharers[0] === self ? [all!, firsts!] : [all!]) {
          if (index === self) continue;
          const { count, tags, salts } = sums[index]!;
          sums[index] = {
            count: count + 1,
            tags: (tags ^ tagOf(entry)) >>> 0,
            salts: (salts ^ saltOf(entry)) >>> 0,
          };
        }
      }
    }
  }
  assertEquals(contacts.map((_, index) => digests.digest(index)), all);
  assertEquals(contacts.map((_, index) => digests.first(index)), firsts);
  assertEquals(digests.astray.size, astray);
}

Deno.test("digests follow a store whose values come, change and end, and nodes that come and go", () => {
  const world = new SimWorld();
  const nodes = world.startMany(30);
  const { random } = world;
  for (let i = 0; i < 300; i++) {
    const node = nodes[random.below(nodes.length)]!;
    const [replication, ttlMs] = [1 + random.below(20), 2_000 + random.below(MINUTE_MS)];
    world.put(node, keyOf(`${random.below(60)}`), bytesOf(`${i}`), { replication, ttlMs });
    if (i % 30 === 29) world.kill(nodes.splice(random.below(nodes.length), 1)[0]!);
    if (i % 30 === 14) nodes.push(world.start(world.contact(100 + i), [nodes[0]!.contact]));
    world.run(random.below(1_000));
  }
  world.run(10_000);
  for (const node of nodes) {
    let isCalled = false;
    node.parts.sharedDigests.withCurrent((digests) => {
      isCalled = true;
      checkDigests(node, digests);
    });
    assert(isCalled, "what is known is told at once");
  }
});

Deno.test("replicas that come and go while all are gone through are counted once", () => {
  const random = new SeededRandom(printedSeed());
  const world = new SimWorld();
  const [node, other] = world.startMany(10);
  const { storage, sharedDigests, neighbourhoods } = node!.parts;
  const keys: Uint8Array[] = [];
  const put = (key: Uint8Array) => {
    const stamp = world.queue.unixNow() + random.below(1_000);
    world.hold(node!, { key, value: bytesOf("v"), stamp, replication: 7, ttlMs: MINUTE_MS });
    keys.push(key);
  };
  for (let i = 0; i < 20_000; i++) put(randomBytes(random));
  world.kill(other!);
  world.run(2_000);
  let made: NeighbourhoodDigests | null = null;
  sharedDigests.withCurrent((digests) => made = digests);
  assertEquals(made, null);
  let steps = 0;
  while (!made) {
    steps++;
    for (let i = 0; i < 50; i++) {
      const entry = storage.get(keys[random.below(keys.length)]!);
      if (entry && random.below(2) === 0) storage.demote(entry);
      put(random.below(2) === 0 ? randomBytes(random) : keys[random.below(keys.length)]!);
    }
    world.queue.step(Infinity);
  }
  assert(steps >= 4, `made in ${steps} steps`);
  checkDigests(node!, made);
  assertEquals((made as NeighbourhoodDigests).neighbourhood, neighbourhoods.current);
});

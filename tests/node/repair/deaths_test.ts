import { assert, assertEquals } from "@std/assert";
import { compareDistance } from "../../../lib/core/kademlia/node_id.ts";
import { World } from "../../../lib/sim/world.ts";
import { bytesOf, keyOf, textOf } from "../../support/values.ts";

// One bucket is not enough for half of such a network, so that nodes need not agree on who is closest to a key.
for (const [seed, gapMs] of [[40017, 20_000], [60024, 20_000], [60039, 45_000]] as const) {
  Deno.test(`a value outlives the deaths of its holders, the closest ${gapMs / 1_000} s after the one before, seed ${seed}`, () => {
    const world = new World({ seed });
    world.grow(30, 200);
    world.run(60_000);
    const key = keyOf(`k${seed}`);
    const put = { key, value: bytesOf("v"), ttlMs: 5 * 3_600_000, replication: 3 };
    world.pick().node.putWith(put, () => {});
    world.run(120_000);
    for (let death = 0; death < 12; death++) {
      const holders = world.living.filter(({ node }) => node.held(key)?.isCached === false)
        .sort(({ node: a }, { node: b }) => compareDistance(key, a.id, b.id));
      assert(holders.length >= 2, `${holders.length} holders after ${death} deaths`);
      world.kill(holders[0]!);
      world.run(gapMs);
      for (let i = 0; i < 3; i++) {
        world.pick().node.getWith(key, (found) => assertEquals(textOf(found?.value), "v"));
      }
      world.run(5_000);
    }
  });
}

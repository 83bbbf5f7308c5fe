/** STOREs that lie unread while a process stands still: their time goes on. */

import { assert } from "@std/assert";
import { SECOND_MS } from "../../../lib/core/units.ts";
import { REPLICA } from "../../../lib/core/value.ts";
import { World } from "../../../lib/sim/world.ts";
import { printedSeed } from "../../support/core/seed.ts";
import { bytesOf, keyOf, proven } from "../../support/values.ts";

const TTL_MS = 60 * SECOND_MS;

for (const [what, readAfterMs] of [["at once", 0], ["after its timers", 1_000]] as const) {
  Deno.test(`a STORE that a stopped process reads ${what} when it goes on ends when it should`, () => {
    for (const stillMs of [12, 15, 18, 45, 170].map((seconds) => seconds * SECOND_MS)) {
      const world = new World({ seed: printedSeed() });
      world.grow(5, SECOND_MS);
      world.run(30 * SECOND_MS);
      const sim = world.living.at(-1)!;
      const key = keyOf("unread");
      const stamp = sim.node.networkNow() + SECOND_MS;
      const endsAt = world.now + SECOND_MS + TTL_MS;
      const said = { key, value: bytesOf("value"), stamp, expiresAt: stamp + TTL_MS };
      const sent = { ...proven({ ...said, replication: 3 }, 0), cachedUntil: REPLICA };
      world.freeze(sim, stillMs);
      world.queue.runAt(
        world.now + stillMs + readAfterMs,
        () => sim.transport.deliver({ type: "store", ...sent }),
      );
      world.run(stillMs + readAfterMs + SECOND_MS);
      const held = sim.node.held(key);
      const end = held ? world.now + held.expiresAt - sim.clock.now() : -Infinity;
      assert(end < endsAt + 100, `still for ${stillMs} ms: ${end - endsAt} ms after its end`);
    }
  });
}

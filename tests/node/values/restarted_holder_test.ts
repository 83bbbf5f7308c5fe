/** A holder whose machine was off for some seconds: the connections of the others to it lead nowhere. */

import { assert, assertEquals } from "@std/assert";
import { MINUTE_MS, SECOND_MS } from "../../../lib/core/units.ts";
import { type SimNode, World } from "../../../lib/sim/world.ts";
import { printedSeed } from "../../support/core/seed.ts";
import { bytesOf, keyOf, textOf } from "../../support/values.ts";

Deno.test("a value whose only holder was off for seconds is found by all once that is back", () => {
  const world = new World({ seed: printedSeed() });
  world.grow(8, SECOND_MS);
  world.run(MINUTE_MS);
  const keys = Array.from({ length: 30 }, (_, i) => keyOf(`key ${i}`));
  for (const key of keys) {
    const put = { key, value: bytesOf("kept"), ttlMs: 10 * MINUTE_MS, replication: 1 };
    world.living[0]!.node.putWith(put, () => {});
  }
  world.run(MINUTE_MS);
  const replicas = ({ node }: SimNode): number => node.figures().store.replicas;
  const [victim] = world.living.toSorted((a, b) => replicas(b) - replicas(a)) as [SimNode];
  const held = keys.filter((key) => victim.node.held(key)?.isCached === false);
  assert(held.length > 0);
  world.cutPower(victim);
  world.run(5 * SECOND_MS);
  world.restart(victim, { keepsData: true });
  world.run(15 * SECOND_MS);
  for (const key of held) {
    const answers: (string | null)[] = [];
    for (const { node } of world.living) {
      node.getWith(key, (result) => answers.push(textOf(result?.value)));
    }
    world.run(10 * SECOND_MS);
    assertEquals(answers, Array(8).fill("kept"));
  }
});

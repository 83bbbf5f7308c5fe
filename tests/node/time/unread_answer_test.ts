import { assertEquals } from "@std/assert";
import { SECOND_MS } from "../../../lib/core/units.ts";
import { World } from "../../../lib/sim/world.ts";
import { printedSeed } from "../../support/core/seed.ts";
import { bytesOf, keyOf, textOf } from "../../support/values.ts";

const KEYS = 12;

Deno.test("a value that a stopped process finds when it goes on is left with nobody beyond its end", () => {
  const world = new World({ seed: printedSeed() });
  world.grow(10, SECOND_MS);
  world.run(40 * SECOND_MS);
  const keys = Array.from({ length: KEYS }, (_, i) => keyOf(`ends ${i}`));
  const writer = world.living[0]!;
  for (const key of keys) {
    const put = { key, value: bytesOf("value"), ttlMs: 60 * SECOND_MS, replication: 1 };
    writer.node.putWith(put, () => {});
  }
  world.run(40 * SECOND_MS);
  const asker = world.living.at(-1)!;
  for (const key of keys) asker.node.getWith(key, () => {});
  world.freeze(asker, 40 * SECOND_MS);
  world.run(41 * SECOND_MS);
  const found: (string | null)[] = [];
  for (const key of keys) {
    for (const { node } of world.living) {
      node.getWith(key, (result) => found.push(textOf(result?.value) ?? null));
    }
  }
  world.run(5 * SECOND_MS);
  assertEquals(found.filter((text) => text !== null), []);
  assertEquals(found.length, KEYS * 10);
});

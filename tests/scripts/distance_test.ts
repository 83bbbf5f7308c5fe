/** What operations take over distance, beside what the distances allow. */

import { assert, assertEquals } from "@std/assert";
import type { Samples } from "../../lib/sim/measure/samples.ts";
import { measureDistance, type Operation } from "../../scripts/bench/distance/measure.ts";

const seed = 41;

Deno.test("over distance a PUT takes one wave of STOREs, and a GET what the nearest holder takes", () => {
  const { put, putMost, putLeft, get, firstGet, firstFound, foundLeft, ...all } = measureDistance({
    nodes: 40,
    operations: 40,
    newcomers: 12,
    seed,
    seededTables: false,
  });
  const ratio = ({ ms, possibleMs }: Operation) => median(ms) / median(possibleMs);
  assert(ratio(put) < 1.3, `PUT ${ratio(put)}`);
  assert(ratio(putMost) < 1.5, `PUT, most ${ratio(putMost)}`);
  assert(ratio(get) < 1.5, `GET ${ratio(get)}`);
  const { lookups, copies, found, roundTripMs } = all;
  assertEquals([found, firstFound, foundLeft], [1, 1, 1]);
  assert(median(putLeft.ms) < 20 * roundTripMs, `PUT after deaths ${median(putLeft.ms)} ms`);
  assert(median(firstGet) < 5 * roundTripMs, `first GET ${median(firstGet)} ms`);
  assert(copies >= 20 && copies < 20.1, `${copies} copies`);
  assert(lookups.recall.mean >= 0.999, `recall ${lookups.recall.mean}`);
});

Deno.test("a lookup asks hardly more nodes than the closest", () => {
  const { lookups, copies, found } = measureDistance({
    nodes: 150,
    operations: 20,
    newcomers: 1,
    seed,
    seededTables: true,
  });
  assertEquals(found, 1);
  assert(2 * lookups.requests.mean < 60, `${2 * lookups.requests.mean} messages`);
  assert(copies < 20.2, `${copies} copies`);
  assert(lookups.recall.mean >= 0.995, `recall ${lookups.recall.mean}`);
});

function median(samples: Samples): number {
  return samples.quantile(0.5);
}

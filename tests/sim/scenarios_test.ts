import { assert } from "@std/assert";
import { SCENARIOS } from "../../lib/sim/scenarios/all.ts";
import { printedSeed } from "../support/core/seed.ts";

for (const scenario of SCENARIOS) {
  Deno.test(`scenario ${scenario.name}: ${scenario.promise}`, () => {
    const seed = printedSeed(1);
    const { held, measured } = scenario.run("short", seed);
    console.log(`short: ${measured}`);
    assert(held, `seed ${seed}: ${measured}`);
  });
}

import { assert } from "@std/assert";
import { SCENARIOS } from "../../lib/sim/scenarios/all.ts";

/** SEED=... runs all with another one. */
const seed = Number(Deno.env.get("SEED") ?? 1);

for (const scenario of SCENARIOS) {
  Deno.test(`scenario ${scenario.name}: ${scenario.promise}`, () => {
    const { held, measured } = scenario.run("short", seed);
    console.log(`seed ${seed}, short: ${measured}`);
    assert(held, `seed ${seed}: ${measured}`);
  });
}

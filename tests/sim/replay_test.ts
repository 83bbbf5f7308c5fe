import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { runCourse } from "../../scripts/simulate/course.ts";
import { readOptions } from "../../scripts/simulate/simulate_flags.ts";
import { testWithSeeds } from "../support/core/seed.ts";

const ONLOOKER = { begin: () => {}, look: () => {}, onGrown: () => {} };
/** All kinds of faults together. */
const FAULTS = "--nodes 24 --values 15 --hours 0.4 --loss 0.02 --skew 5 --slow 0.1 --churn 20 " +
  "--kill 0.1 --frozen 0.1 --partition 5 --adversaries 0.1 --churn-shape 0.6";

function run(flags: string, seed: number) {
  const { events, trace, gets, samples } = runCourse(
    readOptions(flags.split(" "), seed)!,
    ONLOOKER,
  );
  return { events, trace, gets, samples };
}

testWithSeeds("one seed gives one run, to the last event, message and measure", [], (seed) => {
  const first = run(FAULTS, seed);
  assert(first.events > 10_000 && first.gets.length === 3 && first.samples.length > 20);
  assertEquals(run(FAULTS, seed), first);
  assertNotEquals(run(FAULTS, seed + 1 >>> 0).trace, first.trace);
});

// 1547245461: one contact that was gone stood in a node's list of lost contacts as two objects.
testWithSeeds("through the codec a run is the very run without it", [1547245461], (seed) => {
  assertEquals(run(FAULTS, seed), run(`${FAULTS} --without-codec`, seed));
});

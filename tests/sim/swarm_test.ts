import { assert, assertEquals } from "@std/assert";
import { runSwarm } from "../../lib/sim/swarm.ts";

Deno.test("ten runs whose faults are drawn from their seeds break no promise", () => {
  for (let seed = 1; seed <= 10; seed++) {
    const { course, gets, violations, tooFew } = runSwarm(seed);
    assert(course.length > 3 && gets > 50);
    assertEquals([violations, tooFew], [[], 0], `seed ${seed}: ${course.join("; ")}`);
  }
});

Deno.test("a seed of a swarm gives one run", () => {
  assertEquals(runSwarm(3), runSwarm(3));
});

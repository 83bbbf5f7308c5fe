import { assert, assertEquals, assertNotEquals } from "@std/assert";
import {
  describeStep,
  drawPlan,
  FAULTS,
  type PlanOptions,
  RECOVERY_MS,
  type Step,
} from "../../scripts/chaos/plan.ts";
import { printedSeed } from "../support/core/seed.ts";

const OPTIONS: Omit<PlanOptions, "seed"> = {
  ...{ nodes: 8, durationMs: 1_800_000, faults: FAULTS, pauseMs: 500, downMsMax: 20_000 },
  atOnce: 2,
};

/** Until when a step troubles its node. */
const endOf = ({ atMs, forMs, fault }: Step) => atMs + forMs + RECOVERY_MS[fault];

Deno.test("a plan follows from its seed", () => {
  const seed = printedSeed();
  const plan = drawPlan({ ...OPTIONS, seed });
  assertEquals(drawPlan({ ...OPTIONS, seed }), plan);
  assertNotEquals(drawPlan({ ...OPTIONS, seed: seed + 1 }), plan);
});

Deno.test("in a plan never more nodes are in trouble than may be, and all are killed while none is", () => {
  const plan = drawPlan({ ...OPTIONS, seed: printedSeed() });
  assertEquals(new Set(plan.map(({ fault }) => fault)), new Set(FAULTS));
  let nodes = OPTIONS.nodes;
  for (const [i, step] of plan.entries()) {
    const what = describeStep(step);
    const troubled = plan.slice(0, i).filter((before) => endOf(before) > step.atMs);
    assert(step.atMs >= (plan[i - 1]?.atMs ?? 0), what);
    assert(troubled.length < (step.node === 0 ? 1 : OPTIONS.atOnce), what);
    assert(troubled.every(({ node }) => node !== step.node && node !== 0), what);
    if (step.fault === "join") assertEquals(step.node, ++nodes, what);
    assert(step.node <= nodes && step.atMs + step.forMs <= OPTIONS.durationMs, what);
  }
});

Deno.test("a plan has every fault before it has one again", () => {
  const plan = drawPlan({ ...OPTIONS, seed: printedSeed() });
  const first = plan.slice(0, FAULTS.length).map(({ fault }) => fault);
  assertEquals(first.toSorted(), [...FAULTS].sort());
});

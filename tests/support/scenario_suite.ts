/**
 * Tests of the simulator's scenarios, in files that run side by side.
 *
 * @module
 */

import { assert } from "@std/assert";
import { SCENARIOS } from "../../lib/sim/scenarios/all.ts";
import { printedSeed } from "./core/seed.ts";

/**
 * Seeds that have found a fault before: of five replicas that were left, none was republished in time; a node that had
 * slept gave the older of two versions.
 */
const FOUND: Readonly<Record<string, readonly number[]>> = {
  "half-killed": [5],
  "sleep-load": [70015],
};

/** Registers a test for each scenario that `isWanted`, at its short size. */
export function testScenarios(isWanted: (name: string) => boolean): void {
  for (const { name, promise, run } of SCENARIOS) {
    if (!isWanted(name)) continue;
    const test = (seed: number) => {
      const { held, measured } = run("short", seed);
      console.log(`short: ${measured}`);
      assert(held, `seed ${seed}: ${measured}`);
    };
    Deno.test(`scenario ${name}: ${promise}`, () => test(printedSeed(1)));
    for (const seed of FOUND[name] ?? []) {
      Deno.test(`scenario ${name} (seed ${seed})`, () => test(seed));
    }
  }
}

/** The scenarios in which nodes come and go, or are cut off; they take longest. */
export const CHANGING: ReadonlySet<string> = new Set([
  "half-killed",
  "churn-10",
  "churn-60",
  "lossy-internet",
  "frozen",
]);

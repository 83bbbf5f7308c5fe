/**
 * What the two scenarios of churn share.
 *
 * @module
 */

import { Churn } from "../faults/churn.ts";
import { Load } from "../measure/load.ts";
import { Monitor } from "../measure/monitor.ts";
import { World } from "../world.ts";
import { checkExpiry, HOUR_MS, JOIN_EVERY_MS, Ledger, MINUTE_MS, percent } from "./scenario.ts";

/** How large a run under churn is. Times in milliseconds. */
export interface ChurnRun {
  readonly nodes: number;
  readonly values: number;
  readonly medianMs: number;
  /** Life of the values, all put at the start. */
  readonly ttlMs: number;
  readonly durationMs: number;
  readonly getEveryMs: number;
  /** Success is judged over each stretch of this length. */
  readonly windowMs: number;
  /** Success that is promised. */
  readonly success: number;
  readonly seed: number;
}

/** The network of the promises: 1,000 nodes for 24 hours, values that live for 18. */
export const FULL_CHURN = {
  nodes: 1_000,
  values: 1_000,
  ttlMs: 18 * HOUR_MS,
  durationMs: 24 * HOUR_MS,
  getEveryMs: 1_000,
  windowMs: HOUR_MS,
};

/** One that fits into a test suite. */
export const SHORT_CHURN = { nodes: 120, values: 150, getEveryMs: 1_000, windowMs: 20 * MINUTE_MS };

/** Lets nodes come and go while values are read all the time. Half of the sessions end by a crash. */
export function runChurn(options: ChurnRun): Ledger {
  const { nodes, values, medianMs, ttlMs, durationMs, getEveryMs, windowMs, seed } = options;
  const ledger = new Ledger();
  const world = new World({ seed });
  world.grow(nodes, JOIN_EVERY_MS);
  const load = new Load(world, { ttlMs });
  load.putMany(values);
  const churn = new Churn(world, { medianMs });
  const monitor = new Monitor(world, load);
  churn.start();
  monitor.takeFor(durationMs, windowMs);
  load.getFor(durationMs, getEveryMs, (outcome) => monitor.note(outcome));
  world.run(durationMs);
  churn.stop();
  const worst = Math.min(...monitor.samples.map(({ gets }) => gets.success));
  const lost = Math.max(...monitor.samples.map(({ replicas }) => replicas.lost));
  const fewest = monitor.samples.map(({ replicas }) => replicas.min).filter((min) => min >= 0);
  ledger.atLeast("found in the worst window", worst, options.success, percent);
  ledger.show("over all", monitor.gets.success, percent);
  ledger.show("of GETs", monitor.gets.asked);
  ledger.atMost("values lost", lost, 0);
  ledger.show("fewest replicas", Math.min(...fewest));
  ledger.show("sessions ended", churn.counts.left + churn.counts.killed);
  checkExpiry(ledger, world, load, [monitor.gets]);
  return ledger;
}

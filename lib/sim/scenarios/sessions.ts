/**
 * Two scenarios of churn: nodes that stay for an hour, and nodes that stay for ten minutes.
 *
 * @module
 */

import { Churn } from "../faults/churn.ts";
import { Load } from "../measure/load.ts";
import { Monitor } from "../measure/monitor.ts";
import { World } from "../world.ts";
import {
  checkExpiry,
  HOUR_MS,
  JOIN_EVERY_MS,
  Ledger,
  MINUTE_MS,
  percent,
  type Scenario,
  type Size,
  throughCodecAt,
} from "./scenario.ts";

/** How large a run under churn is. Times in milliseconds. */
interface ChurnRun {
  readonly nodes: number;
  readonly values: number;
  /** Life of the values, all put at the start. */
  readonly ttlMs: number;
  readonly durationMs: number;
  readonly getEveryMs: number;
  /** Success is judged over each stretch of this length. */
  readonly windowMs: number;
}

/** What is promised of sessions of a length. */
interface SessionPromise {
  readonly name: string;
  readonly promise: string;
  readonly medianMs: number;
  /** Share of GETs that succeed, at all times. */
  readonly success: number;
  readonly sizes: Readonly<Record<Size, ChurnRun>>;
}

/** The network of the promises: 1,000 nodes for 24 hours, values that live for 18. */
const FULL: ChurnRun = {
  nodes: 1_000,
  values: 1_000,
  ttlMs: 18 * HOUR_MS,
  durationMs: 24 * HOUR_MS,
  getEveryMs: 1_000,
  windowMs: HOUR_MS,
};

/** One that fits into a test suite. */
const SHORT = { nodes: 60, values: 60, getEveryMs: 1_000, windowMs: 20 * MINUTE_MS };

/** Nodes that stay for an hour. */
export const hourSessions: Scenario = scenarioOf({
  name: "churn-60",
  promise: "sessions of 60 minutes for 24 hours, 1,000 nodes, values that live for 18 hours: " +
    "GET success at least 99.9 % at all times, no value lost",
  medianMs: 60 * MINUTE_MS,
  success: 0.999,
  sizes: { short: { ...SHORT, ttlMs: 50 * MINUTE_MS, durationMs: 60 * MINUTE_MS }, full: FULL },
});

/** Nodes that stay for ten minutes. */
export const minuteSessions: Scenario = scenarioOf({
  name: "churn-10",
  promise: "sessions of 10 minutes for 24 hours, 1,000 nodes, values that live for 18 hours: " +
    "GET success at least 99 % at all times",
  medianMs: 10 * MINUTE_MS,
  success: 0.99,
  sizes: { short: { ...SHORT, ttlMs: 25 * MINUTE_MS, durationMs: 30 * MINUTE_MS }, full: FULL },
});

function scenarioOf(promised: SessionPromise): Scenario {
  const { name, promise, sizes } = promised;
  return {
    name,
    promise,
    run(size, seed) {
      const world = new World({ seed, throughCodec: throughCodecAt(size) });
      return runChurn(world, promised, sizes[size]);
    },
  };
}

/** Lets nodes come and go while values are read all the time. Half of the sessions end by a crash. */
function runChurn(world: World, { medianMs, success }: SessionPromise, size: ChurnRun): Ledger {
  const { nodes, values, ttlMs, durationMs, getEveryMs, windowMs } = size;
  const ledger = new Ledger();
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
  ledger.atLeast("found in the worst window", worst, success, percent);
  ledger.show("over all", monitor.gets.success, percent);
  ledger.show("of GETs", monitor.gets.asked);
  ledger.atMost("values lost", lost, 0);
  ledger.show("fewest replicas", Math.min(...fewest));
  ledger.show("sessions ended", churn.counts.left + churn.counts.killed);
  checkExpiry(ledger, world, load, [monitor.gets]);
  return ledger;
}

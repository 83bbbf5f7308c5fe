import { FULL_CHURN, runChurn, SHORT_CHURN } from "./churn.ts";
import { MINUTE_MS, type Scenario } from "./scenario.ts";

const SIZES = {
  short: { ...SHORT_CHURN, ttlMs: 25 * MINUTE_MS, durationMs: 30 * MINUTE_MS },
  full: FULL_CHURN,
};

/** Nodes that stay for ten minutes. */
export const scenario: Scenario = {
  name: "churn-10",
  promise: "sessions of 10 minutes for 24 hours, 1,000 nodes, values that live for 18 hours: " +
    "GET success at least 99 % at all times",
  run: (size, seed) => runChurn({ ...SIZES[size], medianMs: 10 * MINUTE_MS, success: 0.99, seed }),
};

import { FULL_CHURN, runChurn, SHORT_CHURN } from "./churn.ts";
import { MINUTE_MS, type Scenario } from "./scenario.ts";

const SIZES = {
  short: { ...SHORT_CHURN, ttlMs: 50 * MINUTE_MS, durationMs: 60 * MINUTE_MS },
  full: FULL_CHURN,
};

/** Nodes that stay for an hour. */
export const scenario: Scenario = {
  name: "churn-60",
  promise: "sessions of 60 minutes for 24 hours, 1,000 nodes, values that live for 18 hours: " +
    "GET success at least 99.9 % at all times, no value lost",
  run: (size, seed) => runChurn({ ...SIZES[size], medianMs: 60 * MINUTE_MS, success: 0.999, seed }),
};

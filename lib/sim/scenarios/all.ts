/**
 * All scenarios.
 *
 * @module
 */

import { scenario as adversaries } from "./adversaries.ts";
import { scenario as allLeave } from "./all_leave.ts";
import { scenario as expiry } from "./expiry.ts";
import { scenario as fewReplicas } from "./few_replicas.ts";
import { scenario as frozen } from "./frozen.ts";
import { scenario as halfKilled } from "./half_killed.ts";
import { scenario as firstSecond } from "./kept/first_second.ts";
import { scenario as leaveUnderLoad } from "./kept/leave_under_load.ts";
import { scenario as loneNode } from "./kept/lone_node.ts";
import { scenario as overwrite } from "./kept/overwrite.ts";
import { scenario as powerCut } from "./kept/power_cut.ts";
import { scenario as rollingRestarts } from "./kept/rolling_restarts.ts";
import { clocksUnderLoad, sleepUnderLoad } from "./kept/clocks_under_load.ts";
import { scenario as lossyInternet } from "./lossy_internet.ts";
import { scenario as partition } from "./partition.ts";
import type { Scenario } from "./scenario.ts";
import { hourSessions, minuteSessions } from "./sessions.ts";
import { scenario as steady } from "./steady.ts";
import { scenario as twoWriters } from "./two_writers.ts";
import { scenario as wrongClocks } from "./wrong_clocks.ts";

export const SCENARIOS: readonly Scenario[] = [
  steady,
  halfKilled,
  fewReplicas,
  hourSessions,
  minuteSessions,
  allLeave,
  partition,
  lossyInternet,
  frozen,
  adversaries,
  twoWriters,
  expiry,
  wrongClocks,
  rollingRestarts,
  powerCut,
  loneNode,
  firstSecond,
  leaveUnderLoad,
  overwrite,
  clocksUnderLoad,
  sleepUnderLoad,
];

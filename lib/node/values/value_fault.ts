/**
 * Checks values that other nodes give, by the network's time and the settings of this one.
 *
 * @module
 */

import { checkValue, type TimedValue, type ValueFault } from "../../core/value.ts";
import type { NodeContext } from "../context.ts";

/** What is wrong with a value that another node gives; null if it is valid. */
export function valueFault(
  timed: TimedValue,
  { options, ports, time }: NodeContext,
): ValueFault | null {
  const { proofOfWorkBits } = options;
  const { sha256 } = ports;
  return checkValue(timed, { proofOfWorkBits, unixNow: time.now(), sha256 });
}

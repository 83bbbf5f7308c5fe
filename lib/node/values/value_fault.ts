/**
 * Checks values that other nodes give, by the network's time and the settings of this one.
 *
 * @module
 */

import { checkValue, type Replica, type ValueFault } from "../../core/value.ts";
import type { NodeContext } from "../context.ts";

/** What is wrong with a value that another node gives; null if it is valid. */
export function valueFault(
  replica: Replica,
  { options, ports, time }: NodeContext,
): ValueFault | null {
  const { proofOfWorkBits } = options;
  const { sha256 } = ports;
  return checkValue(replica, {
    proofOfWorkBits,
    unixNow: time.now(),
    stampAheadMaxMs: time.stampAheadMaxMs,
    leftMs: time.leftMs(replica.expiresAt),
    sha256,
  });
}

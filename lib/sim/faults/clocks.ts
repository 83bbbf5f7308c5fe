/**
 * How many clocks of a network are right: one in which half of them or more are wrong has no time.
 *
 * @module
 */

import { SECOND_MS } from "../../core/units.ts";
import type { SimNode, World } from "../world.ts";

/** A clock that is off by more is wrong. */
const RIGHT_MAX_MS = SECOND_MS;

/** What is to befall a node. */
export interface ClockTrouble {
  readonly sim: SimNode;
  /** Whether its clock is to be set; else it is to be away. */
  readonly isSet: boolean;
  /** Nodes that have been killed or have left, and come back. */
  readonly away: Iterable<SimNode>;
}

/** Whether most clocks are right also then: of the nodes that run more than there are wrong ones, those away included. */
export function keepsTime({ living }: World, { sim, isSet, away }: ClockTrouble): boolean {
  const others = [...living, ...away].filter((other) => other !== sim);
  const wrong = others.filter((other) => !isRight(other)).length;
  const isWrong = isSet || !isRight(sim);
  const right = living.filter((other) => other !== sim && other.clock.isRunning && isRight(other));
  return right.length > wrong + (isWrong ? 1 : 0);
}

function isRight({ clock: { offsetMs } }: SimNode): boolean {
  return Math.abs(offsetMs) <= RIGHT_MAX_MS;
}

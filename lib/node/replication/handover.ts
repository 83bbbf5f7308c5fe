/**
 * Hands the replicas of a node over to others before it leaves.
 *
 * @module
 */

import type { RoutingTable } from "../../core/kademlia/routing_table.ts";
import type { StoredValue } from "../../core/store/stored_value.ts";
import { Alarm } from "../alarm.ts";
import type { NodeContext } from "../context.ts";
import { HAND_OVER_LIMIT_MS } from "../limits.ts";
import { asPublication, type Placement, SPARES } from "../values/placement.ts";
import type { Storage } from "./storage.ts";

/** Values that are handed over at once. */
const AT_ONCE = 256;

/** What handing over takes of a node's parts. */
export interface HandoverParts extends NodeContext {
  readonly table: RoutingTable;
  readonly storage: Storage;
  readonly placement: Placement;
}

/**
 * Brings every replica to a node that would be responsible without this one; those first that no other node
 * holds. Calls `onEnd` when all is done, or when the time for it is over.
 */
export function handOver(parts: HandoverParts, onEnd: () => void): void {
  const { storage, ports: { clock } } = parts;
  const entries = [...storage.entries()].filter((entry) => !entry.isCached);
  entries.sort((a, b) => Number(b.isOnlyHolder) - Number(a.isOnlyHolder));
  let next = 0;
  let underWay = 0;
  let ended = false;
  const end = (): void => {
    ended = true;
    stopTimer();
    alarm.stop();
    onEnd();
  };
  const handOverNext = (): void => {
    underWay++;
    handOverOne(entries[next++]!, parts, () => {
      underWay--;
      if (!ended) alarm.setFor(clock.now());
    });
  };
  const proceed = (): void => {
    while (!ended && underWay < AT_ONCE && next < entries.length) handOverNext();
    if (!ended && underWay === 0 && next === entries.length) end();
  };
  const alarm = new Alarm(clock, proceed);
  const stopTimer = clock.runAt(clock.now() + HAND_OVER_LIMIT_MS, end);
  proceed();
}

/**
 * A value that no other node is known to hold goes to all that are responsible without this node; any
 * other only to the farthest of them, since the rest hold it already. For each that does not take it
 * there is another behind.
 */
function handOverOne(
  entry: StoredValue,
  { table, placement }: HandoverParts,
  onEnd: () => void,
): void {
  if (!entry.isHeld) return onEnd();
  const { replication, key, isOnlyHolder } = entry;
  const near = table.closest(key, replication + SPARES);
  const outwards = near.splice(Math.max(0, Math.min(replication, near.length) - 1));
  const targets = isOnlyHolder ? [...near, ...outwards] : [...outwards, ...near.reverse()];
  const replicas = isOnlyHolder ? replication : 1;
  placement.storeOn(targets, { publication: asPublication(entry), replicas, onEnd });
}

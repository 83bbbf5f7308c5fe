/**
 * What a network sends and computes while nothing happens in it.
 *
 * @module
 */

import { stock } from "../../../lib/sim/measure/stock.ts";
import { World } from "../../../lib/sim/world.ts";
import { MINUTE_MS, REPLICATION, timeMs, TTL_MS } from "./terms.ts";

const HOUR_MS = 60 * MINUTE_MS;
const HOURS = 2;

/** Which network, and what it holds. */
export interface Stocked {
  readonly nodes: number;
  readonly seed: number;
  readonly count: number;
  readonly valueBytes: number;
}

/** Runs a network for some hours, after some in which all neighbours have met; figures of one hour. */
export function measureRest({ nodes, seed, count, valueBytes }: Stocked) {
  const world = new World({ seed });
  world.grow(nodes, 20);
  world.run(MINUTE_MS);
  stock(world, { count, valueBytes, replication: REPLICATION, ttlMs: TTL_MS });
  world.run(HOURS * HOUR_MS);
  const before = readCounts(world);
  const ms = timeMs(() => world.run(HOURS * HOUR_MS));
  const after = readCounts(world);
  return {
    bytes: (after.bytes - before.bytes) / HOURS,
    comparisons: (after.comparisons - before.comparisons) / HOURS,
    moved: (after.moved - before.moved) / HOURS,
    msOfNode: ms / HOURS / nodes,
  };
}

function readCounts({ network: { counts: { bytes, requests } } }: World) {
  const { digest, offer, store, findValue } = requests;
  return { bytes, comparisons: digest, moved: offer + store + findValue };
}

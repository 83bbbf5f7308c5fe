/**
 * Looks up an id in each bucket that no lookup has touched for long, so that its contacts stay true.
 *
 * @module
 */

import type { RoutingTable } from "../../core/kademlia/routing_table.ts";
import { Alarm } from "../alarm.ts";
import type { NodeContext } from "../context.ts";
import { jittered } from "../jitter.ts";
import { BUCKET_REFRESH_MS } from "../limits.ts";
import type { Lookups } from "../lookup/lookups.ts";

/** What refreshing takes of a node's parts. */
export interface BucketRefreshParts extends NodeContext {
  readonly table: RoutingTable;
  readonly lookups: Lookups;
}

/** Refreshes the buckets of one node. */
export class BucketRefresh {
  readonly #parts: BucketRefreshParts;
  readonly #alarm: Alarm;
  #closed = false;

  constructor(parts: BucketRefreshParts) {
    this.#parts = parts;
    this.#alarm = new Alarm(parts.ports.clock, () => this.#refresh());
  }

  /** Begins, with the first refresh after an interval. */
  start(): void {
    const { clock, random } = this.#parts.ports;
    this.#alarm.setFor(clock.now() + jittered(BUCKET_REFRESH_MS, random));
  }

  /** Stops, for good. */
  close(): void {
    this.#closed = true;
    this.#alarm.close();
  }

  #refresh(): void {
    const { table, lookups, ports: { clock, random } } = this.#parts;
    const ids = table.idsToRefresh(clock.now() - BUCKET_REFRESH_MS, (b) => random.fill(b));
    const proceed = (): void => {
      const target = ids.pop();
      if (this.#closed || !target) return;
      lookups.run({ target, forValue: false, onePath: true }, proceed);
    };
    proceed();
    this.start();
  }
}

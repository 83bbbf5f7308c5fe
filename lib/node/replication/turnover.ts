/**
 * Watches which nodes live near this one, and reports when many have changed.
 *
 * The values that a node keeps are kept by its neighbours too. When a good part of them has left, or has
 * joined and holds nothing, waiting for the next periodic republication would be waiting too long; when
 * one in twenty has, republishing at once would be waste.
 *
 * @module
 */

import { type Contact, indexOfContact } from "../../core/kademlia/contact.ts";
import type { RoutingTable } from "../../core/kademlia/routing_table.ts";
import { Alarm } from "../alarm.ts";
import type { NodeContext } from "../context.ts";
import { NEIGHBOURHOOD_CHECK_MS, NEIGHBOURHOOD_TURNOVER } from "../limits.ts";

/** What watching takes of a node's parts. */
export interface TurnoverWatchParts extends NodeContext {
  readonly table: RoutingTable;
}

/** What the watch calls. */
export interface TurnoverHooks {
  /** A good part of the neighbours is not the same as at the last call. */
  onTurnover(): void;
}

/** Watches the contacts closest to one node. */
export class TurnoverWatch {
  readonly #parts: TurnoverWatchParts;
  readonly #hooks: TurnoverHooks;
  readonly #check: Alarm;
  /** Null until the first look. */
  #known: readonly Contact[] | null = null;

  constructor(parts: TurnoverWatchParts, hooks: TurnoverHooks) {
    this.#parts = parts;
    this.#hooks = hooks;
    this.#check = new Alarm(parts.ports.clock, () => this.#compare());
  }

  /** Notes that a contact has come or gone; what that means is looked at a little later. */
  noteChange(): void {
    this.#check.setFor(this.#parts.ports.clock.now() + NEIGHBOURHOOD_CHECK_MS);
  }

  /** Stops watching. */
  close(): void {
    this.#check.close();
  }

  #compare(): void {
    const { table, self, options } = this.#parts;
    const now = table.closest(self.id, options.bucketSize);
    const known = this.#known ??= now; // a node that has just come has nothing that others could lack
    const stayed = now.filter((contact) => indexOfContact(known, contact) >= 0).length;
    const size = Math.max(now.length, known.length);
    if (size - stayed < Math.max(1, size * NEIGHBOURHOOD_TURNOVER)) return;
    this.#known = now;
    this.#hooks.onTurnover();
  }
}

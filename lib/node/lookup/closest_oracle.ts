/**
 * Names the nodes closest to an id without asking, where that can be known.
 *
 * In a small network at rest, or close to home, a node knows all who live near an id: lookups can then be
 * shortened, and placing a value can do without one.
 *
 * @module
 */

import type { Contact } from "../../core/kademlia/contact.ts";
import { UsualDensity } from "../../core/kademlia/density.ts";
import { headDistance, headOf, type NodeId } from "../../core/kademlia/node_id.ts";
import type { RoutingTable } from "../../core/kademlia/routing_table.ts";
import { CONTACT_FRESH_MS } from "../../core/limits.ts";
import type { NodeContext } from "../context.ts";
import { SETTLED_MS } from "../limits.ts";
import type { Membership } from "../membership/membership.ts";

/** What the oracle takes of a node's parts. */
export interface ClosestOracleParts extends NodeContext {
  readonly table: RoutingTable;
  readonly membership: Membership;
}

/** Knows, or does not know, the nodes closest to an id. */
export class ClosestOracle {
  readonly #parts: ClosestOracleParts;
  #density: { readonly changes: number; readonly usual: UsualDensity | null } | null = null;

  constructor(parts: ClosestOracleParts) {
    this.#parts = parts;
  }

  /**
   * The nodes closest to an id, if no node has come or gone of late, and all that live near it are known and
   * were heard of a short time ago. Null if it takes a lookup to know.
   */
  knownNear(id: NodeId, amount: number): Contact[] | null {
    const { table, membership, ports: { clock } } = this.#parts;
    const now = clock.now();
    if (now - membership.changedAt < SETTLED_MS) return null;
    if (!table.knowsAllNear(id, { count: amount, since: now - CONTACT_FRESH_MS })) return null;
    return table.closest(id, amount);
  }

  /**
   * The same, if a lookup has confirmed it a short time ago, and no node has come or gone since. A node that
   * has joined through others may not have said a word to this one: it takes a lookup to find it.
   */
  confirmedNear(id: NodeId, amount: number): Contact[] | null {
    const { table, membership, ports: { clock } } = this.#parts;
    const exploredAt = table.exploredAt(id);
    const isOld = exploredAt < clock.now() - CONTACT_FRESH_MS;
    return isOld || exploredAt < membership.changedAt ? null : this.knownNear(id, amount);
  }

  /** How densely nodes stand, going by those around this one; null if it knows too few. */
  usualDensity(): UsualDensity | null {
    const { self, table, membership, options: { bucketSize } } = this.#parts;
    if (this.#density?.changes !== membership.changes) {
      const near = table.closest(self.id, bucketSize, { includeFailing: true });
      const last = near.length < bucketSize ? null : near.at(-1)!;
      const usual = last && new UsualDensity(bucketSize, headDistance(last.head, headOf(self.id)));
      this.#density = { changes: membership.changes, usual };
    }
    return this.#density.usual;
  }

  /** Notes that a lookup for an id has gone to its end: it has asked all that are close to there. */
  markExplored(id: NodeId): void {
    this.#parts.table.markExplored(id, this.#parts.ports.clock.now());
  }
}

/**
 * Whether a value belongs to other nodes, by the own routing table.
 *
 * @module
 */

import { compareDistance, type NodeId } from "../../core/kademlia/node_id.ts";
import type { ClosestOptions, RoutingTable } from "../../core/kademlia/routing_table.ts";
import type { NodeContext } from "../context.ts";

/** What looking takes of a node's parts. */
export interface AstrayParts extends NodeContext {
  readonly table: RoutingTable;
}

/** A value by its place. */
export interface Placed {
  readonly key: NodeId;
  /** Nodes that are to hold it. */
  readonly replication: number;
}

/** Whether so many nodes are known that are closer to a value's key; those that do not answer count if it is said. */
export function isAstray(
  { key, replication }: Placed,
  { table, self }: AstrayParts,
  options?: ClosestOptions,
): boolean {
  const last = table.closest(key, replication, options)[replication - 1];
  return last !== undefined && compareDistance(key, last.id, self.id) < 0;
}

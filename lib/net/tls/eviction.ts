/**
 * Which inbound connection makes room for another.
 *
 * As in Bitcoin Core's `SelectNodeToEvict`: what an attacker cannot easily have is protected, and of the rest the
 * network with most connections loses one. Protected is a quarter that was open first, of those that have asked
 * something, and a quarter that was used last. So whoever makes many connections ends his own.
 *
 * @module
 */

import { type Address, isLoopback } from "../../core/kademlia/address.ts";
import { networkOf } from "../../core/kademlia/diversity.ts";
import { leastRecentlyUsed } from "./least_recently_used.ts";

/** What is known of a connection. Times are by the clock. */
export interface Evictable {
  readonly address: Address;
  readonly openedAt: number;
  /** When it last carried anything; `openedAt` if it has carried nothing. */
  readonly usedAt: number;
  /** Whether nothing is under way. */
  readonly idle: boolean;
}

/** The connection that makes room; null if there is none. */
export function toEvict<C extends Evictable>(connections: Iterable<C>): C | null {
  const all = [...connections];
  const quarter = Math.floor(all.length / 4);
  const usedLast = largest(all, quarter, ({ usedAt }) => usedAt);
  const rest = all.filter((connection) => !usedLast.has(connection));
  const used = rest.filter(({ usedAt, openedAt }) => usedAt > openedAt);
  const openedFirst = largest(used, quarter, ({ openedAt }) => -openedAt);
  const candidates = rest.filter((connection) => !openedFirst.has(connection));
  return leastRecentlyUsed(largestGroup(candidates));
}

/** Those of one network; on loopback each IP is one. */
function largestGroup<C extends Evictable>(connections: readonly C[]): readonly C[] {
  const groups = Map.groupBy(
    connections,
    ({ address }) => isLoopback(address) ? address.hostname : networkOf(address),
  );
  let found: readonly C[] = [];
  for (const group of groups.values()) if (group.length > found.length) found = group;
  // Where all networks have few, it is nobody's fault that there are many.
  return found.length > 2 * connections.length / groups.size || groups.size === 1
    ? found
    : connections;
}

/** The so many connections with the largest measure. */
function largest<C>(connections: readonly C[], count: number, measure: (connection: C) => number) {
  const sorted = connections.toSorted((a, b) => measure(b) - measure(a));
  return new Set(sorted.slice(0, count));
}

/**
 * Where a client dials a node of its own machine.
 *
 * @module
 */

import { type Address, isWildcard } from "../../core/kademlia/address.ts";

/** A node that listens on all addresses is reached on loopback. */
export function dialHostname(node: Address): string {
  if (!isWildcard(node)) return node.hostname;
  return node.hostname === "::" ? "::1" : "127.0.0.1";
}

/**
 * What befalls a part of a network at once.
 *
 * @module
 */

import type { Contact } from "../../core/kademlia/contact.ts";
import type { SimNode, World } from "../world.ts";

/** A share of the living nodes, picked at random. */
export function pickShare(world: World, share: number): SimNode[] {
  const nodes = [...world.living];
  const count = Math.round(share * nodes.length);
  for (let i = 0; i < count; i++) {
    const other = i + world.random.below(nodes.length - i);
    [nodes[i], nodes[other]] = [nodes[other]!, nodes[i]!];
  }
  return nodes.slice(0, count);
}

/** Kills a share of the living nodes at once. */
export function killShare(world: World, share: number): void {
  for (const sim of pickShare(world, share)) world.kill(sim);
}

/** Freezes a share of the living nodes at once: they take everything and answer nothing. */
export function freezeShare(world: World, share: number): void {
  for (const sim of pickShare(world, share)) world.freeze(sim);
}

/** Which of two halves a node belongs to, 0 or 1, when the network is parted in halves. */
export function halfOf({ id }: Contact): number {
  return id[id.length - 1]! & 1;
}

/**
 * Whether the nodes closest to an id stand too close to it to be there by chance.
 *
 * Ids are hashes, so that nodes are spread evenly, and so many as a node knows near its own id are to be expected near
 * any other. Whoever wants to own a key has to place nodes nearer to it than the others are.
 *
 * @module
 */

import type { NodeId } from "./node_id.ts";

/** Bytes of a distance that are looked at. */
const DISTANCE_BYTES = 6;

/** How many nodes there are up to a distance from an id, as a share of all distances. */
export interface Density {
  readonly count: number;
  readonly distance: number;
}

/** The density of nodes around an id. */
export function densityAround(id: NodeId, nodes: readonly { readonly id: NodeId }[]): Density {
  const distance = Math.max(0, ...nodes.map((node) => shareOf(id, node.id)));
  return { count: nodes.length, distance };
}

/**
 * How many nodes are to be expected within a distance of any id: as many as stand around the own one. That is a sample
 * of some twenty, so that what it says is off by a fifth, as a rule.
 */
export class UsualDensity {
  readonly #perDistance: number;

  /** @param headDistance the first 32 bits of the distance up to which `count` nodes stand. */
  constructor(count: number, headDistance: number) {
    this.#perDistance = count / (headDistance + 1);
  }

  /** Nodes to be expected up to a distance, given its first 32 bits. */
  within(headDistance: number): number {
    return this.#perDistance * (headDistance + 1);
  }
}

/**
 * How likely it is that nodes stand as densely as these or denser, by chance, where the others are what is usual: of
 * all nodes but the two last ones each falls on either side in proportion to the distances.
 */
export function chanceOf(found: Density, usual: Density): number {
  if (found.count === 0 || usual.count === 0) return 1;
  const trials = found.count + usual.count - 1;
  const share = found.distance / (found.distance + usual.distance);
  if (!(share > 0)) return 0;
  let term = (1 - share) ** trials;
  let less = term; // the chance of fewer than `found.count`
  for (let i = 1; i < found.count; i++) {
    term *= (trials - i + 1) / i * share / (1 - share);
    less += term;
  }
  // Of a small chance nothing is left when it is taken from 1: its own terms are added up then.
  if (less < 0.5) return 1 - less;
  let chance = 0;
  for (let i = found.count; i <= trials; i++) {
    term *= (trials - i + 1) / i * share / (1 - share);
    chance += term;
  }
  return chance;
}

/** The distance of two ids as a share of the largest, up to 1. */
function shareOf(a: NodeId, b: NodeId): number {
  let distance = 0;
  for (let i = 0; i < DISTANCE_BYTES; i++) distance = 256 * distance + (a[i]! ^ b[i]!);
  return (distance + 1) / 256 ** DISTANCE_BYTES;
}

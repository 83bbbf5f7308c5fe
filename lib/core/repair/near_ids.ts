/**
 * The nodes of a neighbourhood, prepared for finding those closest to very many keys.
 *
 * Ids that are sorted are the leaves of a binary tree, in order: those that share some leading bits stand side by
 * side. So the closest to a key are found by going down to where the key would stand, and from there outwards.
 *
 * @module
 */

import { compareKeys } from "./key_range.ts";
import type { NodeId } from "../kademlia/node_id.ts";
import { ID_BITS } from "../limits.ts";

/** Some ids, each of which stands for a node, by its index. */
export class NearIds {
  /** In the order of the ids. */
  readonly #sorted: readonly { readonly id: NodeId; readonly index: number }[];

  /** @param ids different from each other. */
  constructor(ids: readonly NodeId[]) {
    this.#sorted = ids.map((id, index) => ({ id, index }))
      .sort((a, b) => compareKeys(a.id, b.id));
  }

  /** Indices of the `count` ids closest to a key, the closest first. */
  closest(key: NodeId, count: number): number[] {
    const found: number[] = [];
    this.#collect(key, { start: 0, end: this.#sorted.length, bit: 0 }, { found, count });
    return found;
  }

  #collect(
    key: NodeId,
    { start, end, bit }: { start: number; end: number; bit: number },
    result: { readonly found: number[]; readonly count: number },
  ): void {
    if (start >= end || result.found.length >= result.count) return;
    if (end - start === 1 || bit === ID_BITS) {
      result.found.push(this.#sorted[start]!.index);
      return;
    }
    const middle = this.#firstWithBit(bit, start, end);
    const zeros = { start, end: middle, bit: bit + 1 };
    const ones = { start: middle, end, bit: bit + 1 };
    const [near, far] = hasBit(key, bit) ? [ones, zeros] : [zeros, ones];
    this.#collect(key, near, result);
    this.#collect(key, far, result);
  }

  #firstWithBit(bit: number, start: number, end: number): number {
    let [low, high] = [start, end];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (hasBit(this.#sorted[middle]!.id, bit)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function hasBit(id: NodeId, bit: number): boolean {
  return (id[bit >>> 3]! >>> (7 - (bit & 7)) & 1) === 1;
}

/**
 * The nodes of a neighbourhood, prepared for finding those closest to very many keys.
 *
 * Ids that are sorted are the leaves of a binary tree, in order: those that share some leading bits stand side by
 * side. The closest to a key are the leaves of a few of its subtrees, which one way down from the root finds.
 *
 * @module
 */

import { compareKeys } from "./key_range.ts";
import { commonPrefixLength, type NodeId } from "../kademlia/node_id.ts";

/** A key where it lies, so that it need not be copied: 32 bytes from a place on. */
export interface KeyInPlace {
  readonly bytes: Uint8Array;
  readonly keyAt: number;
}

/** Some ids, each of which stands for a node, by its index. */
export class NearIds {
  /** Index of each id, in the order of the ids, and the place of each index in this order. */
  readonly #indices: Uint16Array;
  readonly #places: Uint16Array;
  /**
   * Of each subtree, by its number: the bit at which its ids part, and the place of the first that has it. The
   * root is 0; the ids without the bit are the next subtree, and those with it come when that one has ended.
   */
  readonly #bits: Uint8Array;
  readonly #middles: Uint16Array;

  /** @param ids different from each other. */
  constructor(ids: readonly NodeId[]) {
    const sorted = [...ids.keys()].sort((a, b) => compareKeys(ids[a]!, ids[b]!));
    this.#indices = Uint16Array.from(sorted);
    this.#places = new Uint16Array(ids.length);
    sorted.forEach((index, place) => this.#places[index] = place);
    this.#bits = new Uint8Array(this.subtrees);
    this.#middles = new Uint16Array(this.subtrees);
    this.#build(sorted.map((index) => ids[index]!), 0, { start: 0, end: ids.length });
  }

  /** Number of ids. */
  get size(): number {
    return this.#indices.length;
  }

  /** Number of subtrees, single ids included. */
  get subtrees(): number {
    return Math.max(0, 2 * this.size - 1);
  }

  /** Indices of the `count` ids closest to a key, the closest first. */
  closest(key: NodeId, count: number): number[] {
    const found: number[] = [];
    const collect = (tree: number, start: number, end: number): void => {
      if (start >= end || found.length >= count) return;
      if (end - start === 1) return void found.push(this.#indices[start]!);
      const middle = this.#middles[tree]!;
      const zeros = () => collect(tree + 1, start, middle);
      const ones = () => collect(tree + 2 * (middle - start), middle, end);
      const isOne = bitOf(key, 0, this.#bits[tree]!);
      for (const half of isOne ? [ones, zeros] : [zeros, ones]) half();
    };
    collect(0, 0, this.size);
    return found;
  }

  /** Whether an id is among the `count` closest to a key. */
  isAmong(index: number, key: KeyInPlace, count: number): boolean {
    if (count <= 0) return false;
    const place = this.#places[index]!;
    let [tree, start, end, left] = [0, 0, this.size, count];
    while (end - start > left) {
      const middle = this.#middles[tree]!;
      const isOne = bitOf(key.bytes, key.keyAt, this.#bits[tree]!);
      const near = isOne ? end - middle : middle - start;
      const isNear = place >= middle === isOne;
      if (near >= left && !isNear) return false;
      if (near < left && isNear) return true;
      if (near < left) left -= near;
      // What is taken from the near half alone, or from the far half besides, is looked at next.
      if (place >= middle) [tree, start] = [tree + 2 * (middle - start), middle];
      else [tree, end] = [tree + 1, middle];
    }
    return true;
  }

  /** Whether no other id is closer to a key. */
  isClosest(index: number, key: KeyInPlace): boolean {
    return this.isAmong(index, key, 1);
  }

  /** Calls back with the subtrees that have the `count` closest ids to a key, and no others. */
  cover(key: KeyInPlace, count: number, take: (subtree: number) => void): void {
    let [tree, start, end, left] = [0, 0, this.size, count];
    while (left > 0 && end > start) {
      if (end - start <= left) return take(tree);
      const middle = this.#middles[tree]!;
      const isOne = bitOf(key.bytes, key.keyAt, this.#bits[tree]!);
      const near = isOne ? end - middle : middle - start;
      const [zeros, ones] = [tree + 1, tree + 2 * (middle - start)];
      const isWhole = near <= left;
      if (isWhole) {
        take(isOne ? ones : zeros);
        left -= near;
      }
      // The rest lies in the other half; or all of it in the near one.
      if (isOne !== isWhole) [tree, start] = [ones, middle];
      else [tree, end] = [zeros, middle];
    }
  }

  /** Calls back with each subtree that an id is in. */
  climb(index: number, visit: (subtree: number) => void): void {
    const place = this.#places[index]!;
    let [tree, start, end] = [0, 0, this.size];
    for (;;) {
      visit(tree);
      if (end - start === 1) return;
      const middle = this.#middles[tree]!;
      if (place >= middle) [tree, start] = [tree + 2 * (middle - start), middle];
      else [tree, end] = [tree + 1, middle];
    }
  }

  #build(sorted: readonly NodeId[], tree: number, range: { start: number; end: number }): void {
    const { start, end } = range;
    if (end - start < 2) return;
    const bit = commonPrefixLength(sorted[start]!, sorted[end - 1]!);
    let middle = start + 1;
    while (!bitOf(sorted[middle]!, 0, bit)) middle++;
    this.#bits[tree] = bit;
    this.#middles[tree] = middle;
    this.#build(sorted, tree + 1, { start, end: middle });
    this.#build(sorted, tree + 2 * (middle - start), { start: middle, end });
  }
}

function bitOf(bytes: Uint8Array, at: number, bit: number): boolean {
  return (bytes[at + (bit >>> 3)]! >>> (7 - (bit & 7)) & 1) === 1;
}

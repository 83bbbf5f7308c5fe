/**
 * The versions that two nodes should both hold, in the order of their keys, so that any range of them has a
 * digest.
 *
 * @module
 */

import { equalIds } from "../kademlia/node_id.ts";
import { ALL_KEYS, compareKeys, compareWithRange, type KeyRange } from "./key_range.ts";
import type { Digest, Version } from "./version.ts";

/** Versions of different keys, sorted once. */
export class VersionSet {
  readonly #versions: readonly Version[];

  constructor(versions: Iterable<Version>) {
    this.#versions = [...versions].sort((a, b) => compareKeys(a.key, b.key));
  }

  /** Number of versions. */
  get size(): number {
    return this.#versions.length;
  }

  /** What stands for the versions of a range. */
  digest(range: KeyRange = ALL_KEYS): Digest {
    let tags = 0;
    let salts = 0;
    const { start, end } = this.#bounds(range);
    for (let i = start; i < end; i++) {
      tags ^= this.#versions[i]!.tag;
      salts ^= this.#versions[i]!.salt;
    }
    return { count: end - start, tags: tags >>> 0, salts: salts >>> 0 };
  }

  /** The versions of a range, in order. */
  slice(range: KeyRange = ALL_KEYS): readonly Version[] {
    const { start, end } = this.#bounds(range);
    return this.#versions.slice(start, end);
  }

  #bounds(range: KeyRange): { start: number; end: number } {
    if (range.bits === 0) return { start: 0, end: this.#versions.length };
    return {
      start: this.#firstWhere(({ key }) => compareWithRange(key, range) >= 0),
      end: this.#firstWhere(({ key }) => compareWithRange(key, range) > 0),
    };
  }

  /** Index of the first version for which a test that turns true once, and stays so, is true. */
  #firstWhere(test: (version: Version) => boolean): number {
    let low = 0;
    let high = this.#versions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (test(this.#versions[middle]!)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** What two nodes that hold these versions of one range owe each other. */
export interface Difference {
  /** Indices of the offered versions that the one who compares lacks, or holds older. */
  readonly wanted: readonly number[];
  /** Versions that it holds newer, or that were not offered. */
  readonly offered: readonly Version[];
}

/** Compares versions that another node offers with the own ones of the same range; both sorted by key. */
export function compareVersions(theirs: readonly Version[], own: readonly Version[]): Difference {
  const wanted: number[] = [];
  const offered: Version[] = [];
  let at = 0;
  theirs.forEach((version, index) => {
    while (at < own.length && compareKeys(own[at]!.key, version.key) < 0) offered.push(own[at++]!);
    const mine = own[at];
    if (!mine || !equalIds(mine.key, version.key)) return void wanted.push(index);
    at++;
    if (mine.stamp < version.stamp) wanted.push(index);
    else if (mine.stamp > version.stamp) offered.push(mine);
    else if (mine.tag !== version.tag) {
      // The same stamp on two values: both sides look at both, and the rule of versions decides.
      wanted.push(index);
      offered.push(mine);
    }
  });
  offered.push(...own.slice(at));
  return { wanted, offered };
}

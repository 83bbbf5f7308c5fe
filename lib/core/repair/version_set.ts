/**
 * The versions that two nodes should both hold, in the order of their keys, so that any range of them has a
 * digest.
 *
 * @module
 */

import { equalIds, headOf } from "../kademlia/node_id.ts";
import { ALL_KEYS, compareKeys, compareWithRange, type KeyRange } from "./key_range.ts";
import type { Digest, Version } from "./version.ts";

/** A version with what only digests need. */
export interface SaltedVersion extends Version {
  readonly salt: number;
}

/** Versions of different keys, sorted once. */
export class VersionSet {
  readonly #versions: readonly SaltedVersion[];

  constructor(versions: Iterable<SaltedVersion>) {
    this.#versions = sortByKey([...versions]);
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

/**
 * Sorts by key. Numbers are sorted many times faster than keys are compared: each is the first 32 bits of a key, and
 * behind them the index of the version. Then those whose keys begin alike are sorted among themselves.
 */
function sortByKey(versions: readonly SaltedVersion[]): SaltedVersion[] {
  const { length } = versions;
  const heads = new Float64Array(length);
  versions.forEach(({ key }, index) => heads[index] = (headOf(key) >>> 0) * length + index);
  heads.sort();
  const sorted = new Array<SaltedVersion>(length);
  for (let i = 0; i < length; i++) sorted[i] = versions[heads[i]! % length]!;
  for (let start = 0; start < length;) {
    const head = headOf(sorted[start]!.key);
    let end = start + 1;
    while (end < length && headOf(sorted[end]!.key) === head) end++;
    if (end - start > 1) {
      const alike = sorted.slice(start, end).sort((a, b) => compareKeys(a.key, b.key));
      alike.forEach((version, i) => sorted[start + i] = version);
    }
    start = end;
  }
  return sorted;
}

/** The versions of a list, sorted by key, that another list, sorted as well, has no version of the key of. */
export function versionsWithout(
  versions: readonly Version[],
  others: readonly Version[],
): Version[] {
  let at = 0;
  return versions.filter(({ key }) => {
    while (at < others.length && compareKeys(others[at]!.key, key) < 0) at++;
    const other = others[at];
    return !other || !equalIds(other.key, key);
  });
}

/**
 * The digests of what each node of a neighbourhood should hold, kept up to date version by version.
 *
 * A version counts for as many nodes as should hold it. These are the leaves of a few subtrees, so that it is
 * counted once for each of these; what counts for one node is found on its way down the tree.
 *
 * @module
 */

import type { KeyInPlace, NearIds } from "./near_ids.ts";
import { type Digest, EMPTY_DIGEST } from "./version.ts";

/** A version that counts: where its key lies, how many replicas it wants, and what digests have of it. */
export interface CountedVersion extends KeyInPlace {
  readonly replication: number;
  readonly tag: number;
  readonly salt: number;
}

// The words of a subtree: versions, and the XOR of their tags and of their salts.
const COUNT = 0;
const TAGS = 1;
const SALTS = 2;
const WORDS = 3;

/** Digests by index of a node. */
export class SharedSums {
  readonly #near: NearIds;
  readonly #words: Uint32Array;
  /** Versions that count. */
  #size = 0;

  constructor(near: NearIds) {
    this.#near = near;
    this.#words = new Uint32Array(WORDS * near.subtrees);
  }

  /** Counts a version for all that should hold it. */
  add(version: CountedVersion): void {
    this.#count(version, 1);
  }

  /** Takes back that a version was counted; it is what it was then. */
  delete(version: CountedVersion): void {
    this.#count(version, -1);
  }

  /** What a node should hold. */
  digest(index: number): Digest {
    if (this.#size === 0) return EMPTY_DIGEST;
    const words = this.#words;
    let [count, tags, salts] = [0, 0, 0];
    this.#near.climb(index, (subtree) => {
      const at = WORDS * subtree;
      count += words[at + COUNT]!;
      tags ^= words[at + TAGS]!;
      salts ^= words[at + SALTS]!;
    });
    return { count, tags: tags >>> 0, salts: salts >>> 0 };
  }

  #count(version: CountedVersion, by: 1 | -1): void {
    const words = this.#words;
    const { tag, salt, replication } = version;
    this.#size += by;
    this.#near.cover(version, replication, (subtree) => {
      const at = WORDS * subtree;
      words[at + COUNT]! += by;
      words[at + TAGS]! ^= tag;
      words[at + SALTS]! ^= salt;
    });
  }
}

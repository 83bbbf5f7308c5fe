/**
 * One comparison of two nodes, seen from the one that asks: digests of ranges first, then, where they differ,
 * the versions themselves.
 *
 * A state machine like a lookup: it says what to ask next and is given the answers. Equal sets cost one question.
 *
 * @module
 */

import { ALL_KEYS, type KeyRange, splitRange } from "./key_range.ts";
import type { Digest, Version } from "./version.ts";
import type { VersionSet } from "./version_set.ts";

/** Versions offered in one question; a range with more is split. */
const OFFER_MAX = 400;
/** Bits beyond which a range is not split: more keys than this share them by no accident. */
const RANGE_BITS_MAX = 64;

/** The digest of a range. */
export interface RangeDigest {
  readonly range: KeyRange;
  readonly digest: Digest;
}

/** A range whose digests differ, and how many versions the other side holds in it. */
export interface DifferentRange {
  /** Index among the ranges that were asked about. */
  readonly index: number;
  readonly count: number;
}

/** What to ask next. */
export type ExchangeStep =
  | { readonly type: "digest"; readonly ranges: readonly RangeDigest[] }
  | { readonly type: "offer"; readonly range: KeyRange; readonly versions: readonly Version[] }
  | { readonly type: "done" };

/** Compares the own versions with those of another node. */
export class Exchange {
  readonly #own: VersionSet;
  /** Ranges to be compared by digest, in groups that fit one question each. */
  readonly #toCompare: KeyRange[][] = [[ALL_KEYS]];
  readonly #toOffer: KeyRange[] = [];

  constructor(own: VersionSet) {
    this.#own = own;
  }

  /** The next question; it counts as asked. */
  next(): ExchangeStep {
    const ranges = this.#toCompare.shift();
    if (ranges) {
      return {
        type: "digest",
        ranges: ranges.map((range) => ({ range, digest: this.#own.digest(range) })),
      };
    }
    const range = this.#toOffer.shift();
    if (!range) return { type: "done" };
    return { type: "offer", range, versions: this.#own.slice(range).slice(0, OFFER_MAX) };
  }

  /** The answer to a question about digests: which ranges differ. An index that was not asked is ignored. */
  onDifferent(asked: readonly RangeDigest[], different: readonly DifferentRange[]): void {
    for (const { index, count } of different) {
      const own = asked[index];
      if (!own) continue;
      const { range, digest } = own;
      if (digest.count + count <= OFFER_MAX || range.bits >= RANGE_BITS_MAX) {
        this.#toOffer.push(range);
      } else {
        this.#toCompare.push(splitRange(range));
      }
    }
  }
}

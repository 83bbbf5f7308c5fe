/**
 * One comparison of two nodes, seen from the one that asks: digests of ranges first, then, where they differ,
 * the versions themselves.
 *
 * A state machine like a lookup: it says what to ask next and is given the answers. Equal sets cost one question.
 *
 * @module
 */

import { ID_BITS } from "../limits.ts";
import { ALL_KEYS, type KeyRange, splitRange } from "./key_range.ts";
import type { Digest, Version } from "./version.ts";
import type { VersionSet } from "./version_set.ts";

/**
 * Versions of a range, of both sides together, that are offered rather than compared by more digests: where
 * both sides hold most of them, since finding the few that differ is cheap, and where one side holds none.
 */
const OFFER_MAX = 16;
const OFFER_TO_NONE_MAX = 1_000;

/**
 * Questions in a row that move nothing, beside one for each own version. The other side may name differences without
 * end, where there are none.
 */
const IDLE_QUESTIONS_MAX = 1_000;

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
  /** Ranges to be compared by digest, in groups that fit one question each; the last group comes next. */
  readonly #toCompare: KeyRange[][] = [[ALL_KEYS]];
  readonly #toOffer: KeyRange[] = [];
  /** Questions since something was moved. */
  #idleQuestions = 0;

  constructor(own: VersionSet) {
    this.#own = own;
  }

  /** The next question; it counts as asked. Offers come first, then the smallest ranges, so that few wait. */
  next(): ExchangeStep {
    if (this.#idleQuestions++ > this.#own.size + IDLE_QUESTIONS_MAX) return { type: "done" };
    const range = this.#toOffer.shift();
    if (range) return { type: "offer", range, versions: this.#own.slice(range) };
    const ranges = this.#toCompare.pop();
    if (!ranges) return { type: "done" };
    return {
      type: "digest",
      ranges: ranges.map((range) => ({ range, digest: this.#own.digest(range) })),
    };
  }

  /** Notes that a version has gone over, in one direction or the other. */
  noteMoved(): void {
    this.#idleQuestions = 0;
  }

  /** The answer to a question about digests: which ranges differ, by indices that were asked about. */
  onDifferent(asked: readonly RangeDigest[], different: readonly DifferentRange[]): void {
    for (const { index, count } of different) {
      const { range, digest } = asked[index]!;
      const max = Math.min(digest.count, count) === 0 ? OFFER_TO_NONE_MAX : OFFER_MAX;
      if (digest.count + count <= max || range.bits === ID_BITS) this.#toOffer.push(range);
      else this.#toCompare.push(splitRange(range));
    }
  }
}

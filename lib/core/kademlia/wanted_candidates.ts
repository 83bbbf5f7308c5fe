/**
 * Which candidates of a lookup must answer.
 *
 * @module
 */

import type { Candidate } from "./candidates.ts";
import { type Diversity, NetworkTally } from "./diversity.ts";

/** Which candidates a lookup wants. */
export interface WantedOptions {
  readonly count: number;
  readonly paths: number;
  readonly diversity: Diversity;
}

/** How to go through the candidates. */
export interface WantedVisit {
  /** Whether the closest few of each path must answer too. */
  readonly isWide: boolean;
  /** Whether one that was not asked yet is not to be asked any more. */
  isBarred(candidate: Candidate): boolean;
  /** Returns whether to go on. */
  visit(candidate: Candidate): boolean;
}

/**
 * The closest `count` candidates and, where all paths are followed to their end, the closest few of each path; no more of
 * one network than may stand together. The failed, the slow and the barred do not count.
 */
export class WantedCandidates {
  readonly #count: number;
  readonly #diversity: Diversity;
  /** How many of each path must answer. */
  readonly #pathWidth: number;
  /** Per path, how many of its candidates were visited; scratch space. */
  readonly #pathCounts: Uint16Array;

  constructor({ count, paths, diversity }: WantedOptions) {
    this.#count = count;
    this.#diversity = diversity;
    this.#pathWidth = Math.ceil(count / paths);
    this.#pathCounts = new Uint16Array(paths);
  }

  /**
   * Goes through the candidates that must answer, closest first, until `visit` returns false.
   *
   * @param candidates closest first.
   * @returns how many slow ones are among the closest `count`.
   */
  visit(candidates: readonly Candidate[], { isWide, isBarred, visit }: WantedVisit): number {
    const counts = this.#pathCounts.fill(0);
    const networks = new NetworkTally(this.#diversity);
    let visited = 0;
    let openPaths = isWide ? counts.length : 0;
    let slow = 0;
    for (const candidate of candidates) {
      const { state, path } = candidate;
      const isNear = visited < this.#count;
      if (!isNear && openPaths <= 0) break;
      if (isNear && state === "slow") slow++;
      if (state === "slow" || state === "failed") continue;
      if (state === "new" && isBarred(candidate)) continue;
      if (!networks.admits(candidate.network)) continue;
      const count = ++counts[path]!;
      if (count === this.#pathWidth) openPaths--;
      if (!isNear && count > this.#pathWidth) continue;
      visited++;
      if (!visit(candidate)) break;
    }
    return slow;
  }
}

/**
 * Which candidates of a lookup must answer.
 *
 * @module
 */

import type { Candidate } from "./candidates.ts";

/** The closest `count` candidates and the closest few of each path, the failed and the slow not counted. */
export class WantedCandidates {
  readonly #count: number;
  /** How many of each path must answer. */
  readonly #pathWidth: number;
  /** Per path, how many of its candidates were visited; scratch space. */
  readonly #pathCounts: Uint16Array;

  constructor({ count, paths }: { readonly count: number; readonly paths: number }) {
    this.#count = count;
    this.#pathWidth = Math.ceil(count / paths);
    this.#pathCounts = new Uint16Array(paths);
  }

  /**
   * Goes through the candidates that must answer, closest first, until `visit` returns false.
   *
   * @param candidates closest first.
   * @returns how many slow ones are among the closest `count`.
   */
  visit(candidates: readonly Candidate[], visit: (candidate: Candidate) => boolean): number {
    const counts = this.#pathCounts.fill(0);
    let visited = 0;
    let openPaths = counts.length;
    let slow = 0;
    for (const candidate of candidates) {
      const { state, path } = candidate;
      const isNear = visited < this.#count;
      if (!isNear && openPaths === 0) break;
      if (isNear && state === "slow") slow++;
      if (state === "slow" || state === "failed") continue;
      const count = ++counts[path]!;
      if (count === this.#pathWidth) openPaths--;
      if (!isNear && count > this.#pathWidth) continue;
      visited++;
      if (!visit(candidate)) break;
    }
    return slow;
  }
}

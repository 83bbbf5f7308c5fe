/**
 * "Did you mean": the word that was probably meant.
 *
 * @module
 */

import { levenshteinDistance } from "@std/text/levenshtein-distance";

/** Letters that may be inserted, dropped or changed. */
const EDITS_MAX = 2;

/** ` (did you mean "...")` for the closest of `words`, or nothing if none is close. */
export function suggest(word: string, words: readonly string[]): string {
  const [best] = words
    .map((candidate) => ({ candidate, edits: levenshteinDistance(word, candidate) }))
    .filter(({ candidate, edits }) => edits <= EDITS_MAX && edits < candidate.length)
    .sort((a, b) => a.edits - b.edits);
  return best ? ` (did you mean "${best.candidate}"?)` : "";
}

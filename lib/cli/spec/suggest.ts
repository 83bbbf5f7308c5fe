/**
 * "Did you mean": the word that was probably meant.
 *
 * @module
 */

const EDITS_MAX = 2;

/** ` (did you mean "...")` for the closest of `words`, or nothing if none is close. */
export function suggest(word: string, words: readonly string[]): string {
  const [best] = words
    .map((candidate) => ({ candidate, edits: countEdits(word, candidate) }))
    .filter(({ candidate, edits }) => edits <= EDITS_MAX && edits < candidate.length)
    .sort((a, b) => a.edits - b.edits);
  return best ? ` (did you mean "${best.candidate}"?)` : "";
}

/** Letters to insert, drop or change to get from `a` to `b` (Levenshtein). */
function countEdits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(changed, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

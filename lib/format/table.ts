/**
 * Tables of text.
 *
 * @module
 */

import { wrapWords } from "./wrap.ts";

const GAP = "  ";

/**
 * Aligns rows of cells; a row may be shorter than the others.
 *
 * @param align a letter for each column, `l` for left and `r` for right; columns without one are aligned
 * to the right, all but the first.
 * @returns a line for each row.
 */
export function formatTable(rows: readonly (readonly string[])[], align = "l"): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, { length }] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, length);
  }
  return rows.map((row) =>
    row.map((cell, i) => align[i] === "l" ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))
      .join(GAP).trimEnd()
  );
}

/**
 * Aligns one row to the left in columns of these widths. A cell that is wider is broken between words.
 *
 * @returns as many lines as the tallest cell takes.
 */
export function formatWrappedRow(cells: readonly string[], widths: readonly number[]): string[] {
  const columns = cells.map((cell, i) => wrapWords(cell, widths[i]!));
  const height = Math.max(...columns.map(({ length }) => length));
  return Array.from(
    { length: height },
    (_, line) =>
      columns.map((lines, i) => (lines[line] ?? "").padEnd(widths[i]!)).join(GAP).trimEnd(),
  );
}

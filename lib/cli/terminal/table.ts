/**
 * Tables of text.
 *
 * @module
 */

import { toPlain } from "./output.ts";

/** A column: its heading, and whether it is set to the right. */
export interface Column {
  readonly name: string;
  readonly right?: boolean;
}

/**
 * Lines of a table, the heading first. What could steer a terminal is taken out: some cells come from
 * other machines.
 */
export function formatTextTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): string[] {
  const table = [columns.map(({ name }) => name), ...rows.map((row) => row.map(toPlain))];
  const widths = columns.map((_, i) => Math.max(...table.map((row) => row[i]!.length)));
  return table.map((row) =>
    row.map((cell, i) => columns[i]!.right ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!))
      .join("  ").trimEnd()
  );
}

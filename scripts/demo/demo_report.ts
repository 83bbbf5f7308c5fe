/**
 * What was measured, and the table of it.
 *
 * @module
 */

import { formatMs } from "../../lib/format/format.js";
import { formatTable } from "../../lib/format/table.ts";

/** Counts and times of one phase. */
export interface Measured {
  readonly name: string;
  readonly pieces: number;
  found: number;
  identical: number;
  /** In milliseconds, in any order. */
  readonly putTimes: number[];
  readonly getTimes: number[];
}

const COLUMNS = [
  "",
  "pieces",
  "found",
  "identical",
  "put median",
  "put p99",
  "get median",
  "get p99",
];

/** Whether all pieces were found as they had been put. */
export function isComplete({ pieces, found, identical }: Measured): boolean {
  return pieces > 0 && found === pieces && identical === pieces;
}

/** The lines of a table with a row for each phase. */
export function formatReport(phases: readonly Measured[]): string[] {
  return formatTable([COLUMNS, ...phases.map(cellsOf)]);
}

function cellsOf({ name, pieces, found, identical, putTimes, getTimes }: Measured): string[] {
  const times = [putTimes, getTimes].flatMap((all) => [quantile(all, 0.5), quantile(all, 0.99)]);
  return [name, `${pieces}`, `${found}`, `${identical}`, ...times.map(formatMs)];
}

/** The smallest value that this share of all does not exceed; NaN if there are none. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

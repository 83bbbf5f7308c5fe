/**
 * Medians and ranges of a few runs, as text.
 *
 * @module
 */

/** The middle of some numbers; NaN if there are none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle]!;
  return (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The numbers among values of which some may be missing. */
export function present(values: readonly (number | null | undefined)[]): number[] {
  return values.filter((value) => typeof value === "number");
}

/** Median and, if they differ, the lowest and highest: `12.3 [11.9-14.0]`. */
export function formatSpread(values: readonly (number | null | undefined)[]): string {
  const known = present(values);
  if (known.length === 0) return "-";
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const middle = formatFigure(median(known));
  return low === high ? middle : `${middle} [${formatFigure(low)}-${formatFigure(high)}]`;
}

/** A number with three digits that count, or all before the point. */
export function formatFigure(value: number): string {
  if (!Number.isFinite(value)) return "-";
  if (value >= 100) return String(Math.round(value));
  return value.toFixed(value >= 10 ? 1 : 2);
}

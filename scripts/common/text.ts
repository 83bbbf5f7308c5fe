/**
 * Numbers, times and tables as text.
 *
 * @module
 */

const NOTHING = "-";
const KIB = 1_024;

/** A count with as few digits as say enough: 12, 4.2, 1,234,567. */
export function formatCount(value: number): string {
  if (!Number.isFinite(value)) return NOTHING;
  const text = value.toFixed(value < 10 && !Number.isInteger(value) ? 2 : 0);
  return text.replace(/\B(?=(\d{3})+$)/g, ",");
}

/** A share as a percentage, never rounded up to 100 or down to 0. */
export function formatShare(share: number): string {
  if (!Number.isFinite(share)) return NOTHING;
  const shown = Number((100 * share).toFixed(2));
  if (shown === 100 && share < 1) return "99.99 %";
  return shown === 0 && share > 0 ? "0.01 %" : `${shown} %`;
}

/** A time of up to some seconds. */
export function formatMs(ms: number): string {
  if (!Number.isFinite(ms)) return NOTHING;
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${formatCount(ms)} ms`;
}

/** A virtual time: hours, minutes, seconds. */
export function formatTime(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${Math.floor(seconds / 3_600)}:${two(Math.floor(seconds / 60) % 60)}:${
    two(seconds % 60)
  }`;
}

/** An amount of memory or traffic. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return NOTHING;
  if (bytes < KIB) return `${bytes.toFixed(0)} B`;
  if (bytes < KIB ** 2) return `${(bytes / KIB).toFixed(1)} KiB`;
  if (bytes < KIB ** 3) return `${(bytes / KIB ** 2).toFixed(1)} MiB`;
  return `${(bytes / KIB ** 3).toFixed(2)} GiB`;
}

/** The lines of an aligned table: the first column to the left, the others to the right. */
export function formatRows(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => widths[i] = Math.max(widths[i] ?? 0, cell.length));
  }
  return rows.map((row) =>
    row.map((cell, i) => i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))
      .join("  ").trimEnd()
  );
}

/** The lines of one row whose cells are broken between words where they are wider than their column. */
export function formatWrapped(cells: readonly string[], widths: readonly number[]): string[] {
  const columns = cells.map((cell, i) => wrap(cell, widths[i]!));
  const height = Math.max(...columns.map(({ length }) => length));
  return Array.from(
    { length: height },
    (_, line) =>
      columns.map((lines, i) => (lines[line] ?? "").padEnd(widths[i]!)).join("  ").trimEnd(),
  );
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/**
 * The text format of Prometheus, version 0.0.4, for counters, gauges and histograms.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 *
 * @module
 */

/** The media type of the format. */
export const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Values of labels by their names. */
export type Labels = Readonly<Record<string, string>>;

/** A value and its labels. */
export type Sample = readonly [labels: Labels, value: number];

/** All that has one name. */
export type Family =
  & { readonly name: string; readonly help: string }
  & (
    | { readonly type: "counter" | "gauge"; readonly samples: readonly Sample[] }
    | {
      readonly type: "histogram";
      readonly histograms: readonly (readonly [labels: Labels, histogram: Histogram])[];
    }
  );

/** Counts values by the bounds that they do not exceed. */
export class Histogram {
  /** The upper bounds of the buckets, ascending; the last bucket has none. */
  readonly bounds: readonly number[];
  readonly #counts: Float64Array;
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  /** Counts a value. */
  observe(value: number): void {
    const { bounds } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]!) bucket++;
    this.#counts[bucket]!++;
    this.#sum += value;
  }

  /** The sum of all values. */
  get sum(): number {
    return this.#sum;
  }

  /** How many values do not exceed each bound; the last count is that of all values. */
  cumulativeCounts(): number[] {
    let count = 0;
    return Array.from(this.#counts, (counted) => count += counted);
  }
}

/** Formats a family: lines that describe it, and one line for each sample. */
export function formatFamily(family: Family): string {
  const { name, type, help } = family;
  const escaped = help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  const lines = family.type === "histogram"
    ? family.histograms.flatMap(([labels, histogram]) => formatHistogram(name, labels, histogram))
    : family.samples.map(([labels, value]) => formatSample(name, labels, value));
  return [`# HELP ${name} ${escaped}`, `# TYPE ${name} ${type}`, ...lines, ""].join("\n");
}

function formatHistogram(name: string, labels: Labels, histogram: Histogram): string[] {
  const counts = histogram.cumulativeCounts();
  const bounds = [...histogram.bounds, Infinity].map(formatValue);
  return [
    ...bounds.map((le, i) => formatSample(`${name}_bucket`, { ...labels, le }, counts[i]!)),
    formatSample(`${name}_sum`, labels, histogram.sum),
    formatSample(`${name}_count`, labels, counts.at(-1)!),
  ];
}

function formatSample(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
  return `${name}${pairs.length > 0 ? `{${pairs.join(",")}}` : ""} ${formatValue(value)}`;
}

function escapeLabel(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

/** Not a number is `NaN` in both. */
function formatValue(value: number): string {
  if (Math.abs(value) === Infinity) return value > 0 ? "+Inf" : "-Inf";
  return String(value);
}

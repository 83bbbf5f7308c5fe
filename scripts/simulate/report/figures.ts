/**
 * The plots of a report.
 *
 * @module
 */

import type { NetworkSample } from "../../../lib/sim/measure/monitor.ts";
import type { Samples } from "../../../lib/sim/measure/samples.ts";
import type { GetPhase, Results } from "../results.ts";
import { formatMs, formatNumber, formatShare } from "../../../lib/format/format.js";
import { type Axis, renderBars, renderLines, type Series } from "./chart.ts";
import { linearScale, logScale, roundUp, timeScale } from "./scale.ts";

const WIDE = 960;
const NARROW = 470;
const MINUTE_MS = 60_000;
const KILOBYTE = 1_000;
const MEGABYTE = 1_000 * KILOBYTE;
/** Width of one label below an axis. */
const LABEL_WIDTH = 62;
const Y_TICKS = 5;
const CURVE_POINTS = 100;

/** All plots that have something to show. */
export function renderFigures(results: Results): string {
  const hasCourse = results.samples.length > 1;
  return [
    ...hasCourse ? [renderSuccess(results), renderReplicas(results)] : [],
    renderHops(results.gets),
    renderLatency(results.gets),
    ...hasCourse ? [renderTraffic(results), renderTables(results)] : [],
  ].join("\n");
}

function renderSuccess(results: Results): string {
  const success = overTime(results, "GETs", ({ gets }) => gets.asked === 0 ? NaN : gets.success);
  const worst = Math.min(...success.points.map(([, y]) => y).filter(Number.isFinite));
  const from = [0.99, 0.9, 0.5].find((bound) => worst > bound + (1 - bound) / 10) ?? 0;
  return overTimeChart(results, {
    title: "GETs that find their value",
    note: `Share of those asked in each interval; the axis begins at ${formatShare(from)}.`,
    y: linearAxis(from, 1, formatShare),
    series: [success],
    width: WIDE,
  });
}

function renderReplicas(results: Results): string {
  const series = [
    overTime(results, "mean", ({ replicas }) => replicas.mean),
    overTime(results, "fewest of any value", ({ replicas }) => replicas.min),
  ];
  return overTimeChart(results, {
    title: "Replicas per value",
    note: "Living nodes that hold a value that has not expired.",
    y: linearAxis(0, roundUp(highest(series), Y_TICKS), formatNumber),
    series,
    width: WIDE,
  });
}

function renderTraffic(results: Results): string {
  const most = Math.max(0, ...results.samples.map(({ traffic }) => traffic.bytes || 0));
  const [unit, unitBytes]: [string, number] = most < MEGABYTE ? ["kB", KILOBYTE] : ["MB", MEGABYTE];
  const series = [overTime(results, "", ({ traffic }) => traffic.bytes / unitBytes)];
  const format = (value: number) => `${formatNumber(value)} ${unit}`;
  return overTimeChart(results, {
    title: "Traffic per node and hour",
    note: "Frames of the peer protocol, without TLS and TCP.",
    y: linearAxis(0, roundUp(highest(series), Y_TICKS), format),
    series,
    width: NARROW,
  });
}

function renderTables(results: Results): string {
  const series = [overTime(results, "dead", ({ tables }) => tables.deadShare)];
  return overTimeChart(results, {
    title: "Dead contacts",
    note: "Share of the contacts in routing tables that do not live any more.",
    y: linearAxis(0, roundUp(Math.max(0.05, highest(series)), Y_TICKS), formatShare),
    series,
    width: NARROW,
  });
}

function renderHops(gets: readonly GetPhase[]): string {
  const most = Math.max(0, ...gets.map(({ gets: { hops } }) => hops.quantile(1) || 0));
  const series = gets.map(({ name, gets: { hops } }) => {
    const heights = new Array<number>(most + 1).fill(0);
    for (const count of hops.values) heights[count]! += 1 / hops.count;
    return { name, heights };
  });
  const max = Math.max(0.1, ...series.flatMap(({ heights }) => heights));
  return renderBars({
    title: "Hops to a value",
    note: "Share of GETs by requests in a row; 0 if the asked node held the value.",
    categories: Array.from({ length: most + 1 }, (_, i) => String(i)),
    y: linearAxis(0, roundUp(max, Y_TICKS), formatShare),
    series,
    width: NARROW,
  });
}

function renderLatency(gets: readonly GetPhase[]): string {
  const shown = gets.filter(({ gets: { latencyMs } }) => latencyMs.count > 0);
  const longest = Math.max(1, ...shown.map(({ gets: { latencyMs } }) => latencyMs.quantile(1)));
  const shortest = Math.min(
    longest / 10,
    ...shown.map(({ gets: { latencyMs } }) => latencyMs.quantile(0.2) || longest / 1_000),
  );
  return renderLines({
    title: "Virtual time of a GET",
    note: "Share of GETs that are answered within a time.",
    x: {
      domain: [shortest, longest],
      scale: (of, range) => logScale(of, range, NARROW / LABEL_WIDTH),
      format: formatShortTime,
    },
    y: linearAxis(0, 1, formatShare),
    series: shown.map(({ name, gets: { latencyMs } }) => ({
      name,
      points: curveOf(latencyMs, shortest),
    })),
    marks: [],
    width: NARROW,
  });
}

/** The quantiles of some samples, as a curve that begins at a time above 0. */
function curveOf(samples: Samples, from: number): Series["points"] {
  const points: [number, number][] = [];
  for (let i = 0; i <= CURVE_POINTS; i++) {
    const time = samples.quantile(i / CURVE_POINTS);
    if (time >= from) points.push([time, i / CURVE_POINTS]);
  }
  return points;
}

function overTime(
  { samples }: Results,
  name: string,
  value: (sample: NetworkSample) => number,
): Series {
  return { name, points: samples.map((sample) => [sample.time, value(sample)] as const) };
}

function overTimeChart(
  { samples, marks }: Results,
  chart: {
    readonly title: string;
    readonly note: string;
    readonly y: Axis;
    readonly series: readonly Series[];
    readonly width: number;
  },
): string {
  const domain = [samples[0]!.time, samples.at(-1)!.time] as const;
  const count = chart.width / LABEL_WIDTH;
  return renderLines({
    ...chart,
    x: { domain, scale: (of, range) => timeScale(of, range, count), format: formatMinutes },
    marks: marks.map(({ time, label }) => ({ x: time, label })),
  });
}

function linearAxis(min: number, max: number, format: Axis["format"]): Axis {
  return { domain: [min, max], scale: (of, range) => linearScale(of, range, Y_TICKS), format };
}

function highest(series: readonly Series[]): number {
  return Math.max(0, ...series.flatMap(({ points }) => points.map(([, y]) => y || 0)));
}

function formatShortTime(ms: number): string {
  return ms < 1_000 ? formatMs(ms) : `${formatNumber(ms / 1_000)} s`;
}

/** Virtual time as h:mm. */
function formatMinutes(ms: number): string {
  const minutes = Math.floor(ms / MINUTE_MS);
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
}

/**
 * Charts as SVG text: lines over a continuous axis, and bars. Colours come from the page.
 *
 * @module
 */

import { escape } from "@std/html/entities";
import type { Scale } from "./scale.ts";

/** One line of a chart. */
export interface Series {
  readonly name: string;
  /** In the order of x; a point with a y that is no number interrupts the line. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** How one axis is written. */
export interface Axis {
  readonly domain: readonly [number, number];
  readonly scale: (domain: readonly [number, number], range: readonly [number, number]) => Scale;
  readonly format: (value: number) => string;
}

/** Something that happened, as a vertical line. */
export interface ChartMark {
  readonly x: number;
  readonly label: string;
}

/** A chart of lines. */
export interface LineChart {
  readonly title: string;
  readonly note: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  readonly marks: readonly ChartMark[];
  readonly width: number;
}

/** A chart of bars, some for each category. */
export interface BarChart {
  readonly title: string;
  readonly note: string;
  readonly categories: readonly string[];
  readonly y: Axis;
  readonly series: readonly { readonly name: string; readonly heights: readonly number[] }[];
  readonly width: number;
}

const HEIGHT = 260;
/** Wider charts take a whole row. */
const WIDE_FROM = 600;
const MARGIN = { left: 58, right: 18, top: 26, bottom: 30 };
const MARK_LINE_HEIGHT = 13;

/** A figure with a chart of lines. */
export function renderLines(chart: LineChart): string {
  const { width, series, marks } = chart;
  const top = MARGIN.top + MARK_LINE_HEIGHT * Math.max(0, marks.length - 1);
  const height = HEIGHT + top - MARGIN.top;
  const x = chart.x.scale(chart.x.domain, [MARGIN.left, width - MARGIN.right]);
  const y = chart.y.scale(chart.y.domain, [height - MARGIN.bottom, top]);
  const xLabels = x.ticks.map((tick) =>
    textAt(x.at(tick), height - MARGIN.bottom + 18, "middle", chart.x.format(tick))
  );
  const lines = series.map(({ name, points }, i) =>
    `<path class="line c${i}" d="${pathOf(points, x, y)}"/>` +
    points.filter(([, value]) => Number.isFinite(value)).map(([at, value]) => {
      const text = `${chart.x.format(at)}: ${chart.y.format(value)} ${name}`;
      return `<circle class="dot c${i}" cx="${round(x.at(at))}" cy="${
        round(y.at(value))
      }" r="4"><title>${escape(text)}</title></circle>`;
    }).join("")
  );
  const body = [
    ...grid(y, chart.y, width),
    ...xLabels,
    ...marks.map((mark, i) => renderMark(mark, i, x, height, width)),
    ...lines,
  ];
  return figure(chart, height, body);
}

/** A figure with a chart of bars. */
export function renderBars(chart: BarChart): string {
  const { width, series, categories } = chart;
  const y = chart.y.scale(chart.y.domain, [HEIGHT - MARGIN.bottom, MARGIN.top]);
  const slot = (width - MARGIN.left - MARGIN.right) / categories.length;
  const gap = Math.min(12, slot / 4);
  const bar = Math.min(46, (slot - gap) / series.length);
  const bars = series.flatMap(({ name, heights }, i) =>
    heights.map((height, category) => {
      const left = MARGIN.left + slot * (category + 0.5) + bar * (i - series.length / 2);
      const text = `${categories[category]}: ${chart.y.format(height)} ${name}`;
      return `<rect class="bar c${i}" x="${round(left)}" y="${round(y.at(height))}" width="${
        round(Math.max(1, bar - 1))
      }" height="${round(y.at(0) - y.at(height))}"><title>${escape(text)}</title></rect>`;
    })
  );
  const labels = categories.map((name, i) =>
    textAt(MARGIN.left + slot * (i + 0.5), HEIGHT - MARGIN.bottom + 18, "middle", name)
  );
  return figure(chart, HEIGHT, [...grid(y, chart.y, width), ...labels, ...bars]);
}

function figure(
  { title, note, series, width }: {
    readonly title: string;
    readonly note: string;
    readonly series: readonly { readonly name: string }[];
    readonly width: number;
  },
  height: number,
  body: readonly string[],
): string {
  const legend = series.length < 2
    ? ""
    : `<p class="legend">${
      series.map(({ name }, i) => `<span class="c${i}">${escape(name)}</span>`).join("")
    }</p>`;
  const name = width > WIDE_FROM ? ` class="wide"` : "";
  return `<figure${name}><figcaption><h2>${escape(title)}</h2><p>${escape(note)}</p>${legend}` +
    `</figcaption><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(title)}">${
      body.join("")
    }</svg></figure>`;
}

function grid(y: Scale, axis: Axis, width: number): string[] {
  return y.ticks.map((tick) => {
    const at = round(y.at(tick));
    return `<line class="grid" x1="${MARGIN.left}" x2="${
      width - MARGIN.right
    }" y1="${at}" y2="${at}"/>` + textAt(MARGIN.left - 8, at + 4, "end", axis.format(tick));
  });
}

/** Labels stand one below the other, so that marks of one moment can be read. */
function renderMark(
  { x, label }: ChartMark,
  index: number,
  scale: Scale,
  height: number,
  width: number,
): string {
  const at = round(scale.at(x));
  const top = 12 + MARK_LINE_HEIGHT * index;
  const isLeft = at > width / 2;
  return `<line class="mark" x1="${at}" x2="${at}" y1="${top - 8}" y2="${
    height - MARGIN.bottom
  }"/>` + textAt(isLeft ? at - 5 : at + 5, top, isLeft ? "end" : "start", label, "mark-label");
}

function pathOf(points: Series["points"], x: Scale, y: Scale): string {
  let path = "";
  let isDown = false;
  for (const [at, value] of points) {
    const isPoint = Number.isFinite(value);
    if (isPoint) path += `${isDown ? "L" : "M"}${round(x.at(at))},${round(y.at(value))}`;
    isDown = isPoint;
  }
  return path;
}

function textAt(x: number, y: number, anchor: string, text: string, name = "tick"): string {
  return `<text class="${name}" x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${
    escape(text)
  }</text>`;
}

function round(value: number): number {
  return Math.round(10 * value) / 10;
}

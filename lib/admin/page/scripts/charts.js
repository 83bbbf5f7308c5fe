/**
 * Live charts: what the node did between one answer and the next. While it does not answer, lines have a gap.
 *
 * @module
 */

import { colour, make, onScheme, onWidth, setText } from "./dom.js";
import { CHARTS } from "./figures.js";

/** @import { FiguresDocument, NodeDocument } from "../../contract.ts" */
/** @import { Chart } from "./figures.js" */

/** The library, which a script before this one has loaded. */
const { uPlot } = /** @type {{ uPlot: typeof import("uplot") }} */ (/** @type {unknown} */ (
  globalThis
));

/** Points kept: five minutes of seconds. */
const POINTS = 300;
const HEIGHT = 132;
const FONT = "11px system-ui, sans-serif";

/** All charts of the page. */
export class Charts {
  /** @type {LiveChart[]} */
  #charts;
  /** @type {NodeDocument | null} */
  #last = null;

  /** @param {HTMLElement} container */
  constructor(container) {
    this.#charts = CHARTS.map((chart) => new LiveChart(container, chart));
    onScheme(() => this.#charts.forEach((chart) => chart.rebuild()));
  }

  /**
   * Adds what the node says now.
   *
   * @param {NodeDocument | null} node null if it does not answer
   */
  push(node) {
    const last = this.#last;
    this.#last = node;
    const seconds = node && last ? (node.now - last.now) / 1_000 : 0;
    const restarted = node && last && node.startedAt !== last.startedAt;
    const at = (node?.now ?? Date.now()) / 1_000;
    for (const chart of this.#charts) {
      if (node && last && !restarted && seconds > 0) {
        chart.push(at, { now: node.figures, before: last.figures, seconds });
      } else if (!node) chart.gap(at);
    }
  }
}

/** One chart with a line of text above it that says the values: the latest, or those pointed at. */
class LiveChart {
  /** @type {Chart} */
  #chart;
  #box = make("div", { class: "plot" });
  /** @type {HTMLElement[]} */
  #readouts;
  /** @type {number[]} */
  #times = [];
  /** @type {(number | null)[][]} */
  #lines;
  /** @type {import("uplot") | null} */
  #plot = null;

  /**
   * @param {HTMLElement} container
   * @param {Chart} chart
   */
  constructor(container, chart) {
    this.#chart = chart;
    this.#lines = chart.lines.map(() => []);
    this.#readouts = chart.lines.map(() => make("b"));
    const legend = chart.lines.map(([name], i) =>
      make("li", { class: `line${i + 1}` }, `${name} `, this.#readouts[i] ?? null)
    );
    container.append(make(
      "figure",
      {},
      make("figcaption", {}, make("h3", {}, chart.title), make("ul", {}, ...legend)),
      this.#box,
    ));
    onWidth(this.#box, (width) => {
      if (this.#plot) this.#plot.setSize({ width, height: HEIGHT });
      else this.rebuild();
    });
  }

  /**
   * Adds a point to every line.
   *
   * @param {number} at in seconds since 1970
   * @param {{ now: FiguresDocument, before: FiguresDocument, seconds: number }} figures
   */
  push(at, { now, before, seconds }) {
    this.#add(at, this.#chart.lines.map(([, line]) => finite(line(now, before, seconds))));
  }

  /**
   * Adds a gap to every line.
   *
   * @param {number} at in seconds since 1970
   */
  gap(at) {
    this.#add(at, this.#chart.lines.map(() => null));
  }

  /**
   * @param {number} at
   * @param {readonly (number | null)[]} values
   */
  #add(at, values) {
    if (at <= (this.#times.at(-1) ?? 0)) return;
    this.#times.push(at);
    this.#lines.forEach((line, i) => line.push(values[i] ?? null));
    if (this.#times.length > POINTS) [this.#times, ...this.#lines].forEach((line) => line.shift());
    this.#plot?.setData([this.#times, ...this.#lines]);
    this.#showValues();
  }

  #showValues() {
    const index = this.#plot?.cursor.idx ?? this.#times.length - 1;
    this.#readouts.forEach((readout, i) => {
      setText(readout, this.#chart.unit(this.#lines[i]?.[index] ?? NaN));
    });
  }

  /** Draws the chart anew, with the colours of the current scheme. */
  rebuild() {
    const width = this.#box.clientWidth;
    if (width === 0) return;
    this.#plot?.destroy();
    const axis = { stroke: colour("quiet"), font: FONT, ticks: { show: false } };
    const grid = { stroke: colour("rule"), width: 1 };
    const { unit, lines } = this.#chart;
    this.#plot = new uPlot(
      {
        width,
        height: HEIGHT,
        padding: [8, 22, 0, 0],
        legend: { show: false },
        cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
        scales: {
          x: { range: (_, min, max) => [Math.min(min, max - 60), max] },
          y: { range: (_, min, max) => [Math.min(0, min ?? 0), Math.max(max ?? 0, 1e-9) * 1.1] },
        },
        axes: [
          { ...axis, grid: { show: false }, size: 24, space: 70, values: (_, at) => at.map(clock) },
          { ...axis, grid, size: 62, space: 34, values: (_, at) => at.map(unit) },
        ],
        series: [
          {},
          ...lines.map(([label], i) => ({
            label,
            stroke: colour(`line${i + 1}`),
            width: 1.5,
            points: { show: false },
            spanGaps: false,
          })),
        ],
        hooks: { setCursor: [() => this.#showValues()] },
      },
      [this.#times, ...this.#lines],
      this.#box,
    );
  }
}

/** @param {number | null} value */
function finite(value) {
  return Number.isFinite(value) ? value : null;
}

/** @param {number} seconds since 1970 */
function clock(seconds) {
  return new Date(seconds * 1_000).toTimeString().slice(0, 8);
}

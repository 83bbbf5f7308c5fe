/**
 * Live charts: what the node did between one asking and the next. While it does not answer, lines have a
 * gap.
 *
 * @module
 */

import { colour, make, onScheme, onWidth, setText } from "./dom.js";
import { CHARTS } from "./figures.js";

/** The library, which a script before this one has loaded. */
const { uPlot } = globalThis;

/** Points kept: five minutes of seconds. */
const POINTS = 300;
const HEIGHT = 132;
const FONT = "11px system-ui, sans-serif";

/** All charts of the page. */
export class Charts {
  #charts;
  #last = null;

  constructor(container) {
    this.#charts = CHARTS.map((chart) => new LiveChart(container, chart));
    onScheme(() => this.#charts.forEach((chart) => chart.rebuild()));
  }

  /** Takes what the node says now, `node.now` in milliseconds; null if it says nothing. */
  push(node) {
    const last = this.#last;
    this.#last = node;
    const seconds = node && last ? (node.now - last.now) / 1_000 : 0;
    const restarted = node && last && node.startedAt !== last.startedAt;
    const at = (node?.now ?? Date.now()) / 1_000;
    for (const chart of this.#charts) {
      if (node && last && !restarted && seconds > 0) {
        chart.push(at, node.figures, last.figures, seconds);
      } else if (!node) chart.gap(at);
    }
  }
}

/** One chart with a line of text above it that says the values: the latest, or those pointed at. */
class LiveChart {
  #chart;
  #box = make("div", { class: "plot" });
  #readouts;
  #data;
  #plot = null;

  constructor(container, chart) {
    this.#chart = chart;
    this.#data = [[], ...chart.lines.map(() => [])];
    this.#readouts = chart.lines.map(() => make("b"));
    const legend = chart.lines.map(([name], i) =>
      make("li", { class: `line${i + 1}` }, `${name} `, this.#readouts[i])
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

  push(at, now, before, seconds) {
    this.#add(at, this.#chart.lines.map(([, read]) => finite(read(now, before, seconds))));
  }

  gap(at) {
    this.#add(at, this.#chart.lines.map(() => null));
  }

  #add(at, values) {
    if (at <= (this.#data[0].at(-1) ?? 0)) return;
    [at, ...values].forEach((value, i) => {
      this.#data[i].push(value);
      if (this.#data[i].length > POINTS) this.#data[i].shift();
    });
    this.#plot?.setData(this.#data);
    this.#say(this.#plot?.cursor.idx ?? this.#data[0].length - 1);
  }

  #say(index) {
    this.#readouts.forEach((readout, i) => {
      const value = this.#data[i + 1][index];
      setText(readout, this.#chart.unit(value ?? NaN));
    });
  }

  /** Draws it anew, with the colours of the moment. */
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
        hooks: {
          setCursor: [(plot) => this.#say(plot.cursor.idx ?? this.#data[0].length - 1)],
        },
      },
      this.#data,
      this.#box,
    );
  }
}

function finite(value) {
  return Number.isFinite(value) ? value : null;
}

function clock(seconds) {
  return new Date(seconds * 1_000).toTimeString().slice(0, 8);
}

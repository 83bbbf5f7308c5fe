/**
 * The routing table, drawn: one row per level, a cell per contact, coloured by the time since its last message.
 *
 * It is one canvas, so that ten thousand contacts are ten thousand rectangles and no elements. A mouse, a
 * finger and the arrow keys choose a cell; what is known of it stands in a line of text below.
 *
 * @module
 */

import { formatDuration, formatMs, plural } from "../../../format/format.js";
import { colour, make, onScheme, onWidth } from "./dom.js";
import { cellAt, cellByKey, EMPTY, LABEL_WIDTH, layOut, LINE_HEIGHT } from "./table_layout.js";

/** @import { TableDocument } from "../../contract.ts" */
/** @import { Cell, Layout } from "./table_layout.js" */

/** Some browsers show nothing of a canvas with more points. */
const POINTS_MAX = 16_000_000;
const FONT = "12px system-ui, sans-serif";

/** From fresh to stale: the age up to which a colour counts, its name, and its text in the legend. */
const AGES = /** @type {const} */ ([
  [60_000, "fresh1", "heard within a minute"],
  [600_000, "fresh2", "ten minutes"],
  [3_600_000, "fresh3", "an hour"],
  [Infinity, "fresh4", "longer ago"],
]);

/**
 * The elements of the page that a drawing uses.
 *
 * @typedef {object} Elements
 * @property {HTMLCanvasElement} canvas
 * @property {HTMLElement} detail shows what is known of the chosen contact
 * @property {HTMLElement} legend
 * @property {HTMLElement} container gives the width
 */

/** The drawing of a table. */
export class TableDrawing {
  /** @type {HTMLCanvasElement} */
  #canvas;
  /** @type {HTMLElement} */
  #detail;
  /** @type {Layout} */
  #layout = EMPTY;
  /** @type {TableDocument | null} */
  #table = null;
  /** The index of the chosen cell, or -1. */
  #chosen = -1;
  #width = 0;

  /** @param {Elements} elements */
  constructor({ canvas, detail, legend, container }) {
    this.#canvas = canvas;
    this.#detail = detail;
    legend.append(
      ...AGES.map(([, name, text]) => legendItem(name, text)),
      legendItem("failing", "last request failed"),
      legendItem("connected", "connection open"),
    );
    onWidth(container, (width) => {
      this.#width = width;
      this.#layOut();
    });
    onScheme(() => this.#draw());
    canvas.addEventListener("pointermove", (event) => this.#choose(cellAt(this.#layout, event)));
    canvas.addEventListener("pointerdown", (event) => this.#choose(cellAt(this.#layout, event)));
    canvas.addEventListener("pointerleave", () => this.#leave());
    canvas.addEventListener("blur", () => this.#choose(-1));
    canvas.addEventListener("focus", () => this.#choose(Math.max(this.#chosen, 0)));
    canvas.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /**
   * Shows a table. The contact that was chosen stays chosen.
   *
   * @param {TableDocument} table
   */
  show(table) {
    const chosen = this.#layout.cells[this.#chosen]?.contact.id;
    this.#table = table;
    this.#layOut();
    const index = this.#layout.cells.findIndex(({ contact }) => contact.id === chosen);
    this.#choose(index, { byUser: false });
  }

  #layOut() {
    if (!this.#table || this.#width === 0) return;
    this.#layout = layOut(this.#table, this.#width);
    const { height } = this.#layout;
    const scale = Math.min(devicePixelRatio || 1, Math.sqrt(POINTS_MAX / (this.#width * height)));
    this.#canvas.width = Math.round(this.#width * scale);
    this.#canvas.height = Math.round(height * scale);
    this.#canvas.style.height = `${height}px`;
    this.#canvas.getContext("2d")?.setTransform(scale, 0, 0, scale, 0, 0);
    this.#draw();
  }

  #draw() {
    const context = this.#canvas.getContext("2d");
    if (!context) return;
    context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    drawLabels(context, this.#layout);
    drawCells(context, this.#layout);
    const chosen = this.#layout.cells[this.#chosen];
    if (!chosen) return;
    const { cell } = this.#layout;
    context.strokeStyle = colour("ink");
    context.lineWidth = 2;
    context.strokeRect(chosen.x - 1, chosen.y - 1, cell + 2, cell + 2);
  }

  #leave() {
    if (document.activeElement !== this.#canvas) this.#choose(-1);
  }

  /**
   * Chooses a cell. A screen reader reads it out only if the user chose it.
   *
   * @param {number} index
   */
  #choose(index, { byUser = true } = {}) {
    if (index >= this.#layout.cells.length) index = -1;
    if (index === this.#chosen && (byUser || index < 0)) return;
    this.#detail.setAttribute("aria-live", byUser ? "polite" : "off");
    this.#chosen = index;
    const cell = this.#layout.cells[index];
    this.#detail.replaceChildren(...cell ? describe(cell) : []);
    this.#draw();
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const { cells } = this.#layout;
    const index = cellByKey(cells, Math.max(this.#chosen, 0), event.key);
    if (index === null) return;
    event.preventDefault();
    this.#choose(index);
    const chosen = cells[index];
    if (!chosen) return;
    const top = this.#canvas.getBoundingClientRect().top + chosen.y;
    if (top < 40 || top > innerHeight - 80) scrollBy(0, top - innerHeight / 2);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Layout} layout
 */
function drawLabels(context, { rows }) {
  context.font = FONT;
  context.textBaseline = "middle";
  context.fillStyle = colour("quiet");
  for (const { level, y, count } of rows) {
    context.textAlign = "left";
    context.fillText(`level ${level}`, 0, y + LINE_HEIGHT / 2 - 1);
    context.textAlign = "right";
    context.fillText(`${count}`, LABEL_WIDTH - 10, y + LINE_HEIGHT / 2 - 1);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Layout} layout
 */
function drawCells(context, { cells, cell }) {
  const ages = AGES.map(([ageMs, name]) => ({ ageMs, fill: colour(name) }));
  const [failing, paper] = [colour("failing"), colour("paper")];
  const inset = Math.floor(cell / 2) - 1;
  for (const { contact: { failures, heardMs, connected }, x, y } of cells) {
    const age = ages.find(({ ageMs }) => heardMs <= ageMs);
    context.fillStyle = failures > 0 || !age ? failing : age.fill;
    context.fillRect(x, y, cell, cell);
    if (!connected) continue;
    context.fillStyle = paper;
    context.fillRect(x + inset, y + inset, 3, 3);
  }
}

/**
 * @param {string} name
 * @param {string} text
 */
function legendItem(name, text) {
  return make("li", { class: name }, text);
}

/**
 * Describes a contact in pieces of a line.
 *
 * @param {Cell} cell
 */
function describe({ contact, level }) {
  const { id, address, heardMs, rttMs, failures, connected } = contact;
  const parts = [
    `level ${level}`,
    rttMs === null ? "no round trip yet" : `round trip ${formatMs(rttMs)}`,
    `heard ${formatDuration(heardMs)} ago`,
    connected ? "connected" : "not connected",
  ];
  if (failures > 0) parts.push(plural(failures, "failure"));
  return [make("b", {}, address), ` ${parts.join(" · ")} `, make("code", {}, id)];
}

/**
 * The routing table, drawn: one row per level, a cell per contact, coloured by how long ago it was heard of.
 *
 * It is one canvas, so that ten thousand contacts are ten thousand rectangles and no elements. A mouse, a
 * finger and the arrow keys choose a cell; what is known of it stands in a line of text below.
 *
 * @module
 */

import { colour, make, onScheme, onWidth } from "./dom.js";
import { formatDuration, formatMs, plural } from "../../../format/format.js";

/** Sizes of a cell with the gap after it: of most tables, and of those with very many contacts. */
const SIZES = [{ most: 2_000, cell: 13, step: 16 }, { most: Infinity, cell: 7, step: 9 }];
/** Some browsers show nothing of a canvas with more points. */
const POINTS_MAX = 16_000_000;
const LINE_HEIGHT = 16;
const LABEL_WIDTH = 92;
const ROW_GAP = 9;
const FONT = "12px system-ui, sans-serif";

/** From fresh to stale: up to which age, the name of the colour, and how the legend says it. */
const AGES = [
  [60_000, "fresh1", "heard within a minute"],
  [600_000, "fresh2", "ten minutes"],
  [3_600_000, "fresh3", "an hour"],
  [Infinity, "fresh4", "longer ago"],
];

/** The drawing of a table. */
export class TableDrawing {
  #canvas;
  #detail;
  /** Every contact with its place, in the order of the rows. */
  #cells = [];
  /** Rows of the table: label, place, height. */
  #rows = [];
  #table = null;
  #chosen = -1;
  #width = 0;
  #size = SIZES[0];

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
    canvas.addEventListener("pointermove", (event) => this.#choose(this.#cellAt(event)));
    canvas.addEventListener("pointerdown", (event) => this.#choose(this.#cellAt(event)));
    canvas.addEventListener("pointerleave", () => this.#leave());
    canvas.addEventListener("blur", () => this.#choose(-1));
    canvas.addEventListener("focus", () => this.#choose(Math.max(this.#chosen, 0)));
    canvas.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /** Shows a table as `/v1/contacts` tells it. The contact that was chosen stays chosen. */
  show(table) {
    const chosen = this.#cells[this.#chosen]?.contact.id;
    this.#table = table;
    this.#layOut();
    const index = this.#cells.findIndex(({ contact }) => contact.id === chosen);
    this.#choose(index, { byUser: false });
  }

  #layOut() {
    if (!this.#table || this.#width === 0) return;
    const { levels } = this.#table;
    const count = levels.reduce((total, { contacts }) => total + contacts.length, 0);
    this.#size = SIZES.find(({ most }) => count <= most);
    const { cell, step } = this.#size;
    const perLine = Math.max(1, Math.floor((this.#width - LABEL_WIDTH + step - cell) / step));
    this.#cells = [];
    this.#rows = [];
    let y = 4;
    for (const { level, contacts, replacements } of levels) {
      contacts.forEach((contact, i) => {
        const x = LABEL_WIDTH + (i % perLine) * step;
        this.#cells.push({ contact, level, x, y: y + Math.floor(i / perLine) * step });
      });
      const height = Math.max(LINE_HEIGHT, Math.ceil(contacts.length / perLine) * step);
      this.#rows.push({ level, y, height, count: contacts.length, replacements });
      y += height + ROW_GAP;
    }
    this.#resize(Math.max(y, LINE_HEIGHT));
    this.#draw();
  }

  #resize(height) {
    const scale = Math.min(devicePixelRatio || 1, Math.sqrt(POINTS_MAX / (this.#width * height)));
    this.#canvas.width = Math.round(this.#width * scale);
    this.#canvas.height = Math.round(height * scale);
    this.#canvas.style.height = `${height}px`;
    this.#canvas.getContext("2d").setTransform(scale, 0, 0, scale, 0, 0);
  }

  #draw() {
    const { cell } = this.#size;
    const context = this.#canvas.getContext("2d");
    context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    context.font = FONT;
    context.textBaseline = "middle";
    context.fillStyle = colour("quiet");
    for (const { level, y, count } of this.#rows) {
      context.textAlign = "left";
      context.fillText(`level ${level}`, 0, y + LINE_HEIGHT / 2 - 1);
      context.textAlign = "right";
      context.fillText(`${count}`, LABEL_WIDTH - 10, y + LINE_HEIGHT / 2 - 1);
    }
    const colours = new Map([...AGES.map(([, name]) => name), "failing", "paper"].map(
      (name) => [name, colour(name)],
    ));
    for (const { contact, x, y } of this.#cells) {
      context.fillStyle = colours.get(contact.failures > 0 ? "failing" : ageOf(contact));
      context.fillRect(x, y, cell, cell);
      if (!contact.connected) continue;
      context.fillStyle = colours.get("paper");
      const inset = Math.floor(cell / 2) - 1;
      context.fillRect(x + inset, y + inset, 3, 3);
    }
    const chosen = this.#cells[this.#chosen];
    if (!chosen) return;
    context.strokeStyle = colour("ink");
    context.lineWidth = 2;
    context.strokeRect(chosen.x - 1, chosen.y - 1, cell + 2, cell + 2);
  }

  #cellAt({ offsetX, offsetY }) {
    const { step } = this.#size;
    return this.#cells.findIndex(({ x, y }) =>
      offsetX >= x && offsetX < x + step && offsetY >= y && offsetY < y + step
    );
  }

  #leave() {
    if (document.activeElement !== this.#canvas) this.#choose(-1);
  }

  /** Chooses a cell. Screen readers are told only when it is the user who chooses. */
  #choose(index, { byUser = true } = {}) {
    if (index >= this.#cells.length) index = -1;
    if (index === this.#chosen && (byUser || index < 0)) return;
    this.#detail.setAttribute("aria-live", byUser ? "polite" : "off");
    this.#chosen = index;
    const cell = this.#cells[index];
    this.#detail.replaceChildren(...cell ? describe(cell) : []);
    this.#draw();
  }

  #onKey(event) {
    const to = this.#target(event.key);
    if (to === null) return;
    event.preventDefault();
    this.#choose(Math.min(Math.max(to, 0), this.#cells.length - 1));
    this.#scrollTo(this.#cells[this.#chosen]);
  }

  /** The cell that a key leads to; null if it leads nowhere. */
  #target(key) {
    const at = Math.max(this.#chosen, 0);
    if (key === "ArrowRight") return at + 1;
    if (key === "ArrowLeft") return at - 1;
    if (key === "Home") return 0;
    if (key === "End") return this.#cells.length - 1;
    if (key === "ArrowDown" || key === "ArrowUp") return this.#lineAway(at, key === "ArrowDown");
    return null;
  }

  /** The cell nearest in the next line, or in the one before. */
  #lineAway(at, down) {
    const from = this.#cells[at];
    if (!from) return 0;
    const lines = this.#cells.map(({ y }) => y).filter((y) => down ? y > from.y : y < from.y);
    if (lines.length === 0) return at;
    const y = down ? lines[0] : lines.at(-1);
    const row = this.#cells.map((cell, i) => ({ cell, i })).filter(({ cell }) => cell.y === y);
    const nearest = row.reduce((best, one) =>
      Math.abs(one.cell.x - from.x) < Math.abs(best.cell.x - from.x) ? one : best
    );
    return nearest.i;
  }

  #scrollTo(cell) {
    if (!cell) return;
    const top = this.#canvas.getBoundingClientRect().top + cell.y;
    if (top < 40 || top > innerHeight - 80) scrollBy(0, top - innerHeight / 2);
  }
}

function legendItem(name, text) {
  return make("li", { class: name }, text);
}

function ageOf({ heardMs }) {
  return AGES.find(([ageMs]) => heardMs <= ageMs)?.[1] ?? AGES.at(-1)[1];
}

/** What is known of a contact, as pieces of a line. */
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

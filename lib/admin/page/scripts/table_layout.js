/**
 * Where the contacts of a routing table are drawn: one row per level, as many lines as it takes.
 *
 * @module
 */

/** @import { TableContactDocument, TableDocument } from "../../contract.ts" */

/** @typedef {{ contact: TableContactDocument, level: number, x: number, y: number }} Cell */
/** @typedef {{ level: number, y: number, count: number }} Row */

/**
 * A table as it is drawn; lengths are in CSS pixels.
 *
 * @typedef {object} Layout
 * @property {readonly Cell[]} cells every contact, in the order of the rows
 * @property {readonly Row[]} rows
 * @property {number} cell the side of a cell
 * @property {number} step the side of a cell with the gap after it
 * @property {number} height
 */

/** Sizes of a cell and of its step: of most tables, and of those with very many contacts. */
const USUAL = { cell: 13, step: 16 };
const SMALL = { cell: 7, step: 9 };
const USUAL_CONTACTS_MAX = 2_000;
const ROW_GAP = 9;
export const LINE_HEIGHT = 16;
export const LABEL_WIDTH = 92;

/** @type {Layout} */
export const EMPTY = { cells: [], rows: [], ...USUAL, height: LINE_HEIGHT };

/**
 * Lays a table out in a given width.
 *
 * @param {TableDocument} table
 * @param {number} width
 * @returns {Layout}
 */
export function layOut({ levels }, width) {
  const count = levels.reduce((total, { contacts }) => total + contacts.length, 0);
  const { cell, step } = count <= USUAL_CONTACTS_MAX ? USUAL : SMALL;
  const perLine = Math.max(1, Math.floor((width - LABEL_WIDTH + step - cell) / step));
  /** @type {Cell[]} */
  const cells = [];
  /** @type {Row[]} */
  const rows = [];
  let y = 4;
  for (const { level, contacts } of levels) {
    for (const [i, contact] of contacts.entries()) {
      const x = LABEL_WIDTH + (i % perLine) * step;
      cells.push({ contact, level, x, y: y + Math.floor(i / perLine) * step });
    }
    rows.push({ level, y, count: contacts.length });
    y += Math.max(LINE_HEIGHT, Math.ceil(contacts.length / perLine) * step) + ROW_GAP;
  }
  return { cells, rows, cell, step, height: Math.max(y, LINE_HEIGHT) };
}

/**
 * Finds the cell at a point; -1 if there is none.
 *
 * @param {Layout} layout
 * @param {{ readonly offsetX: number, readonly offsetY: number }} point
 */
export function cellAt({ cells, step }, { offsetX, offsetY }) {
  return cells.findIndex(({ x, y }) =>
    offsetX >= x && offsetX < x + step && offsetY >= y && offsetY < y + step
  );
}

/**
 * Finds the cell that a key of the keyboard leads to; null if the key leads nowhere.
 *
 * @param {readonly Cell[]} cells
 * @param {number} at
 * @param {string} key
 */
export function cellByKey(cells, at, key) {
  if (key === "ArrowRight") return Math.min(at + 1, cells.length - 1);
  if (key === "ArrowLeft") return Math.max(at - 1, 0);
  if (key === "Home") return 0;
  if (key === "End") return cells.length - 1;
  if (key === "ArrowDown" || key === "ArrowUp") return lineAway(cells, at, key);
  return null;
}

/**
 * Finds the nearest cell in the line below or above.
 *
 * @param {readonly Cell[]} cells
 * @param {number} at
 * @param {"ArrowDown" | "ArrowUp"} key
 */
function lineAway(cells, at, key) {
  const from = cells[at];
  if (!from) return 0;
  const others = cells.filter(({ y }) => key === "ArrowDown" ? y > from.y : y < from.y);
  const line = others.at(key === "ArrowDown" ? 0 : -1);
  if (!line) return at;
  const nearest = others.filter(({ y }) => y === line.y).reduce((best, one) =>
    Math.abs(one.x - from.x) < Math.abs(best.x - from.x) ? one : best
  );
  return cells.indexOf(nearest);
}

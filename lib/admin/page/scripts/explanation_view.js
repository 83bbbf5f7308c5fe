/**
 * A lookup, drawn as it comes nearer to the key: time to the right, distance downwards, each node asked a bar
 * from the question to the answer, joined to the one that named it. Below, the same as tables.
 *
 * @module
 */

import { formatMs, plural, shorten } from "../../../format/format.js";
import { make, makeSvg, onWidth } from "./dom.js";

/** @import { AskedDocument, ExplanationDocument, ResponsibleDocument } from "../../contract.ts" */

/**
 * How a lookup is drawn: coordinates by time and by bits, and the element for details.
 *
 * @typedef {object} Frame
 * @property {(at: number) => number} x
 * @property {(bits: number) => number} y
 * @property {number} width
 * @property {number} ms how long the lookup took
 * @property {number} endMs the end of the time axis
 * @property {number} nearest the most bits shared with the key
 * @property {HTMLElement} detail
 */

const ROW = { top: 30, bottom: 34, left: 46, right: 16 };
const HEIGHT = 300;
const DOT = 4.5;

/**
 * Shows an explanation in an element.
 *
 * @param {HTMLElement} box
 * @param {ExplanationDocument} explanation
 */
export function showExplanation(box, explanation) {
  const { asked, responsible, stopped, ms, holders, wanted } = explanation;
  const figure = make("div", { class: "drawing" });
  const detail = make("p", { class: "detail", "aria-live": "polite" });
  box.append(
    make(
      "p",
      {},
      `The search stopped after ${formatMs(ms)}: ${stopped}. ` +
        `${holders} of ${plural(wanted, "replica")} wanted are there.`,
    ),
    ...asked.length > 0 ? [legend(asked), figure, detail, askedTable(asked)] : [],
    responsibleTable(responsible),
  );
  onWidth(figure, (width) => figure.replaceChildren(draw(explanation, { width, detail })));
}

/** @param {readonly AskedDocument[]} asked */
function legend(asked) {
  const outcomes = [...new Set(asked.map(({ outcome }) => outcome))];
  return make(
    "ul",
    { class: "legend" },
    ...outcomes.map((outcome) => make("li", { class: `outcome-${outcome}` }, outcome)),
  );
}

/**
 * @param {ExplanationDocument} explanation
 * @param {Pick<Frame, "width" | "detail">} options
 */
function draw({ asked, ms }, { width, detail }) {
  const endMs = Math.max(...asked.map((node) => endOf(node, ms)), 0.01);
  const nearest = Math.max(...asked.map(bitsOf), 1);
  /** @type {Frame} */
  const frame = {
    x: (at) => ROW.left + at / endMs * (width - ROW.left - ROW.right),
    y: (bits) => ROW.top + bits / (nearest * 1.06) * (HEIGHT - ROW.top - ROW.bottom),
    width,
    ms,
    endMs,
    nearest,
    detail,
  };
  const svg = makeSvg("svg", {
    viewBox: `0 0 ${width} ${HEIGHT}`,
    width,
    height: HEIGHT,
    role: "group",
    "aria-label": `The lookup drawn: ${asked.length} nodes asked in ${formatMs(endMs)}`,
  });
  svg.append(...axes(frame), ...links(asked, frame), ...asked.map((node) => mark(node, frame)));
  return svg;
}

/**
 * Draws lines for whole bits and some times.
 *
 * @param {Frame} frame
 */
function axes({ x, y, endMs, nearest, width }) {
  /** @type {SVGElement[]} */
  const parts = [makeSvg("text", { x: 0, y: 11 }, "leading bits shared with the key")];
  const step = Math.max(1, Math.ceil(nearest / 6));
  for (let bits = 0; bits <= nearest; bits += step) {
    const at = { x1: ROW.left, x2: width - ROW.right, y1: y(bits), y2: y(bits) };
    parts.push(
      makeSvg("line", { class: "grid", ...at }),
      makeSvg("text", { x: ROW.left - 8, y: y(bits) + 4, "text-anchor": "end" }, `${bits}`),
    );
  }
  const bottom = HEIGHT - ROW.bottom + 4;
  parts.push(
    makeSvg("line", { class: "key", x1: ROW.left, x2: width - ROW.right, y1: bottom, y2: bottom }),
    makeSvg("text", { x: ROW.left - 8, y: bottom + 4, "text-anchor": "end" }, "key"),
  );
  const times = width < 500 ? 2 : 4;
  for (let i = 0; i <= times; i++) {
    const at = endMs * i / times;
    const anchor = i === 0 ? "start" : i === times ? "end" : "middle";
    parts.push(
      makeSvg("text", { x: x(at), y: HEIGHT - 8, "text-anchor": anchor }, formatMs(at)),
    );
  }
  return parts;
}

/**
 * Draws a line from each node to those that it named first.
 *
 * @param {readonly AskedDocument[]} asked
 * @param {Frame} frame
 */
function links(asked, { x, y, ms }) {
  const byNode = new Map(asked.map((node) => [node.id, node]));
  return asked.flatMap((node) => {
    const from = node.from === null ? undefined : byNode.get(node.from);
    if (!from) return [];
    const [start, end] = [x(endOf(from, ms)), x(node.startedMs)];
    const [high, low] = [y(bitsOf(from)), y(bitsOf(node))];
    const middle = (start + end) / 2;
    const d = `M${start},${high} C${middle},${high} ${middle},${low} ${end},${low}`;
    return [makeSvg("path", { class: "named", d })];
  });
}

/**
 * Draws a node that was asked.
 *
 * @param {AskedDocument} node
 * @param {Frame} frame
 */
function mark(node, { x, y, ms, detail }) {
  const height = y(bitsOf(node));
  const [start, end] = [x(node.startedMs), x(endOf(node, ms))];
  const text = describe(node);
  const drawn = makeSvg(
    "g",
    { class: `asked outcome-${node.outcome}`, tabindex: "0", role: "img", "aria-label": text },
    makeSvg("line", { x1: start, x2: end, y1: height, y2: height }),
    makeSvg("circle", { cx: end, cy: height, r: DOT }),
    makeSvg("title", {}, text),
  );
  const show = () => detail.textContent = text;
  drawn.addEventListener("pointerenter", show);
  drawn.addEventListener("focus", show);
  return drawn;
}

/** @param {AskedDocument} node */
function describe(node) {
  const { address, id, prefixBits, hops, startedMs, ms } = node;
  const time = ms === null ? "no answer" : `${formatMs(ms)} later`;
  return `${address} (${shorten(id)}), ${plural(hops, "hop")}, ${prefixBits} bits shared: ` +
    `asked at ${formatMs(startedMs)}, ${time}: ${outcomeText(node)}`;
}

/** @param {AskedDocument} node */
function outcomeText({ outcome, contacts }) {
  return outcome === "contacts" ? plural(contacts, "contact") : outcome;
}

/**
 * @param {AskedDocument} node
 * @param {number} totalMs
 */
function endOf({ startedMs, ms }, totalMs) {
  return ms === null ? Math.max(totalMs, startedMs) : startedMs + ms;
}

/**
 * Computes the shared leading bits with a fraction: how often the distance is halved, at most 64 times.
 *
 * @param {AskedDocument} node
 */
function bitsOf({ distance, prefixBits }) {
  const fraction = Number(BigInt(`0x${distance}`)) / 2 ** 64;
  return fraction > 0 ? Math.max(0, -Math.log2(fraction)) : prefixBits;
}

/** @param {readonly AskedDocument[]} asked */
function askedTable(asked) {
  const addresses = new Map(asked.map(({ id, address }) => [id, address]));
  return table("Every node asked, in order", asked, [
    { name: "Node", read: nodeCell },
    { name: "Bits", read: ({ prefixBits }) => [`${prefixBits}`], kind: "number" },
    { name: "Hops", read: ({ hops }) => [`${hops}`], kind: "number" },
    { name: "At", read: ({ startedMs }) => [formatMs(startedMs)], kind: "number" },
    { name: "Took", read: ({ ms }) => [formatMs(ms ?? NaN)], kind: "number" },
    { name: "Gave", read: (node) => outcomeCell(node.outcome, outcomeText(node)) },
    {
      name: "Named by",
      read: ({ from }) => [from === null ? "own table" : addresses.get(from) ?? shorten(from)],
    },
  ]);
}

/** @param {readonly ResponsibleDocument[]} responsible */
function responsibleTable(responsible) {
  return table("The nodes that should hold the value", responsible, [
    { name: "Node", read: nodeCell },
    { name: "Bits", read: ({ prefixBits }) => [`${prefixBits}`], kind: "number" },
    { name: "Holds it", read: holdsCell },
    { name: "Expires in", read: ({ ttlMs }) => [formatMs(ttlMs ?? NaN)], kind: "number" },
  ]);
}

/** @param {AskedDocument | ResponsibleDocument} node */
function nodeCell({ address, id }) {
  return [`${address} `, make("code", {}, shorten(id))];
}

/**
 * @param {string} outcome
 * @param {string} text
 */
function outcomeCell(outcome, text) {
  return [make("span", { class: `mark outcome-${outcome}` }, text)];
}

/** @param {ResponsibleDocument} node */
function holdsCell({ holds, reason, self }) {
  const who = self ? " (this node)" : "";
  if (holds === true) return outcomeCell("value", `yes${who}`);
  if (holds === false) return outcomeCell("contacts", `no${who}`);
  return outcomeCell("timeout", `not known: ${reason ?? "no answer"}`);
}

/**
 * Makes a table with a row for each node.
 *
 * @template Row
 * @param {string} caption
 * @param {readonly Row[]} rows
 * @param {readonly { name: string, read: (row: Row) => (Node | string)[], kind?: string }[]} columns
 */
function table(caption, rows, columns) {
  const head = columns.map(({ name, kind }) => make("th", { scope: "col", class: kind }, name));
  const body = rows.map((row) =>
    make(
      "tr",
      {},
      ...columns.map(({ read, kind }) => make("td", { class: kind }, ...read(row))),
    )
  );
  return make(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    make(
      "table",
      {},
      make("caption", {}, caption),
      make("thead", {}, make("tr", {}, ...head)),
      make("tbody", {}, ...body),
    ),
  );
}

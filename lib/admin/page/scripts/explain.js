/**
 * A lookup, drawn as it comes nearer to the key: time to the right, distance downwards, each node asked a bar
 * from the question to the answer, joined to the one that named it. Below, the same as tables.
 *
 * @module
 */

import { make, makeSvg, onWidth } from "./dom.js";
import { formatMs, plural, shorten } from "../../../format/format.js";

const ROW = { top: 30, bottom: 34, left: 46, right: 16 };
const HEIGHT = 300;
const DOT = 4.5;

/** Shows an explanation in an element. */
export function showExplanation(box, explanation) {
  const { asked, stopped, ms, holders, wanted } = explanation;
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
    responsibleTable(explanation),
  );
  onWidth(figure, (width) => figure.replaceChildren(draw(explanation, { width, detail })));
}

function legend(asked) {
  const outcomes = [...new Set(asked.map(({ outcome }) => outcome))];
  return make(
    "ul",
    { class: "legend" },
    ...outcomes.map((outcome) => make("li", { class: `outcome-${outcome}` }, outcome)),
  );
}

function draw({ asked, ms }, { width, detail }) {
  const endMs = Math.max(...asked.map((node) => endOf(node, ms)), 0.01);
  const nearest = Math.max(...asked.map(bitsOf), 1);
  const x = (at) => ROW.left + at / endMs * (width - ROW.left - ROW.right);
  const y = (bits) => ROW.top + bits / (nearest * 1.06) * (HEIGHT - ROW.top - ROW.bottom);
  const svg = makeSvg("svg", {
    viewBox: `0 0 ${width} ${HEIGHT}`,
    width,
    height: HEIGHT,
    role: "group",
    "aria-label": `The lookup drawn: ${asked.length} nodes asked in ${formatMs(endMs)}`,
  });
  svg.append(...axes({ x, y, endMs, nearest, width }));
  const byNode = new Map(asked.map((node) => [node.id, node]));
  for (const node of asked) {
    const from = byNode.get(node.from);
    if (!from) continue;
    svg.append(makeSvg("path", {
      class: "named",
      d: curve([x(endOf(from, ms)), y(bitsOf(from))], [x(node.startedMs), y(bitsOf(node))]),
    }));
  }
  svg.append(...asked.map((node) => drawNode(node, { x, y, ms, detail })));
  return svg;
}

/** Lines for whole bits and some times. */
function axes({ x, y, endMs, nearest, width }) {
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

function drawNode(node, { x, y, ms, detail }) {
  const height = y(bitsOf(node));
  const [start, end] = [x(node.startedMs), x(endOf(node, ms))];
  const text = describe(node);
  const mark = makeSvg(
    "g",
    { class: `asked outcome-${node.outcome}`, tabindex: "0", role: "img", "aria-label": text },
    makeSvg("line", { x1: start, x2: end, y1: height, y2: height }),
    makeSvg("circle", { cx: end, cy: height, r: DOT }),
    makeSvg("title", {}, text),
  );
  const show = () => detail.textContent = text;
  mark.addEventListener("pointerenter", show);
  mark.addEventListener("focus", show);
  return mark;
}

function describe({ address, id, prefixBits, hops, startedMs, ms, outcome, contacts }) {
  const time = ms === null ? "no answer" : `${formatMs(ms)} later`;
  return `${address} (${shorten(id)}), ${
    plural(hops, "hop")
  }, ${prefixBits} bits shared: asked at ` +
    `${formatMs(startedMs)}, ${time}: ${saysOutcome(outcome, contacts)}`;
}

function saysOutcome(outcome, contacts) {
  return outcome === "contacts" ? plural(contacts, "contact") : outcome;
}

function endOf({ startedMs, ms }, totalMs) {
  return ms === null ? Math.max(totalMs, startedMs) : startedMs + ms;
}

/** Shared leading bits with a fraction: how often the distance has been halved, at most 64 times. */
function bitsOf({ distance, prefixBits }) {
  const fraction = Number(BigInt(`0x${distance}`)) / 2 ** 64;
  return fraction > 0 ? Math.max(0, -Math.log2(fraction)) : prefixBits;
}

function curve([x1, y1], [x2, y2]) {
  const middle = (x1 + x2) / 2;
  return `M${x1},${y1} C${middle},${y1} ${middle},${y2} ${x2},${y2}`;
}

function askedTable(asked) {
  const byNode = new Map(asked.map((node) => [node.id, node]));
  return table("Every node asked, in order", [
    ["Node", ({ address, id }) => [`${address} `, make("code", {}, shorten(id))]],
    ["Bits", ({ prefixBits }) => `${prefixBits}`, "number"],
    ["Hops", ({ hops }) => `${hops}`, "number"],
    ["At", ({ startedMs }) => formatMs(startedMs), "number"],
    ["Took", ({ ms }) => ms === null ? "–" : formatMs(ms), "number"],
    ["Gave", (node) => outcomeCell(node.outcome, saysOutcome(node.outcome, node.contacts))],
    [
      "Named by",
      ({ from }) => from === null ? "own table" : byNode.get(from)?.address ?? shorten(from),
    ],
  ], asked);
}

function responsibleTable({ responsible }) {
  return table("Who should hold the key", [
    ["Node", ({ address, id }) => [`${address} `, make("code", {}, shorten(id))]],
    ["Bits", ({ prefixBits }) => `${prefixBits}`, "number"],
    ["Holds it", ({ holds, reason, self }) => holdsCell(holds, reason, self)],
    ["Expires in", ({ ttlMs }) => ttlMs === null ? "–" : formatMs(ttlMs), "number"],
  ], responsible);
}

function outcomeCell(outcome, text) {
  return [make("span", { class: `mark outcome-${outcome}` }, text)];
}

function holdsCell(holds, reason, self) {
  const who = self ? " (this node)" : "";
  if (holds === true) return outcomeCell("value", `yes${who}`);
  if (holds === false) return outcomeCell("contacts", `no${who}`);
  return outcomeCell("timeout", `not known: ${reason ?? "no answer"}`);
}

/** A table of `columns`: heading, what a cell holds, class. */
function table(caption, columns, rows) {
  const head = columns.map(([name, , kind]) => make("th", { scope: "col", class: kind }, name));
  const body = rows.map((row) =>
    make(
      "tr",
      {},
      ...columns.map(([, read, kind]) => make("td", { class: kind }, ...[read(row)].flat())),
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

/**
 * The form that puts, gets and explains a key, and what came of it.
 *
 * @module
 */

import { formatBytes, formatDuration, formatMs, plural, shorten } from "../../../format/format.js";
import { fetchExplanation, getValue, putValue } from "./api.js";
import { formatHex, parseHex, readText } from "./bytes.js";
import { byId, make, setPairs, setText } from "./dom.js";
import { showExplanation } from "./explanation_view.js";

/** @import { ContactDocument, ReceiptDocument } from "../../contract.ts" */

/** @typedef {(name: string) => string} Field gives the text of a field of the form */
/** @typedef {"put" | "get" | "explain"} Action */

/** @type {Readonly<Record<Action, { run: (field: Field) => Promise<void>, text: string }>>} */
const ACTIONS = {
  put: { run: put, text: "Putting …" },
  get: { run: get, text: "Looking for it …" },
  explain: { run: explain, text: "Following a lookup …" },
};

/** Makes the form work. */
export function serveForm() {
  const form = byId("keys", HTMLFormElement);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.getAttribute("aria-busy") === "true") return;
    const { run, text } = ACTIONS[actionOf(event.submitter)];
    const data = new FormData(form);
    form.setAttribute("aria-busy", "true");
    byId("outcome").replaceChildren();
    say(text, "busy");
    try {
      await run((name) => String(data.get(name) ?? ""));
    } catch (error) {
      say(error instanceof Error ? error.message : String(error), "bad");
    } finally {
      form.removeAttribute("aria-busy");
    }
  });
}

/**
 * @param {HTMLElement | null} submitter
 * @returns {Action}
 */
function actionOf(submitter) {
  const value = submitter instanceof HTMLButtonElement ? submitter.value : "";
  return value === "put" || value === "explain" ? value : "get";
}

/**
 * Sets the line that says what came of it. A screen reader reads it out.
 *
 * @param {string} text
 * @param {"busy" | "good" | "fair" | "bad"} mood
 */
function say(text, mood) {
  byId("headline").dataset["mood"] = mood;
  setText(byId("headline"), text);
}

/** @param {Field} field */
async function put(field) {
  const text = field("value");
  const bytes = field("form") === "hex" ? parseHex(text) : new TextEncoder().encode(text);
  if (bytes === null) throw new Error("The value is not made of hex digits in pairs");
  if (bytes.length === 0) throw new Error("There is no value to put");
  const receipt = await putValue(field("key"), bytes, {
    ttl: field("ttl"),
    replication: field("replication"),
    write_quorum: field("write-quorum"),
  });
  const { stored, replication, quorum, complete, error, ms } = receipt;
  const replicas = `${stored} of ${plural(replication, "replica")}`;
  const time = formatMs(ms);
  if (error !== undefined) {
    say(`Not stored as asked: ${replicas}, and the write quorum is ${quorum} (${time})`, "bad");
  } else if (!complete) {
    say(`Stored ${replicas} after ${time}, others are still being asked`, "good");
  } else {
    say(`Stored ${replicas} in ${time}`, stored === replication ? "good" : "fair");
  }
  byId("outcome").replaceChildren(drawReceipt(receipt, bytes.length));
}

/**
 * Draws a square for each replica wanted; then the nodes that hold one, and those that do not.
 *
 * @param {ReceiptDocument} receipt
 * @param {number} length
 */
function drawReceipt(
  { key, stored, replication, ttlMs, complete, holders, networks, refused },
  length,
) {
  const squares = Array.from({ length: replication }, (_, i) => {
    const failed = complete || i < stored + refused.length;
    return make("li", { class: i < stored ? "stored" : failed ? "refused" : "open" });
  });
  const open = complete ? "" : `, ${replication - stored - refused.length} not known yet`;
  const label = `${stored} stored, ${refused.length} not stored${open}`;
  return make(
    "div",
    { class: "card" },
    make("ul", { class: "squares", role: "img", "aria-label": label }, ...squares),
    facts([
      ["Key", key],
      ["Size", formatBytes(length)],
      ["Replicas", label],
      ["Lifetime", formatDuration(ttlMs)],
    ]),
    holders.length > 0 ? nodes(`Stored in ${plural(networks, "network")}, by`, holders) : null,
    refused.length > 0 ? nodes("Not stored by", refused) : null,
  );
}

/**
 * @param {string} title
 * @param {readonly (ContactDocument & { reason?: string })[]} list
 */
function nodes(title, list) {
  const items = list.map(({ id, address, reason }) =>
    make("li", {}, `${address} `, make("code", {}, shorten(id)), reason ? ` ${reason}` : null)
  );
  return make("details", {}, make("summary", {}, title), make("ul", { class: "nodes" }, ...items));
}

/** @param {Field} field */
async function get(field) {
  const found = await getValue(field("key"), { read_quorum: field("read-quorum") });
  if ("error" in found) {
    const asked = `${plural(found.asked, "node")} asked`;
    say(`Not found: ${asked} (${formatMs(found.ms)}). Explain says why.`, "bad");
    return;
  }
  const { bytes, ms, holder, hops, quorum, agreed, quorumMet, ageMs, ttlMs, asked } = found;
  const versions = quorum ? `, read quorum ${quorum}, ${agreed} agreed` : "";
  const size = formatBytes(bytes.length);
  say(`Found: ${size} in ${formatMs(ms)}${versions}`, quorumMet ? "good" : "fair");
  /** @type {[term: string, text: string][]} */
  const lines = [["Size", size]];
  if (holder !== null) lines.push(["Given by", holder]);
  if (hops !== null) lines.push(["Hops", `${hops}`]);
  if (asked !== null) lines.push(["Nodes asked", `${asked}`]);
  if (ageMs !== null) lines.push(["Age", formatDuration(ageMs)]);
  if (ttlMs !== null) lines.push(["Expires in", formatDuration(ttlMs)]);
  byId("outcome").replaceChildren(make("div", { class: "card" }, drawValue(bytes), facts(lines)));
}

/**
 * Draws the bytes, as text if they are UTF-8, with a choice of hex.
 *
 * @param {Uint8Array} bytes
 */
function drawValue(bytes) {
  const text = readText(bytes);
  const box = make("pre", { class: "value", tabindex: "0", "aria-label": "Value" });
  const choose = (/** @type {boolean} */ asText) =>
    setText(box, asText && text !== null ? text : formatHex(bytes));
  const choices = ["text", "hex"].map((as) => {
    const button = make("input", { type: "radio", name: "as", value: as });
    button.checked = (as === "text") === (text !== null);
    button.disabled = as === "text" && text === null;
    button.addEventListener("change", () => choose(as === "text"));
    return make("label", {}, button, as);
  });
  choose(true);
  const legend = make("legend", {}, "Shown as");
  return make("div", {}, make("fieldset", { class: "choice" }, legend, ...choices), box);
}

/** @param {readonly (readonly [term: string, text: string])[]} pairs */
function facts(pairs) {
  const list = make("dl", { class: "settings" });
  setPairs(list, pairs);
  return list;
}

/** @param {Field} field */
async function explain(field) {
  const explanation = await fetchExplanation(field("key"));
  say(explanation.summary, explanation.verdict === "found" ? "good" : "bad");
  const box = make("div", { class: "card" });
  byId("outcome").replaceChildren(box);
  showExplanation(box, explanation);
}

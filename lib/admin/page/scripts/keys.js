/**
 * The form that puts, gets and explains a key, and what came of it.
 *
 * @module
 */

import { explain, getValue, putValue } from "./api.js";
import { formatHex, parseHex, readText } from "./bytes.js";
import { byId, make, setPairs, setText } from "./dom.js";
import { showExplanation } from "./explain.js";
import { formatBytes, formatDuration, formatMs, plural, shorten } from "../../../format/format.js";

const ACTIONS = { put, get, explain: tell };
const DOING = { put: "Putting …", get: "Looking for it …", explain: "Following a lookup …" };

/** Makes the form work. */
export function serveForm() {
  const form = byId("keys");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.getAttribute("aria-busy") === "true") return;
    const what = event.submitter?.value ?? "get";
    form.setAttribute("aria-busy", "true");
    byId("outcome").replaceChildren();
    say(DOING[what], "busy");
    try {
      await ACTIONS[what](new FormData(form));
    } catch (error) {
      say(error.message, "bad");
    } finally {
      form.removeAttribute("aria-busy");
    }
  });
}

/** The line that says what came of it; a screen reader reads it out. */
function say(text, mood) {
  byId("headline").dataset.mood = mood;
  setText(byId("headline"), text);
}

function show(...elements) {
  byId("outcome").replaceChildren(...elements);
}

async function put(data) {
  const text = data.get("value");
  const bytes = data.get("form") === "hex" ? parseHex(text) : new TextEncoder().encode(text);
  if (bytes === null) throw new Error("The value is not made of hex digits in pairs");
  if (bytes.length === 0) throw new Error("There is no value to put");
  const receipt = await putValue(data.get("key"), bytes, {
    ttl: data.get("ttl"),
    replication: data.get("replication"),
    write_quorum: data.get("write-quorum"),
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
  show(drawReceipt(receipt, bytes.length));
}

/** Draws a square for each replica wanted; then the nodes that hold one, and those that do not. */
function drawReceipt(receipt, length) {
  const { key, stored, replication: of, ttlMs, complete, holders, refused } = receipt;
  const squares = Array.from({ length: of }, (_, i) => {
    const failed = complete || i < stored + refused.length;
    return make("li", { class: i < stored ? "stored" : failed ? "refused" : "open" });
  });
  const open = complete ? "" : `, ${of - stored - refused.length} not known yet`;
  const label = `${stored} stored, ${refused.length} not stored${open}`;
  return make(
    "div",
    { class: "card" },
    make("ul", { class: "squares", role: "img", "aria-label": label }, ...squares),
    facts([["Key", key], ["Size", formatBytes(length)], ["Replicas", label], [
      "Lifetime",
      formatDuration(ttlMs),
    ]]),
    holders.length > 0 ? nodes("Stored by", holders) : null,
    refused.length > 0 ? nodes("Not stored by", refused) : null,
  );
}

function nodes(title, list) {
  const items = list.map(({ id, address, reason }) =>
    make("li", {}, `${address} `, make("code", {}, shorten(id)), reason ? ` ${reason}` : "")
  );
  return make("details", {}, make("summary", {}, title), make("ul", { class: "nodes" }, ...items));
}

async function get(data) {
  const key = data.get("key");
  const found = await getValue(key, { read_quorum: data.get("read-quorum") });
  if (found.bytes === null) {
    const asked = found.asked === undefined ? "" : `: ${plural(found.asked, "node")} asked`;
    say(`Not found${asked} (${formatMs(found.ms)}). Explain says why.`, "bad");
    return;
  }
  const { bytes, ms, holder, hops, quorum, quorumMet, ageMs, ttlMs, asked } = found;
  const versions = quorum ? `, read quorum ${quorum}` : "";
  const size = formatBytes(bytes.length);
  say(`Found: ${size} in ${formatMs(ms)}${versions}`, quorumMet ? "good" : "fair");
  const lines = [["Size", size]];
  if (holder) lines.push(["Given by", holder]);
  if (hops !== null) lines.push(["Hops", `${hops}`]);
  if (asked !== null) lines.push(["Nodes asked", `${asked}`]);
  if (ageMs !== null) lines.push(["Age", formatDuration(ageMs)]);
  if (ttlMs !== null) lines.push(["Expires in", formatDuration(ttlMs)]);
  show(make("div", { class: "card" }, drawValue(bytes), facts(lines)));
}

/** The bytes, as text if they are one, with a choice to see them otherwise. */
function drawValue(bytes) {
  const text = readText(bytes);
  const box = make("pre", { class: "value", tabindex: "0", "aria-label": "Value" });
  const choose = (as) => setText(box, as === "text" ? text : formatHex(bytes));
  const choices = ["text", "hex"].map((as) => {
    const button = make("input", { type: "radio", name: "as", value: as });
    button.checked = as === (text === null ? "hex" : "text");
    button.disabled = as === "text" && text === null;
    button.addEventListener("change", () => choose(as));
    return make("label", {}, button, as);
  });
  choose(text === null ? "hex" : "text");
  const legend = make("legend", {}, "Shown as");
  return make("div", {}, make("fieldset", { class: "choice" }, legend, ...choices), box);
}

function facts(pairs) {
  const list = make("dl", { class: "settings" });
  setPairs(list, pairs);
  return list;
}

async function tell(data) {
  const explanation = await explain(data.get("key"));
  say(explanation.summary, explanation.verdict === "found" ? "good" : "bad");
  const box = make("div", { class: "card" });
  show(box);
  showExplanation(box, explanation);
}

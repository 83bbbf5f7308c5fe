/**
 * The page of a node: asks it again and again, and shows what it says.
 *
 * @module
 */

import { plural } from "../../../format/format.js";
import { fetchNode, fetchTable } from "./api.js";
import { Charts } from "./charts.js";
import { byId, setText } from "./dom.js";
import { serveForm } from "./keys.js";
import { showOverview } from "./overview.js";
import { TableDrawing } from "./table.js";

const NODE_EVERY_MS = 1_000;
const CONTACTS_EVERY_MS = 3_000;
/** A large table is asked for less often: requests may take this share of the time. */
const BUSY_SHARE = 0.1;

const charts = new Charts(byId("charts"));
const table = new TableDrawing({
  canvas: byId("table", HTMLCanvasElement),
  detail: byId("table-detail"),
  legend: byId("table-legend"),
  container: byId("contacts"),
});

repeat(NODE_EVERY_MS, async () => {
  const node = await fetchNode().catch(() => null);
  showOverview(node);
  charts.push(node);
});

repeat(CONTACTS_EVERY_MS, async () => {
  const contacts = await fetchTable().catch(() => null);
  if (!contacts) return;
  const count = contacts.levels.reduce((total, level) => total + level.contacts.length, 0);
  setText(byId("table-count"), plural(count, "contact"));
  table.show(contacts);
});

serveForm();

byId("copy").addEventListener("click", () => copyText(byId("invite")));

/**
 * Runs an action again and again, one run at a time.
 *
 * @param {number} everyMs
 * @param {() => Promise<void>} action
 */
async function repeat(everyMs, action) {
  for (;;) {
    const start = performance.now();
    await action();
    const tookMs = performance.now() - start;
    const pauseMs = Math.max(everyMs - tookMs, tookMs / BUSY_SHARE);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

/**
 * Copies the text of an element. Where the browser does not allow that, the text is selected.
 *
 * @param {HTMLElement} element
 */
async function copyText(element) {
  getSelection()?.selectAllChildren(element);
  try {
    await navigator.clipboard.writeText(element.textContent ?? "");
    setText(byId("copied"), "Copied");
  } catch {
    setText(byId("copied"), "Selected: copy it with the keyboard or the menu");
  }
}

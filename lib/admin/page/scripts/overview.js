/**
 * What the node is and how it is: verdict, main figures, invite, settings.
 *
 * @module
 */

import {
  formatBytes,
  formatCount,
  formatDuration,
  formatMs,
  formatShare,
  plural,
  shorten,
} from "../../../format/format.js";
import { byId, make, setPairs, setText } from "./dom.js";

/** @import { FiguresDocument, NodeDocument, PercentilesDocument } from "../../contract.ts" */

/** @typedef {[term: string, text: string][]} Pairs */

/**
 * Shows what the node says of itself.
 *
 * @param {NodeDocument | null} node null if it does not answer
 */
export function showOverview(node) {
  const { verdict, reasons } = node?.health ?? {
    verdict: "unreachable",
    reasons: ["The node does not answer. Below is its last answer."],
  };
  byId("verdict").dataset["verdict"] = verdict;
  setText(byId("verdict-word"), verdict);
  showReasons(reasons);
  if (!node) return;
  document.title = `${node.p2p} · voidkad`;
  setText(byId("address"), node.p2p);
  setText(byId("id"), shorten(node.id));
  byId("id").title = node.id;
  setText(byId("invite"), node.invite);
  setPairs(byId("figures"), figuresOf(node));
  setPairs(byId("settings"), settingsOf(node));
}

/** @param {readonly string[]} reasons */
function showReasons(reasons) {
  const list = byId("reasons");
  const text = reasons.join("\n");
  if (list.dataset["text"] === text) return;
  list.dataset["text"] = text;
  list.replaceChildren(...reasons.map((reason) => make("li", {}, reason)));
}

/**
 * @param {NodeDocument} node
 * @returns {Pairs}
 */
function figuresOf({ figures, startedAt, now }) {
  const { lookups, latencyMs, valueBytes, storeBytesMax, repaired } = figures;
  const share = storeBytesMax > 0 ? ` · ${formatShare(valueBytes / storeBytesMax)}` : "";
  return [
    ["Contacts", formatCount(figures.contacts)],
    ["Replicas held", formatCount(figures.replicas)],
    ["Store", formatBytes(valueBytes) + share],
    ["Connections in / out", `${figures.connectionsIn} / ${figures.connectionsOut}`],
    ["Lookups", formatCount(lookups.ended)],
    ["Get, median / p99", pair(latencyMs.get)],
    ["Put, median / p99", pair(latencyMs.put)],
    ["Compared with neighbours", formatCount(sum(Object.values(figures.comparisons)))],
    ["Brought by these", `${formatCount(repaired.in)} · ${formatBytes(repaired.bytesIn)}`],
    ["Differences left", differencesOf(figures)],
    ["Event loop", formatMs(figures.eventLoopDelayMs)],
    ["Running for", formatDuration(now - startedAt)],
  ];
}

/** @param {FiguresDocument} figures */
function differencesOf({ neighboursDiffering, valuesAwaited }) {
  if (neighboursDiffering + valuesAwaited === 0) return "none";
  const values = valuesAwaited > 0 ? ` · ${plural(valuesAwaited, "value")}` : "";
  return plural(neighboursDiffering, "neighbour") + values;
}

/** @param {readonly number[]} counts */
function sum(counts) {
  return counts.reduce((total, count) => total + count, 0);
}

/** @param {PercentilesDocument} percentiles */
function pair({ p50, p99 }) {
  return `${formatMs(p50 ?? NaN)} / ${formatMs(p99 ?? NaN)}`;
}

/**
 * @param {NodeDocument} node
 * @returns {Pairs}
 */
function settingsOf(node) {
  const { options } = node;
  return [
    ["Version", node.version],
    ["Id", node.id],
    ["Peers reach it at", node.p2p],
    ["Module API", node.api],
    ["HTTP", node.http],
    ["Prefix length", plural(options.prefixLength, "bit")],
    ["Bucket size", formatCount(options.bucketSize)],
    ["Parallelism", formatCount(options.parallelism)],
    ["Replicas of a value", formatCount(options.replication)],
    ["Longest lifetime", formatDuration(options.ttlMaxMs)],
    ["Neighbours compare every", formatDuration(options.republishIntervalMs)],
    ["Proof of work", plural(options.proofOfWorkBits, "bit")],
  ];
}

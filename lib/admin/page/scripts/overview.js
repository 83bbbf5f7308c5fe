/**
 * What the node is and how it fares: verdict, main figures, invite, settings.
 *
 * @module
 */

import { byId, make, setPairs, setText } from "./dom.js";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatMs,
  shorten,
} from "../../../format/format.js";

/** Shows what the node says of itself; null if it does not answer. */
export function showOverview(node) {
  const { verdict, reasons } = node?.health ?? {
    verdict: "unreachable",
    reasons: ["The node does not answer: what is below is what it said last."],
  };
  byId("verdict").dataset.verdict = verdict;
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

function showReasons(reasons) {
  const list = byId("reasons");
  const text = reasons.join("\n");
  if (list.dataset.text === text) return;
  list.dataset.text = text;
  list.replaceChildren(...reasons.map((reason) => make("li", {}, reason)));
}

function figuresOf({ figures, startedAt, now }) {
  const { lookups, latencyMs } = figures;
  const share = figures.valueBytes / figures.storeBytesMax;
  const percent = Number.isFinite(share)
    ? ` · ${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`
    : "";
  return [
    ["Contacts", formatCount(figures.contacts)],
    ["Replicas held", formatCount(figures.replicas)],
    ["Store", formatBytes(figures.valueBytes) + percent],
    ["Connections in / out", `${figures.connectionsIn} / ${figures.connectionsOut}`],
    ["Lookups", formatCount(lookups.ended)],
    ["Get, median / p99", pair(latencyMs.get)],
    ["Put, median / p99", pair(latencyMs.put)],
    ["Event loop", formatMs(figures.eventLoopDelayMs)],
    ["Running for", formatDuration(now - startedAt)],
  ];
}

function pair({ p50, p99 }) {
  return `${formatMs(p50 ?? NaN)} / ${formatMs(p99 ?? NaN)}`;
}

function settingsOf(node) {
  const { options } = node;
  return [
    ["Version", node.version],
    ["Id", node.id],
    ["Peers reach it at", node.p2p],
    ["Module API", node.api],
    ["HTTP", node.http],
    ["Prefix length", `${options.prefixLength} bit${options.prefixLength === 1 ? "" : "s"}`],
    ["Bucket size", formatCount(options.bucketSize)],
    ["Parallelism", formatCount(options.parallelism)],
    ["Replicas of a value", formatCount(options.replication)],
    ["Longest lifetime", formatDuration(options.ttlMaxMs)],
    ["Republished every", formatDuration(options.republishIntervalMs)],
    ["Proof of work", `${options.proofOfWorkBits} bits`],
  ];
}

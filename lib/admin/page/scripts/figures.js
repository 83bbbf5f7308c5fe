/**
 * What the charts show of a node's figures. The node counts from its start; most lines are the difference of
 * two counts by the time between them.
 *
 * @module
 */

import { formatBytes, formatCount, formatMs, formatNumber } from "../../../format/format.js";

const perSecond = (read) => (now, before, seconds) => (read(now) - read(before)) / seconds;
const level = (read) => (now) => read(now);

/** The sum of a share of some counters, divided by how many there were. */
function mean(sum, count) {
  return (now, before) => {
    const counted = count(now) - count(before);
    return counted > 0 ? (sum(now) - sum(before)) / counted : null;
  };
}

const forValues = (f) => f.lookups.found + f.lookups.notFound;

/**
 * Each chart: its title, how values are written, and its lines, each with how it comes from the figures of now,
 * those before, and the seconds between.
 */
export const CHARTS = [
  {
    title: "Lookups for values",
    unit: (value) => `${formatNumber(value)}/s`,
    lines: [
      ["found", perSecond((f) => f.lookups.found)],
      ["not found", perSecond((f) => f.lookups.notFound + f.lookups.failed)],
    ],
  },
  {
    title: "Hops of these lookups",
    unit: formatNumber,
    lines: [
      ["hops per lookup", mean((f) => f.lookups.valueHopsSum, forValues)],
      ["requests per lookup", mean((f) => f.lookups.valueRequestsSum, forValues)],
    ],
  },
  {
    title: "Latency",
    unit: formatMs,
    lines: [
      ["get, median", level((f) => f.latencyMs.get.p50)],
      ["put, median", level((f) => f.latencyMs.put.p50)],
      ["request, p99", level((f) => f.latencyMs.request.p99)],
    ],
  },
  {
    title: "Values held",
    unit: formatCount,
    lines: [
      ["replicas", level((f) => f.replicas)],
      ["cached", level((f) => f.cached)],
    ],
  },
  {
    title: "Traffic",
    unit: (value) => `${formatBytes(value)}/s`,
    lines: [
      ["in", perSecond((f) => f.bytesIn)],
      ["out", perSecond((f) => f.bytesOut)],
    ],
  },
  {
    title: "Requests",
    unit: (value) => `${formatNumber(value)}/s`,
    lines: [
      ["answered here", perSecond((f) => sum(Object.values(f.requestsIn)))],
      ["asked of others", perSecond((f) => asked(f, "answered") + asked(f, "failed"))],
      ["failed", perSecond((f) => asked(f, "failed"))],
    ],
  },
];

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}

function asked(figures, outcome) {
  return sum(Object.values(figures.requestsOut).map((counts) => counts[outcome] ?? 0));
}

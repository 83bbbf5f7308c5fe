/**
 * What the charts show of a node's figures. The node counts from its start; most lines are the difference of
 * two counts by the time between them.
 *
 * @module
 */

import { formatBytes, formatCount, formatMs, formatNumber } from "../../../format/format.js";

/** @import { FiguresDocument } from "../../contract.ts" */

/**
 * Computes a value of a line from the figures of now, those before, and the seconds between.
 *
 * @typedef {(now: FiguresDocument, before: FiguresDocument, seconds: number) => number | null} Line
 */

/**
 * A chart: how its values are written, and the names of its lines with how they are computed.
 *
 * @typedef {object} Chart
 * @property {string} title
 * @property {(value: number) => string} unit
 * @property {readonly (readonly [name: string, line: Line])[]} lines
 */

/** @type {readonly Chart[]} */
export const CHARTS = [
  {
    title: "Lookups for values",
    unit: (value) => `${formatNumber(value)}/s`,
    lines: [
      ["found", perSecond((f) => f.lookups.found)],
      ["not found", perSecond((f) => f.lookups.notFound)],
    ],
  },
  {
    title: "Hops of these lookups",
    unit: formatNumber,
    lines: [
      ["hops per lookup", mean((f) => f.lookups.valueHopsSum, valueLookups)],
      ["requests per lookup", mean((f) => f.lookups.valueRequestsSum, valueLookups)],
    ],
  },
  {
    title: "Latency",
    unit: formatMs,
    lines: [
      ["get, median", (f) => f.latencyMs.get.p50],
      ["put, median", (f) => f.latencyMs.put.p50],
      ["request, p99", (f) => f.latencyMs.request.p99],
    ],
  },
  {
    title: "Values held",
    unit: formatCount,
    lines: [
      ["replicas", (f) => f.replicas],
      ["cached", (f) => f.cached],
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
      ["sent to others", perSecond((f) => sent(f, "answered") + sent(f, "failed"))],
      ["failed", perSecond((f) => sent(f, "failed"))],
    ],
  },
];

/**
 * @param {(figures: FiguresDocument) => number} read
 * @returns {Line}
 */
function perSecond(read) {
  return (now, before, seconds) => (read(now) - read(before)) / seconds;
}

/**
 * The growth of a sum by the growth of a count.
 *
 * @param {(figures: FiguresDocument) => number} sum
 * @param {(figures: FiguresDocument) => number} count
 * @returns {Line}
 */
function mean(sum, count) {
  return (now, before) => {
    const counted = count(now) - count(before);
    return counted > 0 ? (sum(now) - sum(before)) / counted : null;
  };
}

/** @param {FiguresDocument} figures */
function valueLookups({ lookups }) {
  return lookups.found + lookups.notFound;
}

/** @param {readonly number[]} numbers */
function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}

/**
 * @param {FiguresDocument} figures
 * @param {"answered" | "failed"} outcome
 */
function sent({ requestsOut }, outcome) {
  return sum(Object.values(requestsOut).map((counts) => counts[outcome]));
}

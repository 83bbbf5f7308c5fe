/**
 * The results of a simulation as tables of text, and as data.
 *
 * @module
 */

import type { NetworkSample } from "../../lib/sim/measure/monitor.ts";
import type { Samples } from "../../lib/sim/measure/samples.ts";
import type { SimulateOptions } from "./simulate_flags.ts";
import type { Effort, Mark, Results } from "./results.ts";
import {
  formatBytes,
  formatClock,
  formatMs,
  formatNumber,
  formatShare,
} from "../../lib/format/format.js";
import { formatTable } from "../../lib/format/table.ts";

/** Rows of the table over time. */
const ROWS_MAX = 13;

/** All tables, line by line. */
export function formatResults(results: Results, effort: Effort): string[] {
  return [
    ...formatTable(callRows(results)),
    "",
    ...formatTable(timeRows(results.samples, results.marks)),
    "",
    ...formatTable(runRows(results, effort), "ll"),
  ];
}

function callRows({ lookups, gets, puts }: Results): string[][] {
  const rows = [["", "asked", "found", "hops", "messages", "p50", "p90", "p99"]];
  for (const { name, lookups: { recall, hops, requests, latencyMs } } of lookups) {
    rows.push([
      `lookups ${name}`,
      formatNumber(recall.count),
      formatShare(recall.mean),
      formatNumber(hops.mean),
      formatNumber(2 * requests.mean),
      ...quantiles(latencyMs),
    ]);
  }
  for (const { name, gets: { asked, success, hops, latencyMs }, messages } of gets) {
    rows.push([
      `GETs ${name}`,
      formatNumber(asked),
      asked === 0 ? "-" : formatShare(success),
      formatNumber(hops.mean),
      formatNumber(messages),
      ...quantiles(latencyMs),
    ]);
  }
  rows.push(["PUTs", formatNumber(puts.ended), "", "", "", ...quantiles(puts.latencyMs)]);
  const { replicas } = puts;
  const fewest = replicas.quantile(0);
  rows.push(["  replicas written, mean and fewest", formatNumber(replicas.mean), String(fewest)]);
  const late = gets.reduce((sum, { gets: { verdicts } }) => sum + verdicts.late, 0);
  const wrong = gets.reduce((sum, { gets: { verdicts } }) => sum + verdicts.wrong, 0);
  if (puts.failed > 0) rows.push(["  stored by no node", formatNumber(puts.failed)]);
  if (late > 0) rows.push(["GETs that found an expired value", formatNumber(late)]);
  if (wrong > 0) rows.push(["GETs that found a value never put", formatNumber(wrong)]);
  return rows;
}

function quantiles(samples: Samples): string[] {
  return [0.5, 0.9, 0.99].map((share) => formatMs(samples.quantile(share)));
}

function timeRows(samples: readonly NetworkSample[], marks: readonly Mark[]): string[][] {
  const heading = ["time", "nodes", "GETs found", "replicas", "fewest", "lost"];
  const rows = [[...heading, "contacts", "dead", "messages/node/h", "bytes/node/h"]];
  const step = Math.max(1, Math.ceil((samples.length - 1) / (ROWS_MAX - 1)));
  const next = [...marks];
  for (let i = 0; i < samples.length; i += step) {
    const { time, living, gets, replicas, tables, traffic } = samples[i]!;
    rows.push([
      formatClock(time),
      formatNumber(living),
      gets.asked === 0 ? "-" : formatShare(gets.success),
      formatNumber(replicas.mean),
      formatNumber(replicas.min),
      formatNumber(replicas.lost),
      formatNumber(tables.size),
      formatShare(tables.deadShare),
      formatNumber(traffic.messages),
      formatBytes(traffic.bytes),
    ]);
    const nextTime = samples[i + step]?.time ?? Infinity;
    while (next[0] && next[0].time < nextTime) {
      const { time: at, label } = next.shift()!;
      rows.push([`${formatClock(at)}  ${label}`]);
    }
  }
  return rows;
}

function runRows(results: Results, { seconds, bytesPerNode, rssBytesMax }: Effort): string[][] {
  const { sessions, events, trace, endedAt } = results;
  const rows = [
    ["virtual time", formatClock(endedAt)],
    ["real time", `${seconds.toFixed(1)} s, ${formatNumber(events / seconds)} events/s`],
    ["memory", `${formatBytes(bytesPerNode)} a node, ${formatBytes(rssBytesMax)} in all`],
    ["replay", `${formatNumber(events)} events, hash ${formatHash(trace)}`],
  ];
  const ended = sessions.left + sessions.killed;
  if (ended > 0) {
    rows.unshift(["sessions ended", `${formatNumber(ended)}, ${sessions.killed} by a crash`]);
  }
  return rows;
}

/** The hash of a run as it is printed. */
function formatHash(trace: number): string {
  return trace.toString(16).padStart(8, "0");
}

/** The same for machines. Times are virtual milliseconds; what is not known is null. */
export function toJson(options: SimulateOptions, results: Results, effort: Effort): unknown {
  const { puts, gets, lookups, samples, marks, sessions, events, trace, endedAt } = results;
  return {
    options,
    replay: { events, hash: formatHash(trace) },
    endedAt,
    puts: {
      count: puts.ended,
      failed: puts.failed,
      replicas: describe(puts.replicas),
      latencyMs: describe(puts.latencyMs),
    },
    gets: gets.map(({ name, gets: tally, messages }) => ({
      name,
      verdicts: tally.verdicts,
      success: tally.success,
      hops: describe(tally.hops),
      messages,
      latencyMs: describe(tally.latencyMs),
    })),
    lookups: lookups.map(({ name, lookups: tally }) => ({
      name,
      recall: describe(tally.recall),
      hops: describe(tally.hops),
      messages: 2 * tally.requests.mean,
      latencyMs: describe(tally.latencyMs),
    })),
    samples: samples.map(({ gets: { verdicts, success }, ...sample }) => ({
      ...sample,
      gets: { verdicts, success },
    })),
    marks,
    sessions,
    effort,
  };
}

function describe(samples: Samples) {
  const [p50, p90, p99, max] = [0.5, 0.9, 0.99, 1].map((share) => samples.quantile(share));
  return { count: samples.count, mean: samples.mean, p50, p90, p99, max };
}

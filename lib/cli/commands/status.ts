/**
 * `voidkad status`: shows the state of a running node.
 *
 * @module
 */

import { deadline } from "@std/async/deadline";
import type { Address } from "../../core/kademlia/address.ts";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatMs,
  formatNumber,
  plural,
} from "../../format/format.js";
import { formatTable } from "../../format/table.ts";
import type {
  FiguresDocument,
  KeyChangeDocument,
  NodeDocument,
  PercentilesDocument,
} from "../../admin/contract.ts";
import { paintFor, type Style } from "../terminal/colours.ts";
import { EXIT_FAILURE } from "../errors.ts";
import { askJson } from "../clients/http_client.ts";
import { readHttpAddress } from "../clients/node_addresses.ts";
import type { Flags } from "../spec/flags.ts";
import { toPlain, writeJson, writeText } from "../terminal/output.ts";
import { stopSignal } from "../terminal/stop_signal.ts";

const LIMIT_MS = 10_000;
const WATCH_EVERY_MS = 1_000;
/** Moves the cursor to the upper left and clears the screen. */
const CLEAR = "\x1b[H\x1b[2J";

const COLOURS: Readonly<Record<string, Style>> = {
  healthy: "green",
  alone: "yellow",
  joining: "yellow",
  degraded: "red",
};

/** Runs the command; returns its exit status. */
export async function status({ values }: Flags): Promise<number> {
  const node = await readHttpAddress(values);
  const json = values.get("json") === "true";
  if (values.get("watch") === "true") return await watch(node, json);
  const state = await ask(node);
  if (json) writeJson(Deno.stdout, state);
  else writeText(Deno.stdout, format(state));
  return state.health.verdict === "degraded" ? EXIT_FAILURE : 0;
}

function ask(node: Address): Promise<NodeDocument> {
  return askJson<NodeDocument>(node, "/v1/node", LIMIT_MS);
}

/** Asks again and again until a signal comes, or the reader of the output is gone. */
async function watch(node: Address, json: boolean): Promise<number> {
  using stop = stopSignal(() => {});
  let last: NodeDocument | null = null;
  let isStopped = false;
  while (!isStopped) {
    const state = await ask(node);
    const between = Deno.stdout.isTerminal() ? CLEAR : last ? "\n" : "";
    const isRead = json
      ? writeJson(Deno.stdout, state)
      : writeText(Deno.stdout, between + format(state, last));
    if (!isRead) return 0;
    last = state;
    isStopped = await deadline(stop.received, WATCH_EVERY_MS).then(() => true, () => false);
  }
  return 0;
}

function format(state: NodeDocument, last: NodeDocument | null = null): string {
  const paint = paintFor(Deno.stdout);
  const { verdict, reasons } = state.health;
  const lines = [
    `${paint(COLOURS[verdict] ?? "bold", toPlain(verdict))}  ${toPlain(state.p2p)}  ` +
    paint("dim", toPlain(state.id)),
    ...reasons.map((reason) => `  ${toPlain(reason)}`),
    "",
    ...formatTable(figures(state, last), "ll"),
  ];
  return `${lines.join("\n")}\n`;
}

function figures(
  { figures: now, startedAt, now: at, version, networkKeyChange }: NodeDocument,
  last: NodeDocument | null,
) {
  const { lookups, latencyMs } = now;
  const forValues = forValuesOf(now);
  const seconds = last ? (at - last.now) / 1_000 : 0;
  const rate = (from: number | undefined, to: number, unit: (value: number) => string) =>
    seconds > 0 && from !== undefined ? `, ${unit((to - from) / seconds)}/s` : "";
  const before = last?.figures;
  const pair = ({ p50, p99 }: PercentilesDocument) =>
    p50 === null ? "none yet" : `${formatMs(p50)} median, ${formatMs(p99 ?? NaN)} p99`;
  return [
    ["running", `${formatDuration(at - startedAt)}, version ${toPlain(version)}`],
    ["contacts", formatCount(now.contacts)],
    ["connections", `${now.connectionsIn} in, ${now.connectionsOut} out`],
    [
      "values",
      `${formatCount(now.replicas)} replicas, ${formatCount(now.cached)} cached; ` +
      `${formatBytes(now.valueBytes)} of ${formatBytes(now.storeBytesMax)}`,
    ],
    [
      "lookups",
      (forValues === 0
        ? "none yet"
        : `${formatCount(forValues)} for values, ${formatCount(lookups.found)} found, ` +
          `${formatNumber(lookups.valueHopsSum / forValues)} hops on average`) +
      rate(before && forValuesOf(before), forValuesOf(now), formatNumber),
    ],
    ["get", pair(latencyMs.get)],
    ["put", pair(latencyMs.put)],
    [
      "traffic",
      `${formatBytes(now.bytesIn)} in${rate(before?.bytesIn, now.bytesIn, formatBytes)}; ` +
      `${formatBytes(now.bytesOut)} out${rate(before?.bytesOut, now.bytesOut, formatBytes)}`,
    ],
    ["event loop", `${formatMs(now.eventLoopDelayMs)} late`],
    ["clock", formatOffset(now.clockOffsetMs)],
    ["disk", formatJournal(now.journal)],
    ...networkKeyChange ? [["network key", formatKeyChange(networkKeyChange)]] : [],
  ];
}

/** Whether values and contacts are kept on the disk. */
function formatJournal(journal: FiguresDocument["journal"]): string {
  if (!journal) return "nothing is kept";
  if (journal.failure !== null) return toPlain(journal.failure);
  return `${formatBytes(journal.waitingBytes)} to be written`;
}

/** Who is still to get the new network key. */
function formatKeyChange({ have, lack, unheard }: KeyChangeDocument): string {
  const all = have + lack.length + unheard.length;
  if (have === all) {
    return `all ${
      plural(all, "contact")
    } have the new one: run voidkad network finish on each node`;
  }
  const named = ([what, addresses]: readonly [string, readonly string[]]) =>
    addresses.length === 0 ? [] : [`${what} ${addresses.map((one) => toPlain(one)).join(", ")}`];
  const rest = [["still to adopt it:", lack], ["not heard yet:", unheard]] as const;
  return [`${have} of ${plural(all, "contact")} have the new one`, ...rest.flatMap(named)].join(
    "; ",
  );
}

/** How far the node's clock is from the network's time. */
function formatOffset(offsetMs: number): string {
  return `${formatMs(Math.abs(offsetMs))} ${
    offsetMs < 0 ? "ahead of" : "behind"
  } the network's time`;
}

/** Lookups for a value that have ended: those for nodes, which PUTs make, are no measure of a GET. */
function forValuesOf({ lookups }: FiguresDocument): number {
  return lookups.found + lookups.notFound;
}

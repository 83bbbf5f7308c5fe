/**
 * `voidkad status`: says how a running node fares.
 *
 * @module
 */

import type { Address } from "../../core/kademlia/address.ts";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatMs,
  formatNumber,
} from "../../format/format.js";
import type { FiguresDocument, NodeDocument, PercentilesDocument } from "../../admin/contract.ts";
import { type Paint, paintFor, type Style } from "../terminal/colours.ts";
import { readCommandLine } from "../spec/command_line.ts";
import { STATUS } from "../spec/commands.ts";
import { EXIT_FAILURE } from "../errors.ts";
import { askJson } from "../clients/http_client.ts";
import { readHttpAddress } from "../clients/node_addresses.ts";
import { writeLine, writeText } from "../terminal/output.ts";
import { stopSignal } from "../terminal/stop_signal.ts";
import { toPlain } from "../terminal/table.ts";

const LIMIT_MS = 10_000;
const WATCH_EVERY_MS = 1_000;
/** Moves to the upper left and clears what is there. */
const CLEAR = "\x1b[H\x1b[2J";

const COLOURS: Readonly<Record<string, Style>> = {
  healthy: "green",
  alone: "yellow",
  joining: "yellow",
  degraded: "red",
};

/** Runs the command; returns its exit status. */
export async function status(args: readonly string[]): Promise<number> {
  const flags = readCommandLine(STATUS, args);
  if (!flags) return 0;
  const { values } = flags;
  const node = await readHttpAddress(values);
  const json = values.get("json") === "true";
  if (values.get("watch") === "true") return await watch(node, json);
  const said = await ask(node);
  write(said, json, paintFor(Deno.stdout));
  return said.health.verdict === "degraded" ? EXIT_FAILURE : 0;
}

function ask(node: Address): Promise<NodeDocument> {
  return askJson<NodeDocument>(node, "/v1/node", LIMIT_MS);
}

/** Asks again and again until a signal ends it. */
async function watch(node: Address, json: boolean): Promise<number> {
  const paint = paintFor(Deno.stdout);
  const redraws = !json && Deno.stdout.isTerminal();
  using stop = stopSignal(() => {});
  let stopped = false;
  void stop.received.then(() => stopped = true);
  let last: NodeDocument | null = null;
  while (!stopped) {
    const said = await ask(node);
    if (redraws) writeText(Deno.stdout, CLEAR);
    else if (last && !json) writeText(Deno.stdout, "\n");
    write(said, json, paint, last);
    last = said;
    await pauseUnless(stop.received, WATCH_EVERY_MS);
  }
  return 0;
}

async function pauseUnless(stopped: Promise<void>, ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([promise, stopped]);
  clearTimeout(timer);
}

function write(
  said: NodeDocument,
  json: boolean,
  paint: Paint,
  last: NodeDocument | null = null,
): void {
  if (json) return writeLine(Deno.stdout, JSON.stringify(said));
  const { verdict, reasons } = said.health;
  const lines = [
    `${paint(COLOURS[verdict] ?? "bold", toPlain(verdict))}  ${toPlain(said.p2p)}  ` +
    paint("dim", toPlain(said.id)),
    ...reasons.map((reason) => `  ${toPlain(reason)}`),
    "",
    ...figures(said, last).map(([name, text]) => `${name.padEnd(13)}${text}`),
  ];
  writeText(Deno.stdout, `${lines.join("\n")}\n`);
}

function figures(
  { figures: now, startedAt, now: at, version }: NodeDocument,
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
  ] as const;
}

/** Lookups for a value that have ended: those for nodes, which PUTs make, are no measure of a GET. */
function forValuesOf({ lookups }: FiguresDocument): number {
  return lookups.found + lookups.notFound;
}

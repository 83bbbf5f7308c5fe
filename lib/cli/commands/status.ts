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
import { type Colour, type Paint, paintFor } from "../terminal/colours.ts";
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

const COLOURS: Readonly<Record<string, Colour>> = {
  healthy: "green",
  alone: "yellow",
  joining: "yellow",
  degraded: "red",
};

interface Percentiles {
  readonly p50: number | null;
  readonly p99: number | null;
}

/** What a node says of itself, as far as it is shown. */
interface NodeStatus {
  readonly id: string;
  readonly version: string;
  readonly p2p: string;
  readonly startedAt: number;
  readonly now: number;
  readonly health: { readonly verdict: string; readonly reasons: readonly string[] };
  readonly figures: {
    readonly contacts: number;
    readonly values: number;
    readonly copies: number;
    readonly valueBytes: number;
    readonly storeBytesMax: number;
    readonly connectionsIn: number;
    readonly connectionsOut: number;
    readonly eventLoopDelayMs: number;
    readonly lookups: {
      readonly started: number;
      readonly found: number;
      readonly notFound: number;
      readonly failed: number;
      readonly hopsSum: number;
    };
    readonly bytesIn: number;
    readonly bytesOut: number;
    readonly latencyMs: { readonly get: Percentiles; readonly put: Percentiles };
  };
}

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

function ask(node: Address): Promise<NodeStatus> {
  return askJson<NodeStatus>(node, "/v1/node", LIMIT_MS);
}

/** Asks again and again until a signal ends it. */
async function watch(node: Address, json: boolean): Promise<number> {
  const paint = paintFor(Deno.stdout);
  const redraws = !json && Deno.stdout.isTerminal();
  using stop = stopSignal(() => {});
  let stopped = false;
  void stop.received.then(() => stopped = true);
  let last: NodeStatus | null = null;
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
  said: NodeStatus,
  json: boolean,
  paint: Paint,
  last: NodeStatus | null = null,
): void {
  if (json) return writeLine(Deno.stdout, JSON.stringify(said));
  const { verdict, reasons } = said.health;
  const lines = [
    `${paint(COLOURS[verdict] ?? "bold", toPlain(verdict))}  ${toPlain(said.p2p)}  ` +
    paint("faint", toPlain(said.id)),
    ...reasons.map((reason) => `  ${toPlain(reason)}`),
    "",
    ...figures(said, last).map(([name, text]) => `${name.padEnd(13)}${text}`),
  ];
  writeText(Deno.stdout, `${lines.join("\n")}\n`);
}

function figures(
  { figures: now, startedAt, now: at, version }: NodeStatus,
  last: NodeStatus | null,
) {
  const { lookups, latencyMs } = now;
  const ended = lookups.found + lookups.notFound + lookups.failed;
  const seconds = last ? (at - last.now) / 1_000 : 0;
  const rate = (from: number | undefined, to: number, unit: (value: number) => string) =>
    seconds > 0 && from !== undefined ? `, ${unit((to - from) / seconds)}/s` : "";
  const before = last?.figures;
  const pair = ({ p50, p99 }: Percentiles) =>
    p50 === null ? "none yet" : `${formatMs(p50)} median, ${formatMs(p99 ?? NaN)} p99`;
  return [
    ["running", `${formatDuration(at - startedAt)}, version ${toPlain(version)}`],
    ["contacts", formatCount(now.contacts)],
    ["connections", `${now.connectionsIn} in, ${now.connectionsOut} out`],
    [
      "values",
      `${formatCount(now.values)}, and ${formatCount(now.copies)} cached copies; ` +
      `${formatBytes(now.valueBytes)} of ${formatBytes(now.storeBytesMax)}`,
    ],
    [
      "lookups",
      (ended === 0 ? "none yet" : `${formatCount(ended)}, ${formatCount(lookups.found)} found, ` +
        `${formatNumber(lookups.hopsSum / ended)} hops on average`) +
      rate(before?.lookups.started, lookups.started, formatNumber),
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

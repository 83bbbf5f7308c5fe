/**
 * A node's answers beside a bare echo on the same runtime: `deno task bench:limits --help`.
 *
 * @module
 */

import { writeLine } from "../../lib/cli/terminal/output.ts";
import { pump, type Writes } from "./echo_limits/pump.ts";
import { connectTcp, connectTls, Server } from "./echo_limits/servers.ts";
import { type NodeSaid, type Subject, subjectsOf } from "./echo_limits/subjects.ts";
import { formatSpread, median } from "./report/statistics.ts";
import type { FlagReader } from "../common/flag_reader.ts";
import { runScript, type ScriptSpec } from "../common/run_script.ts";
import { showProgress } from "../common/progress_bar.ts";
import { formatTable } from "../../lib/format/table.ts";

const USAGE = `\
Usage: deno task bench:limits [--rounds N] [--seconds N] [--json]

Measures what one node answers on one connection from another process, and what a bare echo does with
messages of the same sizes instead: over TCP, GETs of a value of 256 bytes that the node holds,
through its module API; over TLS, FIND NODE with 1 and with 20 contacts in the answer. The client joins
what it sends into one write. The bare echo does, too ("joined"), or writes each message by itself ("each").

  --rounds N    runs of each; medians and ranges are shown (3)
  --seconds N   of each run (2)
  --json        the results as JSON, one object for each row
`;

/** A row of the results. */
interface Row {
  readonly subject: Subject;
  readonly answerBytes: number;
  readonly inFlight: number;
  readonly writes: Writes;
  readonly node: number[];
  readonly bare: number[];
}

const SCRIPT: ScriptSpec = {
  name: "bench:limits",
  usage: USAGE,
  values: ["rounds", "seconds"],
  switches: ["json"],
};

if (import.meta.main) Deno.exit(await runScript(SCRIPT, main));

async function main(read: FlagReader): Promise<void> {
  const rounds = read.integer("rounds", 3, 1, 100);
  const rows = await measure(rounds, read.number("seconds", 2, 0.1, 60));
  if (read.isOn("json")) rows.forEach((row) => say(JSON.stringify(toJson(row))));
  else formatAll(rows).forEach(say);
}

/** Node and bare echo in turn, round by round. */
async function measure(rounds: number, seconds: number): Promise<Row[]> {
  await using node = await Server.start<NodeSaid>("node_server.ts");
  const rows: Row[] = [];
  for (const subject of subjectsOf(node.said)) {
    const answerBytes = await answerLength(subject);
    for (const [inFlight, writes] of [[1, "joined"], [64, "joined"], [64, "each"]] as const) {
      rows.push({ subject, answerBytes, inFlight, writes, node: [], bare: [] });
    }
  }
  using progress = showProgress("rounds", rounds * rows.length);
  for (let round = 0; round < rounds; round++) {
    for (const row of rows) {
      const { subject, answerBytes, inFlight, writes } = row;
      const { request, format, check, connect } = subject;
      const options = { request, format, inFlight, seconds };
      const conn = await connect();
      row.node.push(await pump(conn, { ...options, check, writes: "joined" }));
      conn.close();
      row.bare.push(await pumpBare(subject, answerBytes, { ...options, writes }));
      progress.step();
    }
  }
  return rows;
}

/** How long the node's answer is. */
async function answerLength({ request, format, connect }: Subject): Promise<number> {
  let length = 0;
  const conn = await connect();
  const check = (answer: Uint8Array) => void (length = answer.length);
  await pump(conn, { request, format, check, inFlight: 1, writes: "joined", seconds: 0 });
  conn.close();
  return length;
}

async function pumpBare(
  { transport, request, format }: Subject,
  answerBytes: number,
  options: Omit<Parameters<typeof pump>[1], "check">,
): Promise<number> {
  const sizes = [request.length, answerBytes, format.sizeFieldBytes].map(String);
  const args = [transport, ...sizes, options.writes];
  await using server = await Server.start<{ port: number; certificate: string }>(
    "bare_server.ts",
    args,
  );
  const { port, certificate } = server.said;
  const conn = await (transport === "tcp" ? connectTcp(port) : connectTls(port, certificate));
  const rate = await pump(conn, { ...options, check: () => {} });
  conn.close();
  return rate;
}

function formatAll(rows: readonly Row[]): string[] {
  return formatTable([
    ["answers a second", "in flight", "node", "bare echo", "its writes", "ratio"],
    ...rows.map(({ subject, inFlight, writes, node, bare }) => [
      subject.name,
      String(inFlight),
      formatSpread(node),
      formatSpread(bare),
      writes,
      (median(node) / median(bare)).toFixed(2),
    ]),
  ]);
}

function toJson({ subject, inFlight, writes, node, bare }: Row) {
  const ratio = median(node) / median(bare);
  return { name: subject.name, in_flight: inFlight, writes, node, bare, ratio };
}

function say(line: string): void {
  writeLine(Deno.stdout, line);
}

/**
 * `voidkad explain`: has a node tell how it looks for a key.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import { formatDuration, formatMs, plural, shorten } from "../../format/format.js";
import type { ExplanationDocument } from "../../admin/contract.ts";
import { readValueKey } from "../../admin/value_key.ts";
import { paintFor } from "../terminal/colours.ts";
import { readCommandLine } from "../spec/command_line.ts";
import { EXPLAIN } from "../spec/commands.ts";
import { EXIT_FAILURE } from "../errors.ts";
import { askJson } from "../clients/http_client.ts";
import { readHttpAddress } from "../clients/node_addresses.ts";
import { writeLine, writeText } from "../terminal/output.ts";
import { formatTextTable, toPlain } from "../terminal/table.ts";

/** A lookup that meets nodes which do not answer takes a while. */
const LIMIT_MS = 60_000;

/** Runs the command; returns its exit status. */
export async function explain(args: readonly string[]): Promise<number> {
  const flags = readCommandLine(EXPLAIN, args);
  if (!flags) return 0;
  const [key] = flags.positionals as [string];
  const node = await readHttpAddress(flags.values);
  const path = `/v1/explain/${encodeHex(readValueKey(key))}`;
  const told = await askJson<ExplanationDocument>(node, path, LIMIT_MS);
  if (flags.values.get("json") === "true") writeLine(Deno.stdout, JSON.stringify(told));
  else show(told);
  return told.verdict === "found" ? 0 : EXIT_FAILURE;
}

function show(told: ExplanationDocument): void {
  const paint = paintFor(Deno.stdout);
  const { verdict, summary, ms, stopped, asked, holders, wanted } = told;
  const lines = [
    paint(verdict === "found" ? "green" : "red", toPlain(summary)),
    `The search stopped after ${formatMs(ms)}: ${toPlain(stopped)}.`,
    "",
    ...asked.length > 0 ? [...heading(askedTable(told)), ""] : [],
    `${holders} of ${plural(wanted, "replica")} wanted are there:`,
    ...heading(responsibleTable(told)),
  ];
  writeText(Deno.stdout, `${lines.join("\n")}\n`);

  function heading([first = "", ...rest]: string[]): string[] {
    return [paint("dim", first), ...rest];
  }
}

function askedTable({ asked }: ExplanationDocument): string[] {
  const byNode = new Map(asked.map((node) => [node.id, node.address]));
  const columns = [
    { name: "asked" },
    { name: "id" },
    { name: "bits", right: true },
    { name: "hops", right: true },
    { name: "at", right: true },
    { name: "took", right: true },
    { name: "gave" },
    { name: "named by" },
  ];
  return formatTextTable(
    columns,
    asked.map((node) => [
      node.address,
      shorten(node.id),
      String(node.prefixBits),
      String(node.hops),
      formatMs(node.startedMs),
      node.ms === null ? "-" : formatMs(node.ms),
      node.outcome === "contacts" ? plural(node.contacts, "contact") : node.outcome,
      node.from === null ? "own table" : byNode.get(node.from) ?? shorten(node.from),
    ]),
  );
}

function responsibleTable({ responsible }: ExplanationDocument): string[] {
  const columns = [
    { name: "responsible" },
    { name: "id" },
    { name: "bits", right: true },
    { name: "holds it" },
    { name: "life left", right: true },
  ];
  return formatTextTable(
    columns,
    responsible.map((node) => [
      node.self ? `${node.address} (this node)` : node.address,
      shorten(node.id),
      String(node.prefixBits),
      node.holds === null ? `not known: ${node.reason}` : node.holds ? "yes" : "no",
      node.ttlMs === null ? "-" : formatDuration(node.ttlMs),
    ]),
  );
}

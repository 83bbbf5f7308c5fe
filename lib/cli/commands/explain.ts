/**
 * `voidkad explain`: shows how a node looks a key up.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import { formatDuration, formatMs, plural, shorten } from "../../format/format.js";
import { formatTable } from "../../format/table.ts";
import type { ExplanationDocument } from "../../admin/contract.ts";
import { readValueKey } from "../../admin/value_key.ts";
import { paintFor } from "../terminal/colours.ts";
import { EXIT_FAILURE } from "../errors.ts";
import { askJson } from "../clients/http_client.ts";
import { readHttpAddress } from "../clients/node_addresses.ts";
import type { Flags } from "../spec/flags.ts";
import { toPlain, writeJson, writeText } from "../terminal/output.ts";

/** A lookup takes a while if some nodes do not answer. */
const LIMIT_MS = 60_000;

/** Runs the command; returns its exit status. */
export async function explain({ values, positionals }: Flags): Promise<number> {
  const [key] = positionals as [string];
  const node = await readHttpAddress(values);
  const path = `/v1/explain/${encodeHex(readValueKey(key))}`;
  const explanation = await askJson<ExplanationDocument>(node, path, LIMIT_MS);
  if (values.get("json") === "true") writeJson(Deno.stdout, explanation);
  else show(explanation);
  return explanation.verdict === "found" ? 0 : EXIT_FAILURE;
}

function show(explanation: ExplanationDocument): void {
  const paint = paintFor(Deno.stdout);
  const { verdict, summary, ms, stopped, asked, holders, wanted } = explanation;
  const lines = [
    paint(verdict === "found" ? "green" : "red", toPlain(summary)),
    `The search stopped after ${formatMs(ms)}: ${toPlain(stopped)}.`,
    "",
    ...asked.length > 0 ? [...heading(askedTable(explanation)), ""] : [],
    `${holders} of ${plural(wanted, "replica")} stored:`,
    ...heading(responsibleTable(explanation)),
  ];
  writeText(Deno.stdout, `${lines.join("\n")}\n`);

  function heading([first = "", ...rest]: string[]): string[] {
    return [paint("dim", first), ...rest];
  }
}

function askedTable({ asked }: ExplanationDocument): string[] {
  const byNode = new Map(asked.map((node) => [node.id, node.address]));
  const heading = ["asked", "id", "bits", "hops", "at", "took", "gave", "named by"];
  const rows = asked.map((node) => [
    node.address,
    shorten(node.id),
    String(node.prefixBits),
    String(node.hops),
    formatMs(node.startedMs),
    node.ms === null ? "-" : formatMs(node.ms),
    node.outcome === "contacts" ? plural(node.contacts, "contact") : node.outcome,
    node.from === null ? "own table" : byNode.get(node.from) ?? shorten(node.from),
  ]);
  return formatTable([heading, ...rows.map((row) => row.map(toPlain))], "llrrrrll");
}

function responsibleTable({ responsible }: ExplanationDocument): string[] {
  const heading = ["responsible", "id", "bits", "holds it", "lifetime left"];
  const rows = responsible.map((node) => [
    node.self ? `${node.address} (this node)` : node.address,
    shorten(node.id),
    String(node.prefixBits),
    node.holds === null ? `not known: ${node.reason}` : node.holds ? "yes" : "no",
    node.ttlMs === null ? "-" : formatDuration(node.ttlMs),
  ]);
  return formatTable([heading, ...rows.map((row) => row.map(toPlain))], "llrlr");
}

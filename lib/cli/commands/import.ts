/**
 * `voidkad import`: brings exported replicas into the network of a node.
 *
 * @module
 */

import type { Address } from "../../core/kademlia/address.ts";
import type { ImportDocument, ImportedDocument } from "../../admin/contract.ts";
import { plural } from "../../format/format.js";
import { describeFileError } from "../../identity/atomic_file.ts";
import { askHttp, parseJson, refusal } from "../clients/http_client.ts";
import { readHttpAddress } from "../clients/node_addresses.ts";
import { EXIT_FAILURE } from "../errors.ts";
import type { Flags } from "../spec/flags.ts";
import { linesOf } from "../terminal/lines.ts";
import { logLine } from "../terminal/output.ts";

/** Lines that go to the node in one request: so many characters, or so many lines. */
const BATCH_LENGTH = 1_048_576;
const BATCH_LINES = 500;
/** Characters of one line: the largest value and what is told of it, with room to spare. */
const LINE_LENGTH_MAX = 262_144;
const LIMIT_MS = 120_000;

/** A line that is to be sent. */
interface Line {
  readonly number: number;
  readonly document: unknown;
}

type Outcome = ImportedDocument["outcome"];

/** Runs the command; returns its exit status. */
export async function importValues({ values, positionals }: Flags): Promise<number> {
  const [path] = positionals as [string];
  const node = await readHttpAddress(values);
  const report = new Report(path === "-" ? "standard input" : path);
  let batch: Line[] = [];
  let length = 0;
  let number = 0;
  for await (const text of await readLines(path)) {
    number++;
    if (text === null) {
      report.note(number, { outcome: "invalid", error: "it is too long" });
      continue;
    }
    if (text.trim() === "") continue;
    const document = parse(text);
    if (document === undefined) {
      report.note(number, { outcome: "invalid", error: "it is not JSON" });
    } else batch.push({ number, document });
    length += text.length;
    if (length < BATCH_LENGTH && batch.length < BATCH_LINES) continue;
    await send(node, batch, report);
    [batch, length] = [[], 0];
  }
  await send(node, batch, report);
  logLine(Deno.stderr, report.summary);
  return report.isWhole ? 0 : EXIT_FAILURE;
}

/** Counts what became of the lines, and says which were not taken. */
class Report {
  readonly #from: string;
  readonly #counts = new Map<Outcome, number>();

  constructor(from: string) {
    this.#from = from;
  }

  note(line: number, { outcome, error }: Pick<ImportedDocument, "outcome" | "error">): void {
    this.#counts.set(outcome, this.#count(outcome) + 1);
    if (outcome === "invalid") this.#say(line, error ?? "it is no value");
    if (outcome === "notStored") this.#say(line, "no node has taken it");
  }

  get summary(): string {
    const words: readonly (readonly [Outcome, string])[] = [
      ["newerHeld", "older than what is held"],
      ["expired", "expired"],
      ["notStored", "not stored"],
      ["invalid", "invalid"],
    ];
    const others = words.filter(([outcome]) => this.#count(outcome) > 0)
      .map(([outcome, word]) => `, ${this.#count(outcome)} ${word}`);
    return `${plural(this.#count("stored"), "value")} imported${others.join("")}`;
  }

  /** Whether no value was left out that could live still. */
  get isWhole(): boolean {
    return this.#count("invalid") + this.#count("notStored") === 0;
  }

  #count(outcome: Outcome): number {
    return this.#counts.get(outcome) ?? 0;
  }

  #say(line: number, why: string): void {
    logLine(Deno.stderr, `voidkad: import: ${this.#from}:${line}: ${why}`);
  }
}

async function send(node: Address, batch: readonly Line[], report: Report): Promise<void> {
  if (batch.length === 0) return;
  const replicas = batch.map(({ document }) => document);
  const body = new TextEncoder().encode(JSON.stringify({ replicas }));
  const path = "/v1/replicas";
  const answer = await askHttp(node, { path, method: "PUT", body, limitMs: LIMIT_MS });
  if (answer.status !== 200) throw refusal(answer);
  const { results } = parseJson(answer) as ImportDocument;
  batch.forEach(({ number }, i) => report.note(number, results[i]!));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function readLines(path: string): Promise<AsyncIterable<string | null>> {
  const bytes = path === "-" ? Deno.stdin.readable : await open(path);
  return linesOf(bytes.pipeThrough(new TextDecoderStream()), LINE_LENGTH_MAX);
}

async function open(path: string): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  try {
    return (await Deno.open(path)).readable;
  } catch (error) {
    throw new Error(`Cannot read "${path}": ${describeFileError(error)}`, { cause: error });
  }
}

/**
 * `voidkad put`: hands a value to a running node.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import type { Address } from "../../core/kademlia/address.ts";
import { VALUE_BYTES_MAX } from "../../core/limits.ts";
import { formatDuration, formatMs, plural } from "../../format/format.js";
import type { PutParameter, ReceiptDocument } from "../../admin/contract.ts";
import { readValueKey } from "../../admin/value_key.ts";
import { putValue } from "../clients/api_client.ts";
import { readCommandLine } from "../spec/command_line.ts";
import { PUT } from "../spec/commands.ts";
import { EXIT_FAILURE, UsageError } from "../errors.ts";
import { askHttp, HttpUnreachable, parseJson, refusal } from "../clients/http_client.ts";
import { readNodeAddresses } from "../clients/node_addresses.ts";
import { writeLine } from "../terminal/output.ts";
import { readInteger } from "../settings/settings.ts";

const TTL_SECONDS_MAX = 65_535;
const REPLICATION_MAX = 255;
const MS_PER_SECOND = 1_000;
const STATUS_STORED = 201;
const STATUS_NOT_STORED = 503;
/** For a node to take a value: mostly the search for its proof of work. */
const API_LIMIT_MS = 10_000;
/** For the same, and for those who shall store it to answer. */
const HTTP_LIMIT_MS = 30_000;

/** What is to be put. */
interface Request {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  /** 0 for the node's default. */
  readonly ttlSeconds: number;
  /** 0 for the node's default. */
  readonly replication: number;
  /** Null if nobody asked for one. */
  readonly writeQuorum: number | null;
}

/** Runs the command; returns its exit status. */
export async function put(args: readonly string[]): Promise<number> {
  const flags = readCommandLine(PUT, args);
  if (!flags) return 0;
  const { values, positionals } = flags;
  const [key, text] = positionals as [string, string];
  const { http, api } = await readNodeAddresses(values);
  const integer = (name: string, min: number, max: number) => {
    const given = values.get(name);
    return given === undefined ? null : readInteger(given, `--${name}`, min, max);
  };
  const ttlSeconds = integer("ttl", 0, TTL_SECONDS_MAX) ?? 0;
  const replication = integer("replication", 0, REPLICATION_MAX) ?? 0;
  const writeQuorum = integer("write-quorum", 1, REPLICATION_MAX);
  const value = await readValue(text);
  const request = { key: readValueKey(key), value, ttlSeconds, replication, writeQuorum };
  const json = values.get("json") === "true";
  const confirmed = http && await putByHttp(http, request, json);
  return confirmed ?? await putByApi(api, request, json);
}

/** Puts it and prints the receipt; returns the exit status, or null if there is no HTTP. */
async function putByHttp(node: Address, request: Request, json: boolean): Promise<number | null> {
  const { key, value, ttlSeconds, replication, writeQuorum } = request;
  const parameters: { [name in PutParameter]?: string } = {
    ...ttlSeconds > 0 && { ttl: String(ttlSeconds) },
    ...replication > 0 && { replication: String(replication) },
    ...writeQuorum !== null && { write_quorum: String(writeQuorum) },
  };
  const path = `/v1/values/${encodeHex(key)}?${new URLSearchParams(parameters)}`;
  let answer;
  try {
    answer = await askHttp(node, { path, method: "PUT", body: value, limitMs: HTTP_LIMIT_MS });
  } catch (error) {
    if (!(error instanceof HttpUnreachable) || error.asked) throw error;
    return null;
  }
  const receipt = parseJson(answer) as Partial<ReceiptDocument>;
  const met = answer.status === STATUS_STORED;
  if (!isReceipt(receipt) || (!met && answer.status !== STATUS_NOT_STORED)) throw refusal(answer);
  for (const line of json ? [JSON.stringify(receipt)] : describe(receipt, request)) {
    writeLine(Deno.stdout, line);
  }
  if (met) return 0;
  const { stored, quorum } = receipt;
  writeLine(
    Deno.stderr,
    `voidkad: put: the write quorum is missed: ${stored} of ${quorum}`,
  );
  return EXIT_FAILURE;
}

function isReceipt(found: Partial<ReceiptDocument>): found is ReceiptDocument {
  return typeof found.stored === "number" && Array.isArray(found.refused);
}

function describe(receipt: ReceiptDocument, asked: Request): string[] {
  const { stored, replication, quorum, complete, refused, ttlMs, ms } = receipt;
  const more = complete ? "" : "; the others are still being asked";
  return [
    `${stored} of ${plural(replication, "replica")} stored in ${formatMs(ms)}, ` +
    `write quorum ${quorum}${more}`,
    ...asked.replication > 0 && asked.replication !== replication
      ? [`replication ${replication} instead of ${asked.replication}: the node's limit`]
      : [],
    ...asked.ttlSeconds > 0 && asked.ttlSeconds * MS_PER_SECOND !== ttlMs
      ? [
        `lifetime ${formatDuration(ttlMs)} instead of ${
          formatDuration(asked.ttlSeconds * MS_PER_SECOND)
        }: the node's limit`,
      ]
      : [],
    ...refused.map(({ address, reason }) => `not by ${address}: ${reason}`),
  ];
}

/** Puts it through the module API, which has no answer to a PUT. */
async function putByApi(node: Address, request: Request, json: boolean): Promise<number> {
  const { key, value, ttlSeconds, replication, writeQuorum } = request;
  if (writeQuorum !== null) {
    throw new Error(
      "Cannot confirm the write quorum: only HTTP tells who stores a value, and it is off",
    );
  }
  await putValue(node, { type: "put", ttlSeconds, replication, key, value }, API_LIMIT_MS);
  if (json) writeLine(Deno.stdout, JSON.stringify({ key: encodeHex(key), confirmed: false }));
  writeLine(
    Deno.stderr,
    "voidkad: put: the node has the value, unconfirmed: only its HTTP tells who stores it",
  );
  return 0;
}

/** The bytes of VALUE, or of standard input for `-`. */
async function readValue(text: string): Promise<Uint8Array> {
  const value = text === "-" ? await readStdin() : new TextEncoder().encode(text);
  if (value.length === 0) throw new UsageError("VALUE is empty");
  if (value.length > VALUE_BYTES_MAX) {
    throw new UsageError(`VALUE is larger than ${VALUE_BYTES_MAX} bytes`);
  }
  return value;
}

/** Standard input, read until it is known to be too large. */
async function readStdin(): Promise<Uint8Array> {
  const bytes = new Uint8Array(VALUE_BYTES_MAX + 1);
  let length = 0;
  while (length < bytes.length) {
    const count = await Deno.stdin.read(bytes.subarray(length));
    if (count === null) break;
    length += count;
  }
  return bytes.subarray(0, length);
}

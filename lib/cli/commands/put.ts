/**
 * `voidkad put`: stores a value.
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
import { EXIT_FAILURE, UsageError } from "../errors.ts";
import { askHttp, parseJson, refusal } from "../clients/http_client.ts";
import { askEither, readNodeAddresses } from "../clients/node_addresses.ts";
import type { Flags } from "../spec/flags.ts";
import { readInteger } from "../settings/settings.ts";
import { logLine, writeJson, writeLine } from "../terminal/output.ts";

/** The most that HTTP takes; the node shortens it to its own limit. */
const TTL_SECONDS_MAX = 2 ** 31 - 1;
/** The most that a PUT of the module API can carry, in 16 bits. */
const API_TTL_SECONDS_MAX = 65_535;
const REPLICATION_MAX = 255;
const MS_PER_SECOND = 1_000;
const STATUS_STORED = 201;
const STATUS_NOT_STORED = 503;
/** How long a node may take to accept a value: mostly the search for its proof of work. */
const API_LIMIT_MS = 10_000;
/** The same, with the answers of the nodes that are to store it. */
const HTTP_LIMIT_MS = 30_000;

/** A PUT as the command line describes it. */
interface Request {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  /** 0 for the node's default. */
  readonly ttlSeconds: number;
  /** 0 for the node's default. */
  readonly replication: number;
  /** Null for the node's default. */
  readonly writeQuorum: number | null;
}

/** Runs the command; returns its exit status. */
export async function put({ values, positionals }: Flags): Promise<number> {
  const [key, text] = positionals as [string, string];
  const integer = (name: string, min: number, max: number) => {
    const given = values.get(name);
    return given === undefined ? null : readInteger(given, `--${name}`, min, max);
  };
  const request = {
    key: readValueKey(key),
    ttlSeconds: integer("ttl", 0, TTL_SECONDS_MAX) ?? 0,
    replication: integer("replication", 0, REPLICATION_MAX) ?? 0,
    writeQuorum: integer("write-quorum", 1, REPLICATION_MAX),
    value: await readValue(text),
  };
  const json = values.get("json") === "true";
  const node = await readNodeAddresses(values);
  return await askEither(node, {
    http: (address) => putByHttp(address, request, json),
    api: (address) => putByApi(address, request, json),
  });
}

/** Puts it and prints the receipt; returns the exit status. */
async function putByHttp(node: Address, request: Request, json: boolean): Promise<number> {
  const { key, value, ttlSeconds, replication, writeQuorum } = request;
  const parameters: { [name in PutParameter]?: string } = {
    ...ttlSeconds > 0 && { ttl: String(ttlSeconds) },
    ...replication > 0 && { replication: String(replication) },
    ...writeQuorum !== null && { write_quorum: String(writeQuorum) },
  };
  const path = `/v1/values/${encodeHex(key)}?${new URLSearchParams(parameters)}`;
  const answer = await askHttp(node, { path, method: "PUT", body: value, limitMs: HTTP_LIMIT_MS });
  const receipt = parseJson(answer) as Partial<ReceiptDocument>;
  const met = answer.status === STATUS_STORED;
  if (!isReceipt(receipt) || (!met && answer.status !== STATUS_NOT_STORED)) throw refusal(answer);
  if (json) writeJson(Deno.stdout, receipt);
  else for (const line of describe(receipt, request)) writeLine(Deno.stdout, line);
  if (met) return 0;
  const { stored, quorum } = receipt;
  logLine(Deno.stderr, `voidkad: put: the write quorum is missed: ${stored} of ${quorum}`);
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
      "Cannot confirm the write quorum: the module API has no receipts, only HTTP has",
    );
  }
  if (ttlSeconds > API_TTL_SECONDS_MAX) {
    throw new UsageError(
      `--ttl: the module API carries at most ${API_TTL_SECONDS_MAX} seconds: ` +
        "use HTTP (--http-address), or a shorter lifetime",
    );
  }
  await putValue(node, { type: "put", ttlSeconds, replication, key, value }, API_LIMIT_MS);
  if (json) writeJson(Deno.stdout, { key: encodeHex(key), confirmed: false });
  logLine(
    Deno.stderr,
    "voidkad: put: the node took the value, unconfirmed: only HTTP has receipts",
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

/**
 * `voidkad get`: looks a value up.
 *
 * @module
 */

import { encodeBase64 } from "@std/encoding/base64";
import { encodeHex } from "@std/encoding/hex";
import type { Address } from "../../core/kademlia/address.ts";
import type { NotFoundDocument, ValueHeader } from "../../admin/contract.ts";
import { readValueKey } from "../../admin/value_key.ts";
import { getValue } from "../clients/api_client.ts";
import { EXIT_FAILURE, UsageError } from "../errors.ts";
import { askHttp, type HttpAnswer, parseJson, refusal } from "../clients/http_client.ts";
import { askEither, readNodeAddresses } from "../clients/node_addresses.ts";
import type { Flags } from "../spec/flags.ts";
import { readInteger } from "../settings/settings.ts";
import { logLine, writeJson } from "../terminal/output.ts";
import { writeValue } from "../terminal/value_output.ts";

const TIMEOUT_SECONDS_DEFAULT = "30";
const TIMEOUT_SECONDS_MAX = 86_400;

/** The result of a lookup. */
interface Found {
  readonly value: Uint8Array | null;
  /** What HTTP reports about the value. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Runs the command; returns its exit status. */
export async function get({ values, positionals }: Flags): Promise<number> {
  const [text] = positionals as [string];
  const key = readValueKey(text);
  const json = values.get("json") === "true";
  const output = values.get("output");
  if (json && output !== undefined) {
    throw new UsageError("--json writes to standard output: it cannot go with --output");
  }
  const timeout = values.get("timeout") ?? TIMEOUT_SECONDS_DEFAULT;
  const limitMs = 1_000 * readInteger(timeout, "--timeout", 1, TIMEOUT_SECONDS_MAX);
  const node = await readNodeAddresses(values);
  const found = await askEither<Found>(node, {
    http: (address) => getByHttp(address, key, limitMs),
    api: async (address) => ({ value: await getValue(address, key, limitMs) }),
  });
  if (json) writeJson(Deno.stdout, describe(key, found));
  else if (found.value) await writeValue(found.value, output);
  else logLine(Deno.stderr, `voidkad: get: "${text}": not found`);
  return found.value ? 0 : EXIT_FAILURE;
}

async function getByHttp(node: Address, key: Uint8Array, limitMs: number): Promise<Found> {
  const answer = await askHttp(node, { path: `/v1/values/${encodeHex(key)}`, limitMs });
  if (answer.status === 404) {
    const { asked } = parseJson(answer) as Partial<NotFoundDocument>;
    return { value: null, details: { asked } };
  }
  if (answer.status !== 200) throw refusal(answer);
  return { value: answer.body, details: readHeaders(answer) };
}

function readHeaders({ headers }: HttpAnswer) {
  const text = (name: ValueHeader) => headers[`x-voidkad-${name.toLowerCase()}`];
  const number = (name: ValueHeader) => text(name) === undefined ? undefined : Number(text(name));
  return {
    ageMs: number("Age-Ms"),
    ttlMs: number("Ttl-Ms"),
    holder: text("Holder"),
    hops: number("Hops"),
    asked: number("Asked"),
  };
}

/** The document for `--json`. */
function describe(key: Uint8Array, { value, details }: Found) {
  return {
    key: encodeHex(key),
    found: value !== null,
    ...value && { bytes: value.length, base64: encodeBase64(value) },
    ...details,
  };
}

/**
 * `voidkad get`: asks a running node for a value.
 *
 * @module
 */

import { encodeBase64 } from "@std/encoding/base64";
import { encodeHex } from "@std/encoding/hex";
import type { Address } from "../../core/kademlia/address.ts";
import type { NotFoundDocument, ValueHeader } from "../../admin/contract.ts";
import { readValueKey } from "../../admin/value_key.ts";
import { getValue } from "../clients/api_client.ts";
import { readCommandLine } from "../spec/command_line.ts";
import { GET } from "../spec/commands.ts";
import { EXIT_FAILURE } from "../errors.ts";
import {
  askHttp,
  type HttpAnswer,
  HttpUnreachable,
  parseJson,
  refusal,
} from "../clients/http_client.ts";
import { readNodeAddresses } from "../clients/node_addresses.ts";
import { writeBytes, writeLine } from "../terminal/output.ts";
import { readInteger } from "../settings/settings.ts";

const TIMEOUT_SECONDS_DEFAULT = "30";
const TIMEOUT_SECONDS_MAX = 86_400;

/** Runs the command; returns its exit status. */
export async function get(args: readonly string[]): Promise<number> {
  const flags = readCommandLine(GET, args);
  if (!flags) return 0;
  const { values, positionals } = flags;
  const [text] = positionals as [string];
  const key = readValueKey(text);
  const { http, api } = await readNodeAddresses(values);
  const timeout = values.get("timeout") ?? TIMEOUT_SECONDS_DEFAULT;
  const limitMs = 1_000 * readInteger(timeout, "--timeout", 1, TIMEOUT_SECONDS_MAX);
  if (values.get("json") === "true") {
    const found = (http && await getByHttp(http, key, limitMs)) ??
      describe(key, await getValue(api, key, limitMs));
    writeLine(Deno.stdout, JSON.stringify(found));
    return found.found ? 0 : EXIT_FAILURE;
  }
  const value = await getValue(api, key, limitMs);
  if (value === null) {
    writeLine(Deno.stderr, `voidkad: get: "${text}": not found`);
    return EXIT_FAILURE;
  }
  writeBytes(Deno.stdout, value);
  return 0;
}

/** What programs get to read. */
function describe(key: Uint8Array, value: Uint8Array | null, more: object = {}) {
  const start = { key: encodeHex(key), found: value !== null };
  return value ? { ...start, bytes: value.length, base64: encodeBase64(value), ...more } : {
    ...start,
    ...more,
  };
}

/** The same with all that the node knows of the value; null if there is no HTTP. */
async function getByHttp(node: Address, key: Uint8Array, limitMs: number) {
  let answer;
  try {
    answer = await askHttp(node, { path: `/v1/values/${encodeHex(key)}`, limitMs });
  } catch (error) {
    if (!(error instanceof HttpUnreachable) || error.asked) throw error;
    return null;
  }
  if (answer.status === 404) {
    const { asked } = parseJson(answer) as Partial<NotFoundDocument>;
    return describe(key, null, { asked });
  }
  if (answer.status !== 200) throw refusal(answer);
  return describe(key, answer.body, readHeaders(answer));
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

/**
 * `voidkad put`: hands a value to a running node.
 *
 * @module
 */

import { VALUE_BYTES_MAX } from "../core/limits.ts";
import { putValue } from "./api_client.ts";
import { gatherSettings } from "./config.ts";
import { UsageError } from "./errors.ts";
import { readFlags } from "./flags.ts";
import { writeText } from "./output.ts";
import { readInteger } from "./settings.ts";
import { readNodeAddress } from "./start_options.ts";
import { USAGE_PUT } from "./usage.ts";
import { readValueKey } from "../net/value_key.ts";

const SPEC = {
  values: ["config", "api-address", "ttl", "replication"],
  switches: [],
  positionals: ["KEY", "VALUE"],
};

const TTL_SECONDS_MAX = 65_535;
const REPLICATION_MAX = 255;
/** For a node to take a value: mostly the search for its proof of work. */
const PUT_LIMIT_MS = 10_000;

/** Runs the command; returns its exit status. */
export async function put(args: readonly string[]): Promise<number> {
  const { values, positionals, help } = readFlags(args, SPEC);
  if (help) {
    writeText(Deno.stdout, USAGE_PUT);
    return 0;
  }
  const [key, text] = positionals as [string, string];
  const node = readNodeAddress(await gatherSettings(values, ["api_address"]));
  const ttlSeconds = readInteger(values.get("ttl") ?? "0", "--ttl", 0, TTL_SECONDS_MAX);
  const replication = readInteger(
    values.get("replication") ?? "0",
    "--replication",
    0,
    REPLICATION_MAX,
  );
  const value = await readValue(text);
  const request = { type: "put", ttlSeconds, replication, key: readValueKey(key), value } as const;
  await putValue(node, request, PUT_LIMIT_MS);
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

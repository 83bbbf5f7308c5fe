/**
 * `voidkad get`: asks a running node for a value.
 *
 * @module
 */

import { getValue } from "./api_client.ts";
import { gatherSettings } from "./config.ts";
import { EXIT_FAILURE } from "./errors.ts";
import { readFlags } from "./flags.ts";
import { writeBytes, writeLine, writeText } from "./output.ts";
import { readInteger } from "./settings.ts";
import { readNodeAddress } from "./start_options.ts";
import { USAGE_GET } from "./usage.ts";
import { readValueKey } from "../net/value_key.ts";

const SPEC = { values: ["config", "api-address", "timeout"], switches: [], positionals: ["KEY"] };

const TIMEOUT_SECONDS_DEFAULT = "30";
const TIMEOUT_SECONDS_MAX = 86_400;

/** Runs the command; returns its exit status. */
export async function get(args: readonly string[]): Promise<number> {
  const { values, positionals, help } = readFlags(args, SPEC);
  if (help) {
    writeText(Deno.stdout, USAGE_GET);
    return 0;
  }
  const [key] = positionals as [string];
  const node = readNodeAddress(await gatherSettings(values, ["api_address"]));
  const timeout = values.get("timeout") ?? TIMEOUT_SECONDS_DEFAULT;
  const seconds = readInteger(timeout, "--timeout", 1, TIMEOUT_SECONDS_MAX);
  const value = await getValue(node, readValueKey(key), 1_000 * seconds);
  if (value === null) {
    writeLine(Deno.stderr, `voidkad: get: "${key}": not found`);
    return EXIT_FAILURE;
  }
  writeBytes(Deno.stdout, value);
  return 0;
}

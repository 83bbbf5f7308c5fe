/**
 * The tokens that HTTP asks for, in the files that the settings name.
 *
 * @module
 */

import { type Address, formatAddress, isLoopback } from "../../core/kademlia/address.ts";
import { readToken } from "../../identity/token_file.ts";
import type { Log } from "../../node/ports.ts";
import type { Settings } from "./settings.ts";

/** What a node asks for; null for nothing. */
export interface HttpTokenSettings {
  readonly httpToken: string | null;
  readonly httpReadToken: string | null;
}

/**
 * Reads the tokens of a node.
 *
 * @throws {UsageError} that names the setting that is wrong, or missing: beyond loopback a token is needed.
 */
export async function readHttpTokens(
  settings: Settings,
  httpAddress: Address | null,
  log: Log,
): Promise<HttpTokenSettings> {
  const httpToken = await readHttpToken(settings, "http_token", log);
  const httpReadToken = await readHttpToken(settings, "http_read_token", log);
  if (httpReadToken !== null && httpToken === null) {
    throw settings.error("http_read_token", "it needs http_token too");
  }
  if (httpAddress && !isLoopback(httpAddress) && httpToken === null) {
    throw settings.error(
      "http_address",
      `${formatAddress(httpAddress)} is open to other machines: ` +
        "name a file with a token in it with --http-token",
    );
  }
  return { httpToken, httpReadToken };
}

/** The token in the file that a setting names; null if it names none. */
export async function readHttpToken(
  settings: Settings,
  key: "http_token" | "http_read_token",
  log: Log = () => {},
): Promise<string | null> {
  if (!settings.has(key)) return null;
  try {
    return await readToken(settings.path(key, ""), log);
  } catch (error) {
    if (error instanceof SyntaxError) throw settings.error(key, error.message);
    throw error;
  }
}

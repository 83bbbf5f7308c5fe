/**
 * The key of a private network, as text and in its file.
 *
 * The file has one key a line, in hex: the one in use, and perhaps the one before it, which is still accepted. A member
 * without the key has its membership there instead.
 *
 * @module
 */

import { decodeHex, encodeHex } from "@std/encoding/hex";
import { dirname } from "node:path";
import { NETWORK_KEYS_MAX } from "../core/wire/hello_codec.ts";
import type { Log } from "../node/ports.ts";
import { closeToOthers, describeFileError, writeWhole } from "./atomic_file.ts";
import { isSameNetwork, type Membership, type NetworkKey, type NetworkKeys } from "./network.ts";

/** Length of a network key in bytes. */
export const NETWORK_KEY_BYTES = 32;
/** The name of the file in a node's folder. */
export const NETWORK_KEY_FILE = "network.key";

/** A file of network keys cannot be used. */
export class NetworkKeyError extends Error {
  override readonly name = "NetworkKeyError";
}

/** A new key. */
export function makeNetworkKey(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(NETWORK_KEY_BYTES));
}

/** The key in hex; null if the text is none. */
export function parseNetworkKey(text: string): Uint8Array | null {
  return /^[0-9a-f]{64}$/i.test(text) ? decodeHex(text) : null;
}

/** `member`, the public key of the network, and its signature; null if the text is none. */
function parseMembership(text: string): Membership | null {
  const match = /^member ([0-9a-f]{64}) ([0-9a-f]{128})$/.exec(text);
  return match && { publicKey: decodeHex(match[1]!), signature: decodeHex(match[2]!) };
}

function formatKey(key: NetworkKey): string {
  if (key instanceof Uint8Array) return encodeHex(key);
  return `member ${encodeHex(key.publicKey)} ${encodeHex(key.signature!)}`;
}

/** Whether a key is of the network of one of some. */
export function hasKey(keys: NetworkKeys, key: NetworkKey): boolean {
  return keys.some((one) => isSameNetwork(one, key));
}

/**
 * Reads the keys in a file; null if there is none. One that others may read is closed to them.
 *
 * @throws {NetworkKeyError} that names the file and the line.
 */
export async function readNetworkKeys(file: string, log: Log): Promise<NetworkKeys | null> {
  let text: string;
  try {
    text = await Deno.readTextFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw new NetworkKeyError(`Cannot read network key "${file}": ${describeFileError(error)}`);
  }
  const lines = text.split("\n").map((line) => line.trim());
  const keys = lines.flatMap((line, i) => {
    if (line === "" || line.startsWith("#")) return [];
    const key = parseNetworkKey(line) ?? parseMembership(line);
    if (key) return [key];
    throw new NetworkKeyError(
      `${file}:${i + 1}: a network key has 64 hex digits, a membership 64 and 128 after "member"`,
    );
  });
  if (keys.length === 0) throw new NetworkKeyError(`Network key file "${file}" has no key in it`);
  if (keys.length > NETWORK_KEYS_MAX) {
    throw new NetworkKeyError(
      `"${file}" has ${keys.length} network keys, at most ${NETWORK_KEYS_MAX}`,
    );
  }
  await closeToOthers(file, log);
  return keys;
}

/**
 * Writes the keys into a file, and replaces one that is there.
 *
 * @throws {NetworkKeyError} that names the file.
 */
export async function writeNetworkKeys(file: string, keys: NetworkKeys): Promise<void> {
  try {
    await Deno.mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeWhole(file, keys.map((key) => `${formatKey(key)}\n`).join(""), 0o600);
  } catch (error) {
    throw new NetworkKeyError(`Cannot write network key "${file}": ${describeFileError(error)}`);
  }
}

/**
 * The key of a private network, as text and in its file.
 *
 * The file has one key a line, in hex: the one in use, and perhaps the one before it, which is still accepted.
 *
 * @module
 */

import { equals } from "@std/bytes/equals";
import { decodeHex, encodeHex } from "@std/encoding/hex";
import { createHmac } from "node:crypto";
import { dirname } from "node:path";
import { PROOFS_MAX } from "../core/wire/hello_codec.ts";
import type { Log } from "../node/ports.ts";
import { closeToOthers, describeFileError, writeWhole } from "./atomic_file.ts";
import type { NetworkKeys } from "./credentials.ts";

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

/** Tells one key from another, and nothing else of it: 16 hex digits. */
export function networkKeyId(key: Uint8Array): string {
  return createHmac("sha256", key).update("voidkad network key id").digest("hex").slice(0, 16);
}

/** The key in hex; null if the text is none. */
export function parseNetworkKey(text: string): Uint8Array | null {
  return /^[0-9a-f]{64}$/i.test(text) ? decodeHex(text) : null;
}

/** Whether a key is one of some. */
export function hasKey(keys: NetworkKeys, key: Uint8Array): boolean {
  return keys.some((one) => equals(one, key));
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
    const key = parseNetworkKey(line);
    if (key) return [key];
    throw new NetworkKeyError(`${file}:${i + 1}: a network key has 64 hex digits`);
  });
  if (keys.length === 0) throw new NetworkKeyError(`Network key file "${file}" has no key in it`);
  if (keys.length > PROOFS_MAX) {
    throw new NetworkKeyError(`"${file}" has ${keys.length} network keys, at most ${PROOFS_MAX}`);
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
    await writeWhole(file, keys.map((key) => `${encodeHex(key)}\n`).join(""), 0o600);
  } catch (error) {
    throw new NetworkKeyError(`Cannot write network key "${file}": ${describeFileError(error)}`);
  }
}

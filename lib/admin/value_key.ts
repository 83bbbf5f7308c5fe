/**
 * A key as a text: of the command line and of a path of HTTP.
 *
 * @module
 */

import { decodeHex } from "@std/encoding/hex";
import { sha256 } from "../hash/sha256.ts";

/** The 32 bytes that a text stands for: 64 hex digits are the key itself, all else is hashed (SHA-256). */
export function readValueKey(text: string): Uint8Array {
  if (/^[0-9a-fA-F]{64}$/.test(text)) return decodeHex(text);
  return sha256(new TextEncoder().encode(text));
}

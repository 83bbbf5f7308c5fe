/**
 * SHA-256, the one hash of the system. The core is handed this function and names no runtime.
 *
 * Synchronous, because ids, keys and proofs of work are checked in the middle of answering a request;
 * see docs/decisions/0002-sha-256.md.
 *
 * @module
 */

import { createHash } from "node:crypto";

/**
 * SHA-256 of some bytes.
 *
 * @returns 32 bytes of their own: plain ones, since the `slice` of node's Buffer does not copy. By way of a string they
 * come a third faster than by way of a Buffer.
 */
export function sha256(data: Uint8Array): Uint8Array {
  return Uint8Array.fromHex(createHash("sha256").update(data).digest("hex"));
}

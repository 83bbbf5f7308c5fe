/**
 * Which of two versions of a value wins: the same on every node.
 *
 * @module
 */

import { equalBytes } from "../equal_bytes.ts";
import type { Hash } from "../kademlia/node_id.ts";
import type { Replica } from "../value.ts";

/** What decides between versions. */
export type Version = Pick<Replica, "stamp" | "value" | "expiresAt" | "nonce">;

/**
 * Compares two versions of the value under one key: the newer stamp wins, on equal stamps the larger SHA-256. The same
 * bytes with the same stamp, but of two PUTs: the one that ends later, then the larger nonce.
 *
 * @returns positive if `a` wins, negative if `b` does, 0 if they are the same version.
 */
export function compareVersions(a: Version, b: Version, sha256: Hash): number {
  if (a.stamp !== b.stamp) return a.stamp - b.stamp;
  if (!equalBytes(a.value, b.value)) return compareBytes(sha256(a.value), sha256(b.value));
  if (a.expiresAt !== b.expiresAt) return a.expiresAt - b.expiresAt;
  return compareBytes(a.nonce, b.nonce);
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const at = a.findIndex((byte, i) => byte !== b[i]);
  return at < 0 ? 0 : a[at]! - b[at]!;
}

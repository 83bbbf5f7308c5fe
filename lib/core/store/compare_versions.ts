/**
 * Which of two versions of a value wins: the same on every node.
 *
 * @module
 */

import { equalBytes } from "../equal_bytes.ts";
import type { Hash } from "../kademlia/node_id.ts";

/** What decides between versions. */
export interface Version {
  readonly stamp: number;
  readonly value: Uint8Array;
}

/**
 * Compares two versions of the value under one key: the newer stamp wins, on equal stamps the larger
 * SHA-256.
 *
 * @returns positive if `a` wins, negative if `b` does, 0 if they are the same version.
 */
export function compareVersions(a: Version, b: Version, sha256: Hash): number {
  if (a.stamp !== b.stamp) return a.stamp - b.stamp;
  if (equalBytes(a.value, b.value)) return 0;
  const [digestA, digestB] = [sha256(a.value), sha256(b.value)];
  const at = digestA.findIndex((byte, i) => byte !== digestB[i]);
  return digestA[at]! - digestB[at]!;
}

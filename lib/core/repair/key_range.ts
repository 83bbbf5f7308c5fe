/**
 * Ranges of keys: all that share some leading bits.
 *
 * @module
 */

import type { NodeId } from "../kademlia/node_id.ts";
import { ID_BITS, ID_BYTES } from "../limits.ts";

/** Bits by which a range is split at a time: into sixteen. */
const SPLIT_BITS = 4;

/** All keys whose first `bits` bits are those of `prefix`. */
export interface KeyRange {
  /** 0 (all keys) to 256 (one key), a multiple of 4. */
  readonly bits: number;
  /** 32 bytes, zero behind the bits. */
  readonly prefix: NodeId;
}

/** The range of all keys. */
export const ALL_KEYS: KeyRange = { bits: 0, prefix: new Uint8Array(ID_BYTES) };

/** The range of one key. */
export function rangeOfKey(key: NodeId): KeyRange {
  return { bits: ID_BITS, prefix: key };
}

/** The sixteen parts of a range, in order. */
export function splitRange({ bits, prefix }: KeyRange): KeyRange[] {
  return Array.from({ length: 1 << SPLIT_BITS }, (_, part) => {
    const child = new Uint8Array(prefix);
    child[bits >>> 3]! |= bits % 8 === 0 ? part << SPLIT_BITS : part;
    return { bits: bits + SPLIT_BITS, prefix: child };
  });
}

/** Negative if a key lies before a range, 0 if it lies in it, positive if behind. */
export function compareWithRange(key: NodeId, { bits, prefix }: KeyRange): number {
  const bytes = bits >>> 3;
  for (let i = 0; i < bytes; i++) {
    if (key[i] !== prefix[i]) return key[i]! - prefix[i]!;
  }
  return bits % 8 === 0 ? 0 : (key[bytes]! >>> 4) - (prefix[bytes]! >>> 4);
}

/** The order of keys as ranges have it. */
export function compareKeys(a: NodeId, b: NodeId): number {
  for (let i = 0; i < a.length; i++) {
    const difference = a[i]! - b[i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * 256-bit ids of nodes and keys of values, and the XOR distance between them.
 *
 * Both live in one space: a value is kept by the nodes whose ids are closest to its key. An id is 32
 * bytes, most significant first, and is compared as such; no string or bigint is made of it on the way.
 *
 * @module
 */

import { ID_BITS, ID_BYTES } from "../limits.ts";

/** The id of a node, or the key of a value: 32 bytes. */
export type NodeId = Uint8Array;

/** SHA-256 of some bytes, at once; the core is handed one since it names no runtime. */
export type Hash = (data: Uint8Array) => Uint8Array;

/** Negative if `a` is closer to `target` than `b`, positive if farther, 0 if they are the same id. */
export function compareDistance(target: NodeId, a: NodeId, b: NodeId): number {
  for (let i = 0; i < ID_BYTES; i++) {
    if (a[i] !== b[i]) return (a[i]! ^ target[i]!) - (b[i]! ^ target[i]!);
  }
  return 0;
}

/** The first 32 bits of an id as a signed integer, which nearly always tell two ids apart. */
export function headOf(id: NodeId): number {
  return id[0]! << 24 | id[1]! << 16 | id[2]! << 8 | id[3]!;
}

/** The first 32 bits of the distance of two ids, given their {@linkcode headOf}, as an unsigned integer. */
export function headDistance(a: number, b: number): number {
  return (a ^ b) >>> 0;
}

/** Number of leading bits that two ids share, 0 to 256. */
export function commonPrefixLength(a: NodeId, b: NodeId): number {
  for (let i = 0; i < ID_BYTES; i++) {
    const difference = a[i]! ^ b[i]!;
    if (difference !== 0) return 8 * i + Math.clz32(difference) - 24;
  }
  return ID_BITS;
}

/** Whether two ids are the same. */
export function equalIds(a: NodeId, b: NodeId): boolean {
  for (let i = 0; i < ID_BYTES; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** The XOR distance of two ids, as 32 bytes. */
export function distance(a: NodeId, b: NodeId): Uint8Array {
  return new Uint8Array(a).map((byte, i) => byte ^ b[i]!);
}

/** A copy of `id` with the bit at `index` (0 is the most significant) flipped. */
export function flipBit(id: NodeId, index: number): NodeId {
  const copy = new Uint8Array(id);
  copy[index >>> 3]! ^= 0x80 >>> (index & 7);
  return copy;
}

/** The `count` bits (1 to 8) from bit `index` on as a number; bits beyond the id count as zero. */
export function bitsAt(id: NodeId, index: number, count: number): number {
  const high = id[index >>> 3] ?? 0;
  const low = id[(index >>> 3) + 1] ?? 0;
  return ((high << 8 | low) >>> (16 - (index & 7) - count)) & ((1 << count) - 1);
}

/** A string that stands for the id as the key of a Map: 32 characters of one byte each. */
export function idKey(id: NodeId): string {
  return String.fromCharCode.apply(null, id as unknown as number[]);
}

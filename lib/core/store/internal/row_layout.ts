/**
 * How a row of the store is laid out: 112 bytes for each entry, beside its nonce and value.
 *
 * ```text
 * byte  0  STAMP                  28  NEXT_OF_BUCKET         48  OLDER
 *       8  EXPIRES_AT             32  CELL                   52  NEWER
 *      16  REPUBLISH_AT           36  GENERATION             56  REPLICATION
 *      24  HASH                   40  EXPIRY_POSITION        60  LENGTH_AND_FLAGS
 *                                 44  REPUBLICATION_POSITION 64  KEPT_AS
 *                                                            68  TAG
 *                                                            72  SALT
 *                                                            76  the key, 32 bytes
 *                                                           108  LIFETIME
 * ```
 *
 * The first three are numbers (64-bit floating point), the others words (32 bits, unsigned).
 *
 * @module
 */

import type { NodeId } from "../../kademlia/node_id.ts";

/** The words of rows; `row` is a row's number, `word` one of the constants below. */
export interface Words {
  u32(row: number, word: number): number;
  setU32(row: number, word: number, value: number): void;
}

/** Rows with a key each. */
export interface KeyedWords extends Words {
  holdsKey(row: number, key: NodeId): boolean;
}

/** Bytes of a row, and where in it the key begins. */
export const ROW_BYTES = 112;
export const KEY_AT = 76;

/** Stands for no row, no cell, no position. */
export const NONE = 0xffff_ffff;

// The numbers of a row, by their index.
export const STAMP = 0;
export const EXPIRES_AT = 1;
export const REPUBLISH_AT = 2;

// The words of a row, by their index; the numbers take up the first six.
export const HASH = 6;
export const NEXT_OF_BUCKET = 7;
export const CELL = 8;
/** Differs from one entry of a row to the next; 0 while the row is free. */
export const GENERATION = 9;
export const EXPIRY_POSITION = 10;
export const REPUBLICATION_POSITION = 11;
export const OLDER = 12;
export const NEWER = 13;
/** Replicas that are wanted. */
export const REPLICATION = 14;
/** The value's length in the lower half, flags in the third byte, the replicas that its PUT asked for in the last. */
export const LENGTH_AND_FLAGS = 15;
export const ASKED_REPLICAS_SHIFT = 24;
/** The number under which a replica is kept beyond the process; `NONE` if it is not. */
export const KEPT_AS = 16;
/** What digests have of the version; see `lib/core/repair/version.ts`. */
export const TAG = 17;
export const SALT = 18;
/** From the version's stamp to the end of its life, as its PUT has said. */
export const LIFETIME = 27;

// The flags of an entry; `StoredValue` says what they mean.
export const IS_CACHED = 1 << 16;
export const IS_ONLY_HOLDER = 1 << 17;
export const HAS_CONFLICT = 1 << 18;
/** Whether the entry has the TTL of its value; that of a cached value is cut short. */
export const HAS_FULL_TTL = 1 << 19;
/** Whether its end was reckoned when it was read back, by a wall clock that may be wrong. */
export const IS_RESTORED = 1 << 20;

/**
 * How a slot's record is laid out; see `slots.ts`.
 *
 * @module
 */

import type { NodeId } from "../../kademlia/node_id.ts";

/** Records of words, by their number. */
export interface Words {
  u32(record: number, word: number): number;
  setU32(record: number, word: number, value: number): void;
}

/** Records of words and a key each. */
export interface KeyedWords extends Words {
  holdsKey(record: number, key: NodeId): boolean;
}

/** Bytes of a record: what follows, and its key at the end. */
export const SLOT_BYTES = 96;
export const KEY_AT = 64;

/** No slot, no place. */
export const NONE = 0xffff_ffff;

/** The numbers of a record. */
export const STAMP = 0;
export const EXPIRES_AT = 1;
export const REPUBLISH_AT = 2;

/** The words of a record, which come after its numbers. */
export const HASH = 6;
export const NEXT_OF_BUCKET = 7;
export const CELL = 8;
/** Differs from one entry to the next in a slot; 0 while it is free. */
export const GENERATION = 9;
export const EXPIRY_PLACE = 10;
export const REPUBLICATION_PLACE = 11;
export const OLDER = 12;
export const NEWER = 13;
export const REPLICATION = 14;
/** The value's length in the lower half, what may be said of an entry in the upper. */
export const LENGTH_AND_FLAGS = 15;

/** What may be said of an entry; see `StoredValue`. */
export const IS_CACHED = 1 << 16;
export const IS_ONLY_HOLDER = 1 << 17;
export const HAS_CONFLICT = 1 << 18;
export const HAS_FULL_TTL = 1 << 19;

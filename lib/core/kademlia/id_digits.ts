/**
 * Ids as digits of `prefixLength` bits, relative to the own id: they say which bucket an id belongs to.
 *
 * @module
 */

import { ID_BITS } from "../limits.ts";
import { bitsAt, commonPrefixLength, type NodeId } from "./node_id.ts";

/** Where a bucket stands: the ids in it share `level` digits with the own id; then comes `digit`. */
export interface BucketPosition {
  readonly level: number;
  /** Relative to the own id's digit at this level: never 0. */
  readonly digit: number;
}

/** The position of a bucket as one number. */
export function bucketNumber(level: number, digit: number): number {
  return level << 8 | digit;
}

/** The position of a bucket, from its number. */
export function levelAndDigit(number: number): BucketPosition {
  return { level: number >>> 8, digit: number & 0xff };
}

/** Reads ids as the routing table of one node does. */
export class IdDigits {
  readonly #ownId: NodeId;
  readonly #prefixLength: number;

  /** @param prefixLength bits of a digit, 1 to 8. */
  constructor(ownId: NodeId, prefixLength: number) {
    this.#ownId = ownId;
    this.#prefixLength = prefixLength;
  }

  /** The number of an id's bucket; negative for the own id. */
  bucketNumberOf(id: NodeId): number {
    const shared = commonPrefixLength(id, this.#ownId);
    if (shared === ID_BITS) return -1;
    const level = Math.floor(shared / this.#prefixLength);
    return bucketNumber(level, this.at(id, level));
  }

  /** The digit of an id at a level, relative to the own id's: 0 where they agree. */
  at(id: NodeId, level: number): number {
    const bit = level * this.#prefixLength;
    return bitsAt(id, bit, this.#prefixLength) ^ bitsAt(this.#ownId, bit, this.#prefixLength);
  }

  /** Changes the leading bits of an id, in place, so that it belongs to a bucket; returns the id. */
  moveInto({ level, digit }: BucketPosition, id: NodeId): NodeId {
    const start = level * this.#prefixLength;
    const end = Math.min(start + this.#prefixLength, ID_BITS);
    for (let bit = 0; bit < end; bit++) {
      const isFlipped = bit >= start && (digit >>> (start + this.#prefixLength - 1 - bit) & 1);
      const wanted = bitsAt(this.#ownId, bit, 1) ^ Number(isFlipped);
      if (bitsAt(id, bit, 1) !== wanted) id[bit >>> 3]! ^= 0x80 >>> (bit & 7);
    }
    return id;
  }
}

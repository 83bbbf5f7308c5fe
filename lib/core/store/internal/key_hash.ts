/**
 * A hash of keys that cannot be predicted without its seed: HalfSipHash-1-3 (Aumasson and Bernstein).
 *
 * Clients choose the keys of their values. If they could predict the hash, a few thousand keys that collide
 * would make every search for one of them slow.
 *
 * @module
 */

import { ID_BYTES } from "../../limits.ts";
import type { NodeId } from "../../kademlia/node_id.ts";

/** Bytes of a seed. */
export const HASH_SEED_BYTES = 8;

/** Hashes keys of 32 bytes, with one seed. */
export class KeyHash {
  readonly #low: number;
  readonly #high: number;

  /** @param seed {@linkcode HASH_SEED_BYTES} random bytes. */
  constructor(seed: Uint8Array) {
    if (seed.length !== HASH_SEED_BYTES) {
      throw new RangeError(
        `Cannot seed a hash: ${HASH_SEED_BYTES} bytes wanted, not ${seed.length}`,
      );
    }
    this.#low = wordAt(seed, 0);
    this.#high = wordAt(seed, 4);
  }

  /** 32 bits, unsigned. */
  of(key: NodeId): number {
    let v0 = this.#low;
    let v1 = this.#high;
    let v2 = 0x6c796765 ^ this.#low;
    let v3 = 0x74656462 ^ this.#high;
    // One round for each of eight words and for the length; three more at the end, with nothing to mix in.
    for (let at = 0; at < ID_BYTES + 16; at += 4) {
      const word = at < ID_BYTES ? wordAt(key, at) : at === ID_BYTES ? ID_BYTES << 24 : 0;
      if (at === ID_BYTES + 4) v2 ^= 0xff;
      v3 ^= word;
      v0 = v0 + v1 | 0;
      v1 = (v1 << 5 | v1 >>> 27) ^ v0;
      v0 = v0 << 16 | v0 >>> 16;
      v2 = v2 + v3 | 0;
      v3 = (v3 << 8 | v3 >>> 24) ^ v2;
      v0 = v0 + v3 | 0;
      v3 = (v3 << 7 | v3 >>> 25) ^ v0;
      v2 = v2 + v1 | 0;
      v1 = (v1 << 13 | v1 >>> 19) ^ v2;
      v2 = v2 << 16 | v2 >>> 16;
      v0 ^= word;
    }
    return (v1 ^ v3) >>> 0;
  }
}

/** The word at an offset, least significant byte first. */
function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 | bytes[at + 3]! << 24;
}

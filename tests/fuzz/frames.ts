/**
 * Frames to try a program with: those of `tests/vectors`, well formed or not, and what becomes of them when parts are
 * changed, cut, repeated, or taken from another.
 *
 * @module
 */

import { API_FRAMES } from "../../lib/core/wire/api_codec.ts";
import { PEER_FRAMES } from "../../lib/core/wire/peer_codec.ts";
import type { SeededRandom } from "../../lib/sim/random/seeded_random.ts";
import { bytesOfVector } from "../support/core/vectors.ts";
import apiVectors from "../vectors/api_frames.json" with { type: "json" };
import sequenceVectors from "../vectors/deduplication.json" with { type: "json" };
import peerVectors from "../vectors/peer_frames.json" with { type: "json" };

/** Which protocol a frame is of, or would be. */
export type Protocol = "api" | "peer";

/** Bytes of the field that opens a frame and has its size. */
const SIZE_FIELD_BYTES = { api: 2, peer: 4 };
const BYTES_MAX = { api: API_FRAMES.frameBytesMax, peer: PEER_FRAMES.frameBytesMax };
/** Numbers at which code errs. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff];
/** Larger frames are rarely used, as they take long. */
const LARGE_BYTES = 4_096;
const LARGE_SHARE = 0.01;

const VECTORS: Readonly<Record<Protocol, readonly Uint8Array[]>> = {
  api: framesOf(apiVectors),
  peer: [...framesOf(peerVectors), ...sequenceVectors.sequences.flatMap(framesOf)],
};

/** All frames in the lists of a file of vectors. */
function framesOf(vectors: object): Uint8Array[] {
  const lists = Object.values(vectors).filter((list) => Array.isArray(list));
  return lists.flat().map(({ bytes }) => bytesOfVector(bytes));
}

/** Makes frames; the same random numbers give the same ones. */
export class FrameSource {
  readonly #random: SeededRandom;
  readonly #small: Readonly<Record<Protocol, readonly Uint8Array[]>>;
  readonly #large: Readonly<Record<Protocol, readonly Uint8Array[]>>;

  /** @param more well-formed frames beside the vectors. */
  constructor(random: SeededRandom, more: readonly Uint8Array[] = []) {
    this.#random = random;
    const all = { api: VECTORS.api, peer: [...VECTORS.peer, ...more] };
    const bySize = (isLarge: boolean) => ({
      api: all.api.filter(({ length }) => length > LARGE_BYTES === isLarge),
      peer: all.peer.filter(({ length }) => length > LARGE_BYTES === isLarge),
    });
    this.#small = bySize(false);
    this.#large = bySize(true);
  }

  /** A frame that is mostly malformed, and often only in one place. */
  next(protocol: Protocol): Uint8Array {
    return this.mutate(this.#pick(protocol), protocol);
  }

  /** Changes a frame in one to four places; its size is mostly right afterwards. */
  mutate(frame: Uint8Array, protocol: Protocol): Uint8Array {
    const random = this.#random;
    let bytes = frame;
    for (let i = random.below(4); i >= 0; i--) bytes = this.#mutateOnce(bytes, protocol);
    const field = SIZE_FIELD_BYTES[protocol];
    bytes = bytes.subarray(0, BYTES_MAX[protocol]);
    if (bytes.length >= field && random.next() < 0.85) {
      for (let i = 0; i < field; i++) bytes[i] = bytes.length >>> 8 * (field - 1 - i);
    }
    return bytes;
  }

  #pick(protocol: Protocol): Uint8Array {
    const large = this.#large[protocol];
    const frames = this.#random.next() < LARGE_SHARE && large.length > 0
      ? large
      : this.#small[protocol];
    return frames[this.#random.below(frames.length)]!;
  }

  #mutateOnce(frame: Uint8Array, protocol: Protocol): Uint8Array {
    const random = this.#random;
    const at = random.below(frame.length + 1);
    const length = 1 + random.below(random.next() < 0.9 ? 4 : 64);
    const copy = frame.slice();
    switch (random.below(7)) {
      case 0:
        if (at < copy.length) copy[at]! ^= 1 << random.below(8);
        return copy;
      case 1:
        return copy.fill(EDGES[random.below(EDGES.length)]!, at, at + length);
      case 2:
        random.fill(copy.subarray(at, at + length));
        return copy;
      case 3:
        return splice(frame, at, at + length, new Uint8Array(0));
      case 4: {
        const inserted = new Uint8Array(length);
        random.fill(inserted);
        return splice(frame, at, at, inserted);
      }
      case 5:
        return splice(frame, at, at, frame.subarray(at, at + length));
      default: {
        const other = this.#pick(protocol);
        return splice(frame, at, frame.length, other.subarray(random.below(other.length + 1)));
      }
    }
  }
}

/** The bytes with others in the place of those from `start` to `end`. */
function splice(
  bytes: Uint8Array,
  start: number,
  end: number,
  inserted: Uint8Array,
): Uint8Array {
  const rest = bytes.subarray(Math.min(end, bytes.length));
  const spliced = new Uint8Array(start + inserted.length + rest.length);
  spliced.set(bytes.subarray(0, start));
  spliced.set(inserted, start);
  spliced.set(rest, start + inserted.length);
  return spliced;
}

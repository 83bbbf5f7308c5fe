/**
 * Cuts a stream of bytes into frames that begin with their own size.
 *
 * A push parser: chunks go in as they come, whole frames come out. A frame that lies within one chunk is
 * handed over as a view of it, without a copy; what is left over waits in a buffer that grows with the
 * bytes that really came, never with what a size field claims.
 *
 * @module
 */

import { FrameError } from "./bytes.ts";

/** What the frames of a protocol look like. */
export interface FrameFormat {
  /** Bytes of the size field, which opens the frame and counts itself. */
  readonly sizeFieldBytes: 2 | 4;
  readonly frameBytesMin: number;
  readonly frameBytesMax: number;
}

const STASH_KEEP_BYTES = 4_096;

/** One stream's parser. */
export class Framer {
  readonly #format: FrameFormat;
  #stash: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #stashed = 0;

  constructor(format: FrameFormat) {
    this.#format = format;
  }

  /** Bytes of a frame that has begun and not ended. */
  get pendingBytes(): number {
    return this.#stashed;
  }

  /**
   * Takes the next bytes of the stream and calls `onFrame` with each frame that they complete, its size
   * field included. The frame is valid during the call only.
   *
   * @param mayGoOn asked before each frame; if not, the rest is for a later call.
   * @returns how many of the bytes were taken.
   * @throws {FrameError} when a size is out of range; the stream cannot be read on after that.
   */
  push(
    chunk: Uint8Array,
    onFrame: (frame: Uint8Array) => void,
    mayGoOn: () => boolean = () => true,
  ): number {
    let at = this.#stashed > 0 ? this.#finishStashed(chunk, onFrame) : 0;
    while (this.#stashed === 0 && chunk.length - at >= this.#format.sizeFieldBytes) {
      const size = this.#sizeAt(chunk, at);
      if (chunk.length - at < size) break;
      if (!mayGoOn()) return at;
      onFrame(chunk.subarray(at, at + size));
      at += size;
    }
    if (at < chunk.length) this.#append(chunk.subarray(at));
    return chunk.length;
  }

  /** Completes the frame that waits in the stash; returns how much of the chunk it took. */
  #finishStashed(chunk: Uint8Array, onFrame: (frame: Uint8Array) => void): number {
    const { sizeFieldBytes } = this.#format;
    let at = Math.min(chunk.length, Math.max(0, sizeFieldBytes - this.#stashed));
    if (at > 0) this.#append(chunk.subarray(0, at));
    if (this.#stashed < sizeFieldBytes) return at;
    const size = this.#sizeAt(this.#stash, 0);
    const take = Math.min(chunk.length - at, size - this.#stashed);
    this.#append(chunk.subarray(at, at + take));
    at += take;
    if (this.#stashed === size) {
      const frame = this.#stash.subarray(0, size);
      this.#stashed = 0;
      if (this.#stash.length > STASH_KEEP_BYTES) this.#stash = new Uint8Array(0);
      onFrame(frame);
    }
    return at;
  }

  #sizeAt(bytes: Uint8Array, at: number): number {
    const { sizeFieldBytes, frameBytesMin, frameBytesMax } = this.#format;
    let size = 0;
    for (let i = 0; i < sizeFieldBytes; i++) size = size * 256 + bytes[at + i]!;
    if (size < frameBytesMin) throw new FrameError(`frame of ${size} bytes is too short`);
    if (size > frameBytesMax) throw new FrameError(`frame of ${size} bytes is too large`);
    return size;
  }

  #append(bytes: Uint8Array): void {
    const needed = this.#stashed + bytes.length;
    if (needed > this.#stash.length) {
      const grown = new Uint8Array(
        Math.max(needed, Math.min(2 * this.#stash.length, this.#format.frameBytesMax)),
      );
      grown.set(this.#stash.subarray(0, this.#stashed));
      this.#stash = grown;
    }
    this.#stash.set(bytes, this.#stashed);
    this.#stashed = needed;
  }
}

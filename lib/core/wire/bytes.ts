/**
 * A bounds-checked reader and a growing writer of big-endian integers and byte strings.
 *
 * @module
 */

/** A frame that breaks the protocol. Ends the connection that it came on, and only that. */
export class FrameError extends Error {
  override readonly name = "FrameError";
}

/** Reads a frame from front to back; whatever is not there is a {@linkcode FrameError}. */
export class Reader {
  #at: number;

  constructor(readonly bytes: Uint8Array, offset = 0) {
    this.#at = offset;
  }

  /** Bytes not read yet. */
  get left(): number {
    return this.bytes.length - this.#at;
  }

  u8(): number {
    this.#need(1);
    return this.bytes[this.#at++]!;
  }

  u16(): number {
    this.#need(2);
    return this.bytes[this.#at++]! << 8 | this.bytes[this.#at++]!;
  }

  u32(): number {
    return this.u16() * 0x1_0000 + this.u16();
  }

  /** Integers above 2^53 lose their last bits: no field of ours reaches there honestly. */
  u64(): number {
    return this.u32() * 0x1_0000_0000 + this.u32();
  }

  /** A view of the next `length` bytes: valid as long as the frame is. */
  view(length: number): Uint8Array {
    this.#need(length);
    return this.bytes.subarray(this.#at, this.#at += length);
  }

  /** A copy of the next `length` bytes. */
  copy(length: number): Uint8Array {
    this.#need(length);
    return new Uint8Array(this.bytes.subarray(this.#at, this.#at += length));
  }

  /** Asserts that nothing is left. */
  end(): void {
    if (this.left > 0) throw new FrameError(`${this.left} trailing bytes`);
  }

  #need(length: number): void {
    if (length > this.left) {
      throw new FrameError(`frame too short: ${length} bytes wanted, ${this.left} left`);
    }
  }
}

/** Appends to a buffer that grows; frames are written one after the other and taken all at once. */
export class Writer {
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  constructor(capacityBytes = 1_024) {
    this.#bytes = new Uint8Array(capacityBytes);
  }

  get length(): number {
    return this.#length;
  }

  u8(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  u16(value: number): void {
    this.#reserve(2);
    this.#bytes[this.#length++] = value >>> 8;
    this.#bytes[this.#length++] = value;
  }

  u32(value: number): void {
    this.#reserve(4);
    this.#bytes[this.#length++] = value >>> 24;
    this.#bytes[this.#length++] = value >>> 16;
    this.#bytes[this.#length++] = value >>> 8;
    this.#bytes[this.#length++] = value;
  }

  u64(value: number): void {
    this.u32(Math.floor(value / 0x1_0000_0000));
    this.u32(value % 0x1_0000_0000);
  }

  put(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Overwrites 8 bits written before, such as a count that is known only afterwards. */
  patchU8(at: number, value: number): void {
    this.#bytes[at] = value;
  }

  /** Overwrites 16 bits written before, such as a size that is known only afterwards. */
  patchU16(at: number, value: number): void {
    this.#bytes[at] = value >>> 8;
    this.#bytes[at + 1] = value;
  }

  /** Overwrites 32 bits written before. */
  patchU32(at: number, value: number): void {
    this.patchU16(at, value >>> 16);
    this.patchU16(at + 2, value & 0xffff);
  }

  /** What was written so far, as a view that the next write may overwrite. */
  get written(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Starts over, keeping the buffer unless it has grown beyond `keepBytesMax`. */
  clear(keepBytesMax = 65_536): void {
    this.#length = 0;
    if (this.#bytes.length > keepBytesMax) this.#bytes = new Uint8Array(1_024);
  }

  #reserve(length: number): void {
    const needed = this.#length + length;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    grown.set(this.written);
    this.#bytes = grown;
  }
}

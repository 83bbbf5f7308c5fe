/**
 * Records of equal size in a row, in pages of memory that come and go at the end of the row.
 *
 * A million records are a few hundred objects to the runtime instead of millions. The first page grows
 * by halves until it is full size, so that few records take little; no more than it is ever copied. All
 * further pages are added whole, and given back when the row has become shorter than they need.
 *
 * @module
 */

import { PAGE_BYTES_MAX } from "../../limits.ts";

/** Size that a first page begins with, unless one record is larger. */
const FIRST_BYTES = 64;

/** A page's memory, as bytes and as numbers. */
class Page {
  readonly u8: Uint8Array<ArrayBuffer>;
  readonly u32: Uint32Array<ArrayBuffer>;
  readonly f64: Float64Array<ArrayBuffer>;

  constructor(lengthBytes: number) {
    const buffer = new ArrayBuffer(lengthBytes);
    this.u8 = new Uint8Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.f64 = new Float64Array(buffer, 0, lengthBytes >>> 3);
  }
}

/** A growing and shrinking row of records, numbered from 0. */
export class Pages {
  readonly #recordBytes: number;
  /** Records of a full page, a power of two: its logarithm, and what selects the record in its page. */
  readonly #shift: number;
  readonly #mask: number;
  #pages: Page[] = [];
  #length = 0;
  #capacity = 0;

  /** @param recordBytes a multiple of 4; of 8 if `f64` is used. */
  constructor(recordBytes: number) {
    this.#recordBytes = recordBytes;
    this.#shift = Math.max(0, 31 - Math.clz32(PAGE_BYTES_MAX / recordBytes));
    this.#mask = (1 << this.#shift) - 1;
  }

  /** Number of records. */
  get length(): number {
    return this.#length;
  }

  /** Memory taken, used or not. */
  get memoryBytes(): number {
    return this.#capacity * this.#recordBytes;
  }

  /** Adds a record at the end, whatever its memory holds from before; returns its number. */
  push(): number {
    if (this.#length === this.#capacity) this.#grow();
    return this.#length++;
  }

  /** Takes the last record away. */
  pop(): void {
    this.#length--;
    const full = this.#mask + 1;
    if (this.#length === 0) {
      this.#pages = [];
      this.#capacity = 0;
    } else if (this.#pages.length > 1) {
      if (this.#capacity - this.#length < full + full / 2) return; // spare room, not to swing
      this.#pages.pop();
      this.#capacity -= full;
    } else if (this.#length < this.#capacity / 2) {
      this.#resizeFirst(Math.floor(0.75 * this.#capacity));
    }
  }

  /** A word of a record. */
  u32(record: number, word: number): number {
    const page = this.#pages[record >>> this.#shift]!;
    return page.u32[(record & this.#mask) * (this.#recordBytes >>> 2) + word]!;
  }

  setU32(record: number, word: number, value: number): void {
    const page = this.#pages[record >>> this.#shift]!;
    page.u32[(record & this.#mask) * (this.#recordBytes >>> 2) + word] = value;
  }

  /** A number of a record, which takes the place of two words. */
  f64(record: number, index: number): number {
    const page = this.#pages[record >>> this.#shift]!;
    return page.f64[(record & this.#mask) * (this.#recordBytes >>> 3) + index]!;
  }

  setF64(record: number, index: number, value: number): void {
    const page = this.#pages[record >>> this.#shift]!;
    page.f64[(record & this.#mask) * (this.#recordBytes >>> 3) + index] = value;
  }

  /** The bytes of the page that a record lies in, from {@linkcode offset} on. */
  bytes(record: number): Uint8Array<ArrayBuffer> {
    return this.#pages[record >>> this.#shift]!.u8;
  }

  /** Where in its page a record begins. */
  offset(record: number): number {
    return (record & this.#mask) * this.#recordBytes;
  }

  /** Overwrites one record by another. */
  copy(from: number, to: number): void {
    const at = this.offset(from);
    this.bytes(to).set(this.bytes(from).subarray(at, at + this.#recordBytes), this.offset(to));
  }

  #grow(): void {
    const full = this.#mask + 1;
    if (this.#capacity > 0 && this.#capacity < full) {
      return this.#resizeFirst(Math.min(Math.ceil(1.5 * this.#capacity), full));
    }
    const first = Math.min(Math.ceil(FIRST_BYTES / this.#recordBytes), full);
    const added = this.#capacity === 0 ? first : full;
    const page = new Page(added * this.#recordBytes);
    if (this.#capacity === 0) this.#pages = [page]; // an array of one takes less than one that was pushed to
    else this.#pages.push(page);
    this.#capacity += added;
  }

  #resizeFirst(capacity: number): void {
    const page = new Page(capacity * this.#recordBytes);
    const bytes = this.#length * this.#recordBytes;
    page.u8.set(this.#pages[0]!.u8.subarray(0, bytes));
    this.#pages[0] = page;
    this.#capacity = capacity;
  }
}

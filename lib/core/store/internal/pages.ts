/**
 * An array of items of equal size, in pages of memory that are added and given back at its end.
 *
 * A million items are a few hundred objects to the runtime instead of millions. The first page grows
 * by halves until it has full size, so that few items take little memory, and no more than that page is
 * ever copied. Further pages are added whole, and given back when the items no longer need them.
 *
 * @module
 */

import { assertInvariant } from "../../invariant.ts";
import { PAGE_BYTES_MAX } from "../../limits.ts";

/** Size that a first page begins with, unless one item is larger. */
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

/** A growing and shrinking array of items, numbered from 0. */
export class Pages {
  readonly #itemBytes: number;
  /** A full page has a power of two of items: its logarithm, and the mask of an item's index in its page. */
  readonly #shift: number;
  readonly #mask: number;
  #pages: Page[] = [];
  #length = 0;
  #capacity = 0;

  /** @param itemBytes a multiple of 4; of 8 if `f64` is used. */
  constructor(itemBytes: number) {
    this.#itemBytes = itemBytes;
    this.#shift = Math.max(0, 31 - Math.clz32(PAGE_BYTES_MAX / itemBytes));
    this.#mask = (1 << this.#shift) - 1;
  }

  /** Number of items. */
  get length(): number {
    return this.#length;
  }

  /** Memory taken, used or not. */
  get memoryBytes(): number {
    return this.#capacity * this.#itemBytes;
  }

  /** Adds an item at the end, with the old content of its memory; returns its number. */
  push(): number {
    if (this.#length === this.#capacity) this.#grow();
    return this.#length++;
  }

  /** Removes the last item. */
  pop(): void {
    assertInvariant(this.#length > 0, "there is an item to remove");
    this.#length--;
    const full = this.#mask + 1;
    if (this.#length === 0) {
      this.#pages = [];
      this.#capacity = 0;
    } else if (this.#pages.length > 1) {
      if (this.#capacity - this.#length < full + full / 2) return; // spare, so that a page does not come and go again and again
      this.#pages.pop();
      this.#capacity -= full;
    } else if (this.#length < this.#capacity / 2) {
      this.#resizeFirst(Math.floor(0.75 * this.#capacity));
    }
  }

  /** A word of an item. */
  u32(item: number, word: number): number {
    const page = this.#pages[item >>> this.#shift]!;
    return page.u32[(item & this.#mask) * (this.#itemBytes >>> 2) + word]!;
  }

  setU32(item: number, word: number, value: number): void {
    const page = this.#pages[item >>> this.#shift]!;
    page.u32[(item & this.#mask) * (this.#itemBytes >>> 2) + word] = value;
  }

  /** A number of an item, which is as large as two words. */
  f64(item: number, index: number): number {
    const page = this.#pages[item >>> this.#shift]!;
    return page.f64[(item & this.#mask) * (this.#itemBytes >>> 3) + index]!;
  }

  setF64(item: number, index: number, value: number): void {
    const page = this.#pages[item >>> this.#shift]!;
    page.f64[(item & this.#mask) * (this.#itemBytes >>> 3) + index] = value;
  }

  /** The bytes of the page that an item lies in, from {@linkcode offset} on. */
  bytes(item: number): Uint8Array<ArrayBuffer> {
    return this.#pages[item >>> this.#shift]!.u8;
  }

  /** Where in its page an item begins. */
  offset(item: number): number {
    return (item & this.#mask) * this.#itemBytes;
  }

  /** Overwrites one item by another. */
  copy(from: number, to: number): void {
    const at = this.offset(from);
    this.bytes(to).set(this.bytes(from).subarray(at, at + this.#itemBytes), this.offset(to));
  }

  #grow(): void {
    const full = this.#mask + 1;
    if (this.#capacity > 0 && this.#capacity < full) {
      return this.#resizeFirst(Math.min(Math.ceil(1.5 * this.#capacity), full));
    }
    const first = Math.min(Math.ceil(FIRST_BYTES / this.#itemBytes), full);
    const added = this.#capacity === 0 ? first : full;
    const page = new Page(added * this.#itemBytes);
    if (this.#capacity === 0) this.#pages = [page]; // an array of one takes less than one that was pushed to
    else this.#pages.push(page);
    this.#capacity += added;
  }

  #resizeFirst(capacity: number): void {
    const page = new Page(capacity * this.#itemBytes);
    const bytes = this.#length * this.#itemBytes;
    page.u8.set(this.#pages[0]!.u8.subarray(0, bytes));
    this.#pages[0] = page;
    this.#capacity = capacity;
  }
}

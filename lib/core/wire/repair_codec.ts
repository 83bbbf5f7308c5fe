/**
 * What two nodes say to compare their values, on the wire: ranges of keys, digests, versions.
 *
 * @module
 */

import type { DifferentRange, RangeDigest } from "../repair/exchange.ts";
import type { KeyRange } from "../repair/key_range.ts";
import type { Version } from "../repair/version.ts";
import { ID_BITS, ID_BYTES } from "../limits.ts";
import { FrameError, type Reader, type Writer } from "./bytes.ts";

/** Appends a range: bits u8 in units of four, and as many bytes of the prefix as they fill. */
export function writeRange(writer: Writer, { bits, prefix }: KeyRange): void {
  writer.u8(bits / 4);
  writer.put(prefix.subarray(0, Math.ceil(bits / 8)));
}

/** Reads what {@linkcode writeRange} has written. */
export function readRange(reader: Reader): KeyRange {
  const bits = 4 * reader.u8();
  if (bits > ID_BITS) throw new FrameError(`range of ${bits} bits`);
  const prefix = new Uint8Array(ID_BYTES);
  prefix.set(reader.view(Math.ceil(bits / 8)));
  if (bits % 8 !== 0 && (prefix[bits >>> 3]! & 0x0f) !== 0) {
    throw new FrameError("range has bits behind its prefix");
  }
  return { bits, prefix };
}

/** Appends a count u8, and for each range its digest: count u32, tags u32, salts u32. */
export function writeDigests(writer: Writer, ranges: readonly RangeDigest[]): void {
  writer.u8(ranges.length);
  for (const { range, digest } of ranges) {
    writeRange(writer, range);
    writer.u32(digest.count);
    writer.u32(digest.tags);
    writer.u32(digest.salts);
  }
}

/** Reads what {@linkcode writeDigests} has written. */
export function readDigests(reader: Reader): RangeDigest[] {
  return readMany(reader.u8(), () => {
    const range = readRange(reader);
    return { range, digest: { count: reader.u32(), tags: reader.u32(), salts: reader.u32() } };
  });
}

/** Appends a count u8, and for each range that differs its index u8 and a number of versions u32. */
export function writeDifferent(writer: Writer, ranges: readonly DifferentRange[]): void {
  writer.u8(ranges.length);
  for (const { index, count } of ranges) {
    writer.u8(index);
    writer.u32(count);
  }
}

/** Reads what {@linkcode writeDifferent} has written, about so many ranges. */
export function readDifferent(reader: Reader, rangesAsked: number): DifferentRange[] {
  const next = ascending(rangesAsked);
  return readMany(reader.u8(), () => ({ index: next(reader.u8()), count: reader.u32() }));
}

/** Appends a count u16 and as many versions: key, stamp u64, tag u32, replication u8. */
export function writeVersions(writer: Writer, versions: readonly Version[]): void {
  writer.u16(versions.length);
  for (const { key, stamp, tag, replication } of versions) {
    writer.put(key);
    writer.u64(stamp);
    writer.u32(tag);
    writer.u8(replication);
  }
}

/** Reads what {@linkcode writeVersions} has written; the keys are copies. */
export function readVersions(reader: Reader): Version[] {
  return readMany(reader.u16(), () => ({
    key: reader.copy(ID_BYTES),
    stamp: reader.u64(),
    tag: reader.u32(),
    replication: reader.u8(),
  }));
}

/** Appends a count u16 and as many indices u16. */
export function writeIndices(writer: Writer, indices: readonly number[]): void {
  writer.u16(indices.length);
  for (const index of indices) writer.u16(index);
}

/** Reads what {@linkcode writeIndices} has written, of so many versions. */
export function readIndices(reader: Reader, versionsOffered: number): number[] {
  const next = ascending(versionsOffered);
  return readMany(reader.u16(), () => next(reader.u16()));
}

/** Checks indices one after the other: each is larger than the one before, and names one of so many things. */
function ascending(count: number): (index: number) => number {
  let previous = -1;
  return (index) => {
    if (index <= previous) throw new FrameError(`index ${index} follows ${previous}`);
    if (index >= count) throw new FrameError(`index ${index} of ${count}`);
    return previous = index;
  };
}

/** Reads one after the other, so that nothing is made on the word of the count. */
function readMany<T>(count: number, read: () => T): T[] {
  const items: T[] = [];
  for (let i = 0; i < count; i++) items.push(read());
  return items;
}

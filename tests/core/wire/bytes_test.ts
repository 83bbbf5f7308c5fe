import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { FrameError, Reader, Writer } from "../../../lib/core/wire/bytes.ts";
import { checkProperty } from "../../support/core/property.ts";

type Field = { size: 1 | 2 | 4 | 8; value: number } | { size: "bytes"; bytes: Uint8Array };

function integers(size: 1 | 2 | 4 | 8, max: number): fc.Arbitrary<Field> {
  return fc.nat({ max }).map((value) => ({ size, value }));
}

const fields: fc.Arbitrary<Field[]> = fc.array(fc.oneof(
  integers(1, 0xff),
  integers(2, 0xffff),
  fc.integer({ min: 0, max: 0xffff_ffff }).map((value): Field => ({ size: 4, value })),
  fc.maxSafeNat().map((value): Field => ({ size: 8, value })),
  fc.uint8Array({ maxLength: 100 }).map((bytes): Field => ({ size: "bytes", bytes })),
));

function write(writer: Writer, field: Field): void {
  if (field.size === "bytes") writer.put(field.bytes);
  else if (field.size === 1) writer.u8(field.value);
  else if (field.size === 2) writer.u16(field.value);
  else if (field.size === 4) writer.u32(field.value);
  else writer.u64(field.value);
}

function read(reader: Reader, field: Field): number | Uint8Array {
  if (field.size === "bytes") return reader.copy(field.bytes.length);
  if (field.size === 1) return reader.u8();
  if (field.size === 2) return reader.u16();
  return field.size === 4 ? reader.u32() : reader.u64();
}

Deno.test("what a writer of any capacity wrote a reader reads", () => {
  checkProperty(fc.property(fields, fc.nat({ max: 20 }), (fields, capacityBytes) => {
    const writer = new Writer(capacityBytes);
    for (const field of fields) write(writer, field);
    const reader = new Reader(writer.written.slice());
    for (const field of fields) {
      assertEquals(read(reader, field), field.size === "bytes" ? field.bytes : field.value);
    }
    reader.end();
  }));
});

Deno.test("integers are big-endian", () => {
  const writer = new Writer();
  writer.u8(0x01);
  writer.u16(0x0203);
  writer.u32(0x8405_0607);
  writer.u64(0x0008_090a_0b0c_0d0e);
  assertEquals([...writer.written], [
    ...[1],
    ...[2, 3],
    ...[0x84, 5, 6, 7],
    ...[0, 8, 9, 10, 11, 12, 13, 14],
  ]);
});

Deno.test("a field that is cut off anywhere is a FrameError and reads nothing beyond the end", () => {
  const bytes = new Uint8Array(64).fill(0xff);
  const reads: [number, (reader: Reader) => unknown][] = [
    [1, (reader) => reader.u8()],
    [2, (reader) => reader.u16()],
    [4, (reader) => reader.u32()],
    [8, (reader) => reader.u64()],
    [32, (reader) => reader.view(32)],
    [32, (reader) => reader.copy(32)],
  ];
  for (const [length, read] of reads) {
    for (let cut = 0; cut < length; cut++) {
      assertThrows(() => read(new Reader(bytes.subarray(0, cut))), FrameError, "too short");
    }
    read(new Reader(bytes.subarray(0, length)));
  }
});

Deno.test("a reader that starts behind the end has nothing, and says so as a FrameError", () => {
  const reader = new Reader(Uint8Array.of(1, 2), 4);
  assertThrows(() => reader.u8(), FrameError);
  assertThrows(() => reader.view(1), FrameError);
});

Deno.test("end refuses trailing bytes", () => {
  const reader = new Reader(Uint8Array.of(1, 2, 3));
  reader.u8();
  assertEquals(reader.left, 2);
  assertThrows(() => reader.end(), FrameError, "2 trailing bytes");
});

Deno.test("view shares the frame's memory, copy does not", () => {
  const bytes = Uint8Array.of(1, 2, 3, 4);
  const reader = new Reader(bytes);
  const view = reader.view(2);
  const copy = reader.copy(2);
  bytes.fill(9);
  assertEquals([[...view], [...copy]], [[9, 9], [3, 4]]);
});

Deno.test("patches overwrite what was written before, and only that", () => {
  const writer = new Writer(1);
  for (let i = 0; i < 9; i++) writer.u8(0xee);
  writer.patchU8(0, 1);
  writer.patchU16(2, 0x0203);
  writer.patchU32(5, 0xf405_0607);
  assertEquals([...writer.written], [1, 0xee, 2, 3, 0xee, 0xf4, 5, 6, 7]);
});

Deno.test("a cleared writer starts over and lets go of a buffer that has grown large", () => {
  const writer = new Writer(16);
  writer.put(new Uint8Array(100_000).fill(1));
  writer.clear();
  assertEquals(writer.length, 0);
  writer.u8(7);
  assertEquals([...writer.written], [7]);
  assertEquals(writer.written.buffer.byteLength < 65_536, true);
});

import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { API_FRAMES } from "../../../lib/core/wire/api_codec.ts";
import { FrameError } from "../../../lib/core/wire/bytes.ts";
import { type FrameFormat, Framer } from "../../../lib/core/wire/framer.ts";
import { PEER_FRAMES } from "../../../lib/core/wire/peer_codec.ts";
import { SeededRandom } from "../../../lib/sim/random/seeded_random.ts";
import { randomBytes } from "../../support/core/contacts.ts";
import { checkProperty } from "../../support/core/property.ts";

const SMALL: FrameFormat = { sizeFieldBytes: 2, frameBytesMin: 4, frameBytesMax: 40 };

function sizeField(format: FrameFormat, size: number): Uint8Array {
  const bytes = new Uint8Array(format.sizeFieldBytes);
  const view = new DataView(bytes.buffer);
  if (format.sizeFieldBytes === 2) view.setUint16(0, size);
  else view.setUint32(0, size);
  return bytes;
}

function makeFrame(format: FrameFormat, size: number, random: SeededRandom): Uint8Array {
  const frame = randomBytes(random, size);
  frame.set(sizeField(format, size));
  return frame;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** Pushes the chunks and gives the frames that come out, as text so that they compare fast. */
function framesOf(format: FrameFormat, chunks: Iterable<Uint8Array>): string[] {
  const framer = new Framer(format);
  const frames: string[] = [];
  for (const chunk of chunks) {
    // A chunk's memory is used again for the next read: the framer must not rely on it.
    const buffer = chunk.slice();
    framer.push(buffer, (frame) => frames.push(frame.join()));
    buffer.fill(0xee);
  }
  assertEquals(framer.pendingBytes, 0);
  return frames;
}

/** Cuts a stream at random offsets; empty chunks are among them. */
function* cuts(stream: Uint8Array, chunkMax: number, random: SeededRandom): Generator<Uint8Array> {
  for (let at = 0; at < stream.length;) {
    const length = random.below(chunkMax + 1);
    yield stream.subarray(at, at += length);
  }
}

for (const [name, format] of Object.entries({ SMALL, API_FRAMES, PEER_FRAMES })) {
  const sizes = fc.array(fc.integer({ min: format.frameBytesMin, max: 40 }), { maxLength: 20 });

  Deno.test(`${name}: frames come out as they went in, whole, byte by byte and in random cuts`, () => {
    checkProperty(fc.property(sizes, fc.nat({ max: 60 }), fc.integer(), (sizes, cut, seed) => {
      const random = new SeededRandom(seed);
      const sent = sizes.map((size) => makeFrame(format, size, random));
      const stream = join(sent);
      const expected = sent.map((frame) => frame.join());
      assertEquals(framesOf(format, [stream]), expected);
      assertEquals(framesOf(format, Array.from(stream, (byte) => Uint8Array.of(byte))), expected);
      assertEquals(framesOf(format, cuts(stream, cut + 1, random)), expected);
    }));
  });

  Deno.test(`${name}: the largest frame passes, byte by byte and behind another`, () => {
    const random = new SeededRandom(1);
    const sent = [format.frameBytesMin, format.frameBytesMax, format.frameBytesMin]
      .map((size) => makeFrame(format, size, random));
    const stream = join(sent);
    const expected = sent.map((frame) => frame.join());
    assertEquals(framesOf(format, Array.from(stream, (byte) => Uint8Array.of(byte))), expected);
    assertEquals(framesOf(format, cuts(stream, 10_000, random)), expected);
  });

  Deno.test(`${name}: a size out of range ends the stream as soon as its size field is there`, () => {
    const random = new SeededRandom(1);
    const good = makeFrame(format, format.frameBytesMin, random);
    const largest = 256 ** format.sizeFieldBytes - 1;
    const sizes = [0, 1, format.frameBytesMin - 1, format.frameBytesMax + 1, largest]
      .filter((size) => size < format.frameBytesMin || size > format.frameBytesMax)
      .filter((size) => size <= largest);
    for (const size of sizes) {
      const field = sizeField(format, size);
      const seen: number[] = [];
      const take = (frame: Uint8Array) => seen.push(frame.length);
      const message = size < format.frameBytesMin ? "too short" : "too large";
      // What came whole before it is still handed over.
      assertThrows(() => new Framer(format).push(join([good, field]), take), FrameError, message);
      const framer = new Framer(format);
      framer.push(good, take);
      for (const byte of field.subarray(0, -1)) framer.push(Uint8Array.of(byte), take);
      assertThrows(() => framer.push(field.subarray(-1), take), FrameError, message);
      assertEquals(seen, [good.length, good.length]);
    }
  });
}

Deno.test("an empty chunk changes nothing", () => {
  const framer = new Framer(SMALL);
  const frames: number[][] = [];
  for (const chunk of [[], [0], [], [4, 1], [], [2], []]) {
    framer.push(Uint8Array.from(chunk), (frame) => frames.push([...frame]));
  }
  assertEquals(frames, [[0, 4, 1, 2]]);
});

Deno.test("pendingBytes counts the frame that has begun", () => {
  const framer = new Framer(SMALL);
  const pending = [[0, 8, 1], [2, 3], [4, 5, 6, 0], [5, 9, 9, 9]].map((chunk) => {
    framer.push(Uint8Array.from(chunk), () => {});
    return framer.pendingBytes;
  });
  assertEquals(pending, [3, 5, 1, 0]);
});

Deno.test("a frame within one chunk is handed over without a copy", () => {
  const chunk = Uint8Array.of(0, 4, 1, 2, 0, 5, 1, 2, 3);
  const offsets: number[] = [];
  new Framer(SMALL).push(chunk, (frame) => {
    assertEquals(frame.buffer, chunk.buffer);
    offsets.push(frame.byteOffset);
  });
  assertEquals(offsets, [0, 4]);
});

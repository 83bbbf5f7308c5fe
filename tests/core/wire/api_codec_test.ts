import { assertEquals, assertThrows } from "@std/assert";
import { encodeHex } from "@std/encoding/hex";
import fc from "fast-check";
import { decodeApiAnswer, decodeApiRequest } from "../../../lib/core/wire/api_codec.ts";
import { FrameError, Reader } from "../../../lib/core/wire/bytes.ts";
import { VALUE_BYTES_MAX } from "../../../lib/core/limits.ts";
import {
  apiAnswerFrame,
  apiAnswers,
  apiRequestFrame,
  apiRequests,
} from "../../support/core/messages.ts";
import { checkProperty } from "../../support/core/property.ts";

const key = new Uint8Array(32).fill(0xab);
const KEY = "ab".repeat(32);

Deno.test("the frames of the module API are those of the VoidPhone specification", () => {
  const value = Uint8Array.of(1, 2, 3);
  const put = { type: "put", ttlSeconds: 0x0102, replication: 5, key, value } as const;
  assertEquals(encodeHex(apiRequestFrame(put)), `002b028a01020500${KEY}010203`);
  assertEquals(encodeHex(apiRequestFrame({ type: "get", key })), `0024028b${KEY}`);
  assertEquals(encodeHex(apiAnswerFrame({ type: "success", key, value })), `0027028c${KEY}010203`);
  assertEquals(encodeHex(apiAnswerFrame({ type: "failure", key })), `0024028d${KEY}`);
});

Deno.test("every request of the module API is read as it was written", () => {
  checkProperty(fc.property(apiRequests, (request) => {
    const frame = apiRequestFrame(request);
    assertEquals(new Reader(frame).u16(), frame.length);
    assertEquals(decodeApiRequest(frame), request);
  }));
});

Deno.test("every answer of the module API is read as it was written", () => {
  checkProperty(fc.property(apiAnswers, (answer) => {
    const frame = apiAnswerFrame(answer);
    assertEquals(new Reader(frame).u16(), frame.length);
    assertEquals(decodeApiAnswer(frame), answer);
  }));
});

Deno.test("the largest value passes both ways", () => {
  const value = new Uint8Array(VALUE_BYTES_MAX).fill(7);
  const put = { type: "put", ttlSeconds: 0, replication: 0, key, value } as const;
  assertEquals(apiRequestFrame(put).length, 65_535);
  assertEquals(decodeApiRequest(apiRequestFrame(put)), put);
  const success = { type: "success", key, value } as const;
  assertEquals(decodeApiAnswer(apiAnswerFrame(success)), success);
});

Deno.test("the reserved byte of a PUT may be anything", () => {
  const put = { type: "put", ttlSeconds: 1, replication: 2, key, value: key } as const;
  const frame = apiRequestFrame(put);
  frame[7] = 0xff;
  assertEquals(decodeApiRequest(frame), put);
});

Deno.test("messages keep nothing of the frame that they came in", () => {
  const put = { type: "put", ttlSeconds: 1, replication: 2, key, value: key } as const;
  const success = { type: "success", key, value: key } as const;
  const [putFrame, successFrame] = [apiRequestFrame(put), apiAnswerFrame(success)];
  const [request, answer] = [decodeApiRequest(putFrame), decodeApiAnswer(successFrame)];
  putFrame.fill(0);
  successFrame.fill(0);
  assertEquals([request, answer], [put, success]);
});

const header = (size: number, type: number) => [size >>> 8, size & 0xff, type >>> 8, type & 0xff];
const bytes = (length: number) => new Array<number>(length).fill(1);

const MALFORMED: Record<string, readonly number[]> = {
  "a header alone": header(4, 651),
  "no type": [0, 3, 2],
  "type 0": [...header(36, 0), ...bytes(32)],
  "type 649": [...header(36, 649), ...bytes(32)],
  "type 654": [...header(36, 654), ...bytes(32)],
  "type 65535": [...header(36, 65_535), ...bytes(32)],
  "a PUT that ends in its hints": [...header(7, 650), ...bytes(3)],
  "a PUT that ends in its key": [...header(39, 650), ...bytes(35)],
  "a PUT without a value": [...header(40, 650), ...bytes(36)],
  "a GET with a short key": [...header(35, 651), ...bytes(31)],
  "a GET with a trailing byte": [...header(37, 651), ...bytes(33)],
};

for (const [what, frame] of Object.entries(MALFORMED)) {
  Deno.test(`refused as a request of the module API: ${what}`, () => {
    assertThrows(() => decodeApiRequest(Uint8Array.from(frame)), FrameError);
  });
}

const MALFORMED_ANSWERS: Record<string, readonly number[]> = {
  "a PUT": [...header(41, 650), ...bytes(37)],
  "a GET": [...header(36, 651), ...bytes(32)],
  "a SUCCESS that ends in its key": [...header(35, 652), ...bytes(31)],
  "a SUCCESS without a value": [...header(36, 652), ...bytes(32)],
  "a FAILURE with a short key": [...header(35, 653), ...bytes(31)],
  "a FAILURE with a trailing byte": [...header(37, 653), ...bytes(33)],
};

for (const [what, frame] of Object.entries(MALFORMED_ANSWERS)) {
  Deno.test(`refused as an answer of the module API: ${what}`, () => {
    assertThrows(() => decodeApiAnswer(Uint8Array.from(frame)), FrameError);
  });
}

/**
 * The codec against `tests/vectors`: what it writes, what it reads, what it refuses.
 */

import { assertEquals, assertThrows } from "@std/assert";
import { encodeHex } from "@std/encoding/hex";
import { API_FRAMES, decodeApiAnswer, decodeApiRequest } from "../../../lib/core/wire/api_codec.ts";
import { ALL_KEYS } from "../../../lib/core/repair/key_range.ts";
import { EMPTY_DIGEST } from "../../../lib/core/repair/version.ts";
import type { Contact } from "../../../lib/core/kademlia/contact.ts";
import { FrameError, Writer } from "../../../lib/core/wire/bytes.ts";
import { ReceivedContacts, SentContacts } from "../../../lib/core/wire/contact_codec.ts";
import { type FrameFormat, Framer } from "../../../lib/core/wire/framer.ts";
import type {
  ApiAnswer,
  ApiRequest,
  PeerAnswer,
  PeerRequest,
  Refusal,
} from "../../../lib/core/wire/messages.ts";
import {
  decodePeerAnswer,
  decodePeerRequest,
  encodeGoingAway,
  encodeNudge,
  encodePeerAnswer,
  isGoingAway,
  isNudge,
  PEER_FRAMES,
} from "../../../lib/core/wire/peer_codec.ts";
import {
  decodeHello,
  decodeRefused,
  encodeHello,
  encodeRefused,
  isHello,
  isRefused,
} from "../../../lib/core/wire/hello_codec.ts";
import { testContact } from "../../support/core/contacts.ts";
import {
  apiAnswerFrame,
  apiRequestFrame,
  ASKER,
  peerAnswerFrame,
  peerRequestFrame,
  toContact,
} from "../../support/core/messages.ts";
import { bytesOfVector, helloOfVector, messageOfVector } from "../../support/core/vectors.ts";
import api from "../../vectors/api_frames.json" with { type: "json" };
import deduplication from "../../vectors/deduplication.json" with { type: "json" };
import peers from "../../vectors/peer_frames.json" with { type: "json" };
import { pingOf } from "../../support/pings.ts";

/** The frames of a stream that ends. */
function framesOf(bytes: Uint8Array, format: FrameFormat): Uint8Array[] {
  const framer = new Framer(format);
  const frames: Uint8Array[] = [];
  framer.push(bytes, (frame) => frames.push(frame.slice()));
  if (framer.pendingBytes > 0) throw new FrameError("the stream ends within a frame");
  return frames;
}

/** The one frame that a vector's bytes are. */
function frameOf(text: string, format: FrameFormat): Uint8Array {
  const [frame, ...more] = framesOf(bytesOfVector(text), format);
  assertEquals(more, []);
  return frame!;
}

function assertSameBytes(actual: Uint8Array, expected: Uint8Array): void {
  assertEquals(encodeHex(actual), encodeHex(expected));
}

for (const { name, bytes, message } of api.requests) {
  Deno.test(`vectors, module API: ${name}`, () => {
    const request = messageOfVector(message) as ApiRequest;
    assertSameBytes(apiRequestFrame(request), bytesOfVector(bytes));
    assertEquals(decodeApiRequest(frameOf(bytes, API_FRAMES)), request);
  });
}

for (const { name, bytes, message } of api.requestsReadOnly) {
  Deno.test(`vectors, module API: ${name}`, () => {
    assertEquals(decodeApiRequest(frameOf(bytes, API_FRAMES)), messageOfVector(message));
  });
}

for (const { name, bytes, message } of api.answers) {
  Deno.test(`vectors, module API: ${name}`, () => {
    const answer = messageOfVector(message) as ApiAnswer;
    assertSameBytes(apiAnswerFrame(answer), bytesOfVector(bytes));
    assertEquals(decodeApiAnswer(frameOf(bytes, API_FRAMES)), answer);
  });
}

for (const { name, bytes, reason } of [...api.malformedRequests, ...api.cutRequests]) {
  Deno.test(`vectors, module API: ${name} is refused as a request, since ${reason}`, () => {
    const read = () => framesOf(bytesOfVector(bytes), API_FRAMES).map(decodeApiRequest);
    assertThrows(read, FrameError);
  });
}

for (const { name, bytes, reason } of api.malformedAnswers) {
  Deno.test(`vectors, module API: ${name} is refused as an answer, since ${reason}`, () => {
    const read = () => framesOf(bytesOfVector(bytes), API_FRAMES).map(decodeApiAnswer);
    assertThrows(read, FrameError);
  });
}

for (const { name, bytes, message, requestId } of peers.requests) {
  Deno.test(`vectors, peers: ${name}`, () => {
    const frame = frameOf(bytes, PEER_FRAMES);
    assertEquals(isNudge(frame), message.type === "nudge");
    if (message.type === "nudge") {
      const writer = new Writer();
      encodeNudge(writer);
      return assertSameBytes(writer.written, frame);
    }
    const sender = message.type === "ping" ? { sender: ASKER } : {};
    const request = { ...messageOfVector(message) as object, ...sender } as PeerRequest;
    assertSameBytes(peerRequestFrame(request, requestId), frame);
    assertEquals(decodePeerRequest(frame, ASKER), { requestId, message: request });
  });
}

for (const { name, bytes, hello } of peers.hellos) {
  Deno.test(`vectors, peers: ${name}`, () => {
    const frame = frameOf(bytes, PEER_FRAMES);
    const message = helloOfVector(hello);
    const writer = new Writer();
    encodeHello(writer, message);
    assertSameBytes(writer.written, frame);
    assertEquals([isHello(frame), isRefused(frame)], [true, false]);
    assertEquals(decodeHello(frame, toContact), message);
  });
}

for (const { name, bytes, reason } of peers.malformedHellos) {
  Deno.test(`vectors, peers: ${name} is refused as a HELLO, since ${reason}`, () => {
    const read = () =>
      framesOf(bytesOfVector(bytes), PEER_FRAMES).map((frame) => decodeHello(frame, toContact));
    assertThrows(read, FrameError);
  });
}

for (const { name, bytes, refusal } of peers.refusals) {
  Deno.test(`vectors, peers: ${name}`, () => {
    const frame = frameOf(bytes, PEER_FRAMES);
    const writer = new Writer();
    encodeRefused(writer, refusal as Refusal);
    assertSameBytes(writer.written, frame);
    assertEquals([isHello(frame), isRefused(frame)], [false, true]);
    assertEquals(decodeRefused(frame), refusal);
  });
}

for (const { name, bytes, reason } of peers.malformedRefusals) {
  Deno.test(`vectors, peers: ${name} is refused, since ${reason}`, () => {
    assertThrows(() => decodeRefused(frameOf(bytes, PEER_FRAMES)), FrameError);
  });
}

for (const { name, bytes } of peers.announcements) {
  Deno.test(`vectors, peers: ${name}`, () => {
    const frame = frameOf(bytes, PEER_FRAMES);
    const writer = new Writer();
    encodeGoingAway(writer);
    assertSameBytes(writer.written, frame);
    assertEquals([isGoingAway(frame), isNudge(frame)], [true, false]);
  });
}

for (const { name, bytes, reason } of [...peers.malformedRequests, ...peers.cutRequests]) {
  Deno.test(`vectors, peers: ${name} is refused as a request, since ${reason}`, () => {
    const read = () =>
      framesOf(bytesOfVector(bytes), PEER_FRAMES)
        .map((frame) => decodePeerRequest(frame, ASKER));
    assertThrows(read, FrameError);
  });
}

const key = testContact(1).id;
const sent = {
  cachedUntil: 0,
  stamp: 1,
  expiresAt: 2,
  replication: 1,
  nonce: key,
  key,
  value: key,
};
const REQUESTS: Record<string, PeerRequest> = {
  ping: pingOf(testContact(1)),
  store: { type: "store", ...sent },
  findNode: { type: "findNode", key, amount: 20 },
  findValue: { type: "findValue", key, amount: 20 },
  digest: {
    type: "digest",
    ranges: Array.from({ length: 16 }, () => ({ range: ALL_KEYS, digest: EMPTY_DIGEST })),
  },
  offer: {
    type: "offer",
    range: ALL_KEYS,
    versions: Array.from({ length: 260 }, () => ({ key, stamp: 1, tag: 1, replication: 1 })),
  },
};

/** An answer as it is read by a node that has asked something. */
function answerOf(message: Readonly<Record<string, unknown>>): PeerAnswer {
  const answer = messageOfVector(message) as PeerAnswer;
  return answer.type === "foundValue" ? { ...answer, key } : answer;
}

for (const { name, request, bytes, message, requestId } of peers.answers) {
  Deno.test(`vectors, peers: ${name}`, () => {
    const frame = frameOf(bytes, PEER_FRAMES);
    const answer = answerOf(message);
    assertSameBytes(peerAnswerFrame(answer, requestId), frame);
    const received = new ReceivedContacts(toContact);
    assertEquals(decodePeerAnswer(frame, REQUESTS[request]!, received), answer);
  });
}

for (const { name, request, bytes, reason } of peers.malformedAnswers) {
  Deno.test(`vectors, peers: ${name} is refused as an answer, since ${reason}`, () => {
    const received = new ReceivedContacts(toContact);
    const read = () =>
      framesOf(bytesOfVector(bytes), PEER_FRAMES)
        .map((frame) => decodePeerAnswer(frame, REQUESTS[request]!, received));
    assertThrows(read, FrameError);
  });
}

for (const { name, frames } of deduplication.sequences) {
  Deno.test(`vectors, deduplicated contacts: ${name}`, () => {
    const sent = new SentContacts();
    const known = new Map<string, Contact>();
    const received = new ReceivedContacts(toContact);
    for (const { requestId, bytes, contacts } of frames) {
      const frame = frameOf(bytes, PEER_FRAMES);
      const answer = answerOf({ type: "foundNode", contacts });
      assertEquals(decodePeerAnswer(frame, REQUESTS.findNode!, received), answer);
      const named = answer.type === "foundNode" ? answer.contacts : [];
      const same = named.map((contact) => {
        const name = encodeHex(contact.record);
        if (!known.has(name)) known.set(name, contact);
        return known.get(name)!;
      });
      const writer = new Writer();
      encodePeerAnswer(writer, requestId, { type: "foundNode", contacts: same }, sent);
      assertSameBytes(writer.written, frame);
    }
  });
}

for (const { name, frames, reason } of deduplication.malformed) {
  Deno.test(`vectors, deduplicated contacts: ${name} is refused, since ${reason}`, () => {
    const received = new ReceivedContacts(toContact);
    const read = (text: string) =>
      decodePeerAnswer(frameOf(text, PEER_FRAMES), REQUESTS.findNode!, received);
    frames.slice(0, -1).forEach(read);
    assertThrows(() => read(frames.at(-1)!), FrameError);
  });
}

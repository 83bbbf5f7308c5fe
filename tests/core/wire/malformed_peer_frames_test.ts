import { assertEquals, assertThrows } from "@std/assert";
import { FrameError, Writer } from "../../../lib/core/wire/bytes.ts";
import { VALUE_BYTES_MAX } from "../../../lib/core/limits.ts";
import type { PeerRequest } from "../../../lib/core/wire/messages.ts";
import { decodeHello, decodeRefused } from "../../../lib/core/wire/hello_codec.ts";
import { decodePeerRequest, requestIdOf } from "../../../lib/core/wire/peer_codec.ts";
import { testContact } from "../../support/core/contacts.ts";
import {
  ASKER,
  peerAnswerFrame,
  peerRequestFrame,
  readPeerAnswer,
  toContact,
} from "../../support/core/messages.ts";
import { pingOf, pongAt } from "../../support/pings.ts";

const key = new Uint8Array(32).fill(1);
const times = { cachedUntil: 0, stamp: 1, expiresAt: 1_000, replication: 1, nonce: key };
const { record } = testContact(1, 3);

/** A frame with a right size, and any type and body. */
function frame(type: number, ...body: (number | Uint8Array)[]): Uint8Array {
  const writer = new Writer();
  writer.u32(0);
  writer.u16(type);
  writer.u32(1);
  for (const part of body) typeof part === "number" ? writer.u8(part) : writer.put(part);
  writer.patchU32(0, writer.length);
  return writer.written.slice();
}

/** What a FOUND VALUE says before the nonce, of one replica. */
const CLAIMED = new Uint8Array(21).fill(1, 20);

/** The record with some bytes put into it. */
function recordWith(at: number, ...bytes: number[]): Uint8Array {
  const copy = record.slice();
  copy.set(bytes, at);
  return copy;
}

const BAD_RECORDS: Record<string, Uint8Array> = {
  "no record": new Uint8Array(0),
  "a record cut off in its address": record.subarray(0, 17),
  "a record cut off in its alternate address": record.subarray(0, 35),
  "a record cut off in its certificate's length": record.subarray(0, 37),
  "a record cut off before its certificate": record.subarray(0, 38),
  "a record cut off in its certificate": record.subarray(0, 40),
  "a record with port 0": recordWith(16, 0, 0),
  "a record with an alternate address of port 0": recordWith(18, 0x20),
  "a record with two addresses of IPv4": recordWith(18, ...record.subarray(0, 18)),
  "a record with no certificate": recordWith(36, 0, 0).subarray(0, 38),
  "a record with a certificate larger than 2,048": testContact(1, 2_049).record,
  "a record that claims a certificate of 65,535": recordWith(36, 0xff, 0xff),
};

const BAD_REQUESTS: Record<string, Uint8Array> = {
  "nothing": new Uint8Array(0),
  "a size alone": Uint8Array.of(0, 0, 0, 4),
  "a cut header": frame(660).subarray(0, 9),
  "type 0": frame(0, key, 1),
  "type 659": frame(659, key, 1),
  "a NUDGE": frame(664),
  "a GOING AWAY": frame(665),
  "a GOING AWAY with a body": frame(665, key, 1),
  "type 65535": frame(0xffff, key, 1),
  "an answer's type": peerAnswerFrame(pongAt()),
  "a FIND NODE without amount": frame(662, key),
  "a FIND NODE with a short key": frame(662, key.subarray(1)),
  "a FIND NODE with a trailing byte": frame(662, key, 1, 0),
  "a FIND VALUE without body": frame(663),
  "a FIND VALUE without amount": frame(663, key),
  "a FIND VALUE with a trailing byte": frame(663, key, 1, 0),
  "a STORE without value": frame(661, new Uint8Array(13), key, key),
  "a STORE cut off in its key": frame(661, new Uint8Array(13), key, key.subarray(1)),
  "a STORE cut off in its times": frame(661, new Uint8Array(12)),
  "a PING without body": frame(660),
  "a PING without a whole time": frame(660, new Uint8Array(7)),
  "a PING with a trailing byte": frame(660, new Uint8Array(8), 0),
  "a HELLO": frame(668, 0),
  "a REFUSED": frame(669, 1),
};

for (const [what, bytes] of Object.entries(BAD_REQUESTS)) {
  Deno.test(`refused as a request: ${what}`, () => {
    assertThrows(() => decodePeerRequest(bytes, ASKER), FrameError);
  });
}

Deno.test("refused as a request: a PING from one that has not said who it is", () => {
  assertThrows(() => decodePeerRequest(frame(660, new Uint8Array(8)), null), FrameError);
});

const signature = new Uint8Array(70);
const BAD_HELLOS: Record<string, Uint8Array> = {
  "nothing": frame(668),
  "half a statement": frame(668, 1, 0, new Uint8Array(63)),
  "a statement too few": frame(668, 2, 0, new Uint8Array(64)),
  "three statements of one kind": frame(668, 3, new Uint8Array(3 * 65)),
  "a statement of no kind": frame(668, 1, 5, new Uint8Array(64)),
  "no signature": frame(668, 0, record),
  "a signature that is too long": frame(668, 0, record, new Uint8Array(513)),
  ...Object.fromEntries(
    Object.entries(BAD_RECORDS).filter(([, bytes]) => bytes.length > 0)
      .map((
        [what, bytes],
      ) => [what, frame(668, 0, bytes, ...bytes.length < 41 ? [] : [signature])]),
  ),
};

for (const [what, bytes] of Object.entries(BAD_HELLOS)) {
  Deno.test(`refused as a HELLO: ${what}`, () => {
    assertThrows(() => decodeHello(bytes, toContact), FrameError);
  });
}

for (
  const [what, bytes] of Object.entries({
    "no reason": frame(669),
    "reason 0": frame(669, 0),
    "reason 5": frame(669, 5),
    "a trailing byte": frame(669, 1, 0),
  })
) {
  Deno.test(`refused as a REFUSED: ${what}`, () => {
    assertThrows(() => decodeRefused(bytes), FrameError);
  });
}

const ping: PeerRequest = pingOf(testContact(1));
const store: PeerRequest = { type: "store", ...times, key, value: key };
const findNode: PeerRequest = { type: "findNode", key, amount: 20 };
const findValue: PeerRequest = { type: "findValue", key, amount: 20 };

const pong = peerAnswerFrame(pongAt());
const stored = peerAnswerFrame({ type: "stored", status: "stored" });
const foundNode = peerAnswerFrame({ type: "foundNode", contacts: [testContact(1)] });
const foundValue = peerAnswerFrame({ type: "foundValue", ...times, key, value: key });
const tooLarge = new Uint8Array(VALUE_BYTES_MAX + 1);

const BAD_ANSWERS: Record<string, readonly [PeerRequest, Uint8Array]> = {
  "nothing": [ping, new Uint8Array(0)],
  "a cut header": [ping, pong.subarray(0, 9)],
  "type 669": [ping, frame(669, 1)],
  "type 672": [findNode, frame(672, 0)],
  "type 675": [ping, frame(675, 1)],
  "a request's type": [ping, peerRequestFrame(findNode)],
  "a PONG without a body": [ping, frame(670)],
  "a PONG with half an address": [ping, pong.subarray(0, 28)],
  "a PONG with an unknown reachability": [
    ping,
    frame(670, new Uint8Array(8), 6, record.subarray(0, 18)),
  ],
  "a PONG with a trailing byte": [ping, frame(670, pong.subarray(10), 0)],
  "a STORED without status": [store, frame(671)],
  "a STORED with status 10": [store, frame(671, 10)],
  "a STORED with status 255": [store, frame(671, 255)],
  "a STORED with a trailing byte": [store, frame(671, 0, 0)],
  "a FOUND NODE without count": [findNode, frame(674)],
  "a FOUND NODE that counts more than it has": [findNode, frame(674, 2, 255, record)],
  "a FOUND NODE that counts 255 and has none": [findNode, frame(674, 255)],
  "a FOUND NODE that counts less than it has": [findNode, frame(674, 1, 255, record, 255, record)],
  "a FOUND NODE with a trailing byte": [findNode, frame(674, 0, 0)],
  "a FOUND NODE with an index before any contact": [findNode, frame(674, 1, 0)],
  "a FOUND NODE with an index that is not taken": [findNode, frame(674, 2, 255, record, 1)],
  "a FOUND NODE with an index of a contact that follows": [
    findNode,
    frame(674, 2, 0, 255, record),
  ],
  "a FOUND VALUE without value": [findValue, frame(673, CLAIMED, key)],
  "a FOUND VALUE of no replicas": [findValue, frame(673, new Uint8Array(21), key, key)],
  "a FOUND VALUE cut off in its times": [
    findValue,
    frame(673, CLAIMED, key.subarray(1)),
  ],
  "a FOUND VALUE above the size limit": [
    findValue,
    frame(673, CLAIMED, key, tooLarge),
  ],
  "a PONG to a STORE": [store, pong],
  "a PONG to a FIND VALUE": [findValue, pong],
  "a STORED to a PING": [ping, stored],
  "a STORED to a FIND NODE": [findNode, stored],
  "a FOUND NODE to a PING": [ping, foundNode],
  "a FOUND NODE to a STORE": [store, foundNode],
  "a FOUND VALUE to a FIND NODE": [findNode, foundValue],
  "a FOUND VALUE to a STORE": [store, foundValue],
  ...Object.fromEntries(
    Object.entries(BAD_RECORDS).map((
      [what, bytes],
    ) => [`a FOUND NODE with ${what}`, [findNode, frame(674, 2, 255, record, 255, bytes)]]),
  ),
};

for (const [what, [request, bytes]] of Object.entries(BAD_ANSWERS)) {
  Deno.test(`refused as an answer: ${what}`, () => {
    assertThrows(() => readPeerAnswer(bytes, request), FrameError);
  });
}

Deno.test("a frame too short for a request id has none", () => {
  assertThrows(() => requestIdOf(pong.subarray(0, 9)), FrameError);
  assertEquals(requestIdOf(pong), 1);
});

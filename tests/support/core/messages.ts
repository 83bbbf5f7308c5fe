/**
 * Random messages of both protocols, and their frames.
 *
 * @module
 */

import fc from "fast-check";
import { Writer } from "../../../lib/core/wire/bytes.ts";
import type { Contact } from "../../../lib/core/kademlia/contact.ts";
import { ContactCache } from "../../../lib/core/kademlia/contact_cache.ts";
import type {
  ApiAnswer,
  ApiRequest,
  PeerAnswer,
  PeerRequest,
  Reachability,
  StoreStatus,
} from "../../../lib/core/wire/messages.ts";
import type { RangeDigest } from "../../../lib/core/repair/exchange.ts";
import type { KeyRange } from "../../../lib/core/repair/key_range.ts";
import type { Version } from "../../../lib/core/repair/version.ts";
import type { SentValue } from "../../../lib/core/value.ts";
import { ReceivedContacts, SentContacts } from "../../../lib/core/wire/contact_codec.ts";
import { REACHABILITY_NUMBERS, STATUS_NUMBERS } from "../../../lib/core/wire/versions.ts";
import {
  decodePeerAnswer,
  encodePeerAnswer,
  encodePeerRequest,
} from "../../../lib/core/wire/peer_codec.ts";
import { encodeApiAnswer, encodeApiRequest } from "../../../lib/core/wire/api_codec.ts";
import { testContact } from "./contacts.ts";
import { sha256 } from "../../../lib/hash/sha256.ts";

const REACHABILITIES = Object.keys(REACHABILITY_NUMBERS) as Reachability[];
const STATUSES = Object.keys(STATUS_NUMBERS) as StoreStatus[];

const u8 = fc.integer({ min: 0, max: 0xff });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const ids = fc.uint8Array({ minLength: 32, maxLength: 32 });
const values = fc.uint8Array({ minLength: 1, maxLength: 300 });

const contacts: fc.Arbitrary<Contact> = fc
  .tuple(fc.nat({ max: 1_000 }), fc.integer({ min: 1, max: 2_048 }))
  .map(([n, certificateBytes]) => testContact(n, certificateBytes));

const sentValues: fc.Arbitrary<SentValue> = fc.record({
  lifetimeMs: u32,
  key: ids,
  value: values,
  cachedUntil: fc.maxSafeNat(),
  stamp: fc.maxSafeNat().map((stamp) => Math.floor(stamp / 2)),
  replication: fc.integer({ min: 1, max: 0xff }),
  nonce: ids,
}).map(({ lifetimeMs, ...value }) => ({ ...value, expiresAt: value.stamp + lifetimeMs }));

const ranges: fc.Arbitrary<KeyRange> = fc.tuple(fc.nat({ max: 64 }), ids).map(([units, id]) => {
  const bits = 4 * units;
  const prefix = new Uint8Array(32);
  prefix.set(id.subarray(0, Math.ceil(bits / 8)));
  if (bits % 8 !== 0) prefix[bits >>> 3]! &= 0xf0;
  return { bits, prefix };
});

const rangeDigests: fc.Arbitrary<RangeDigest> = fc.record({
  range: ranges,
  digest: fc.record({ count: u32, tags: u32, salts: u32 }),
});

const versions: fc.Arbitrary<Version[]> = fc.array(
  fc.record({ key: ids, stamp: fc.maxSafeNat(), tag: u32, replication: u8 }),
  { maxLength: 20 },
);

/** Numbers that pair peers' requests and answers. */
export const requestIds = u32;

/** Any request of the module API. */
export const apiRequests: fc.Arbitrary<ApiRequest> = fc.oneof(
  fc.record({
    type: fc.constant("put" as const),
    ttlSeconds: u16,
    replication: u8,
    key: ids,
    value: values,
  }),
  fc.record({ type: fc.constant("get" as const), key: ids }),
);

/** Any answer of the module API. */
export const apiAnswers: fc.Arbitrary<ApiAnswer> = fc.oneof(
  fc.record({ type: fc.constant("success" as const), key: ids, value: values }),
  fc.record({ type: fc.constant("failure" as const), key: ids }),
);

/** Who asks, in frames that do not say it. */
export const ASKER = testContact(1);

/** Any request between peers. */
export const peerRequests: fc.Arbitrary<PeerRequest> = fc.oneof(
  fc.record({
    type: fc.constant("ping" as const),
    time: fc.maxSafeNat(),
    sender: fc.constant(ASKER),
  }),
  sentValues.map((value): PeerRequest => ({ type: "store", ...value })),
  fc.record({ type: fc.constantFrom("findNode" as const, "findValue"), key: ids, amount: u8 }),
  fc.record({
    type: fc.constant("digest" as const),
    ranges: fc.array(rangeDigests, { maxLength: 20 }),
  }),
  fc.record({ type: fc.constant("offer" as const), range: ranges, versions }),
);

/** Any request between peers with any answer that it may get. */
export const peerExchanges: fc.Arbitrary<{ request: PeerRequest; answer: PeerAnswer }> =
  peerRequests.chain((request) => answersTo(request).map((answer) => ({ request, answer })));

function answersTo(request: PeerRequest): fc.Arbitrary<PeerAnswer> {
  const foundNode = fc.record({
    type: fc.constant("foundNode" as const),
    contacts: fc.array(contacts, { maxLength: 25 }),
  });
  switch (request.type) {
    case "ping":
      return fc.record({
        type: fc.constant("pong" as const),
        time: fc.maxSafeNat(),
        reachability: fc.constantFrom(...REACHABILITIES),
        address: contacts.map(({ address }) => address),
      });
    case "store":
      return fc.record({
        type: fc.constant("stored" as const),
        status: fc.constantFrom(...STATUSES),
      });
    case "findNode":
      return foundNode;
    case "digest":
      return fc.record({
        type: fc.constant("different" as const),
        ranges: fc.subarray(request.ranges.map((_, index) => index)).chain((indices) =>
          fc.tuple(...indices.map((index) => fc.record({ index: fc.constant(index), count: u32 })))
        ),
      });
    case "offer":
      return fc.record({
        type: fc.constant("wanted" as const),
        wanted: fc.subarray(request.versions.map((_, index) => index)),
        replaced: fc.subarray(request.versions.map((_, index) => index)),
        offered: versions,
      });
    case "findValue":
      return fc.oneof(
        foundNode,
        sentValues.map((value) => ({ type: "foundValue" as const, ...value, key: request.key })),
      );
  }
}

/** Makes contacts of records in tests. */
export const toContact = new ContactCache(sha256).toContact;

/** The frame of a request of the module API. */
export function apiRequestFrame(request: ApiRequest): Uint8Array {
  const writer = new Writer();
  encodeApiRequest(writer, request);
  return writer.written.slice();
}

/** The frame of an answer of the module API. */
export function apiAnswerFrame(answer: ApiAnswer): Uint8Array {
  const writer = new Writer();
  encodeApiAnswer(writer, answer);
  return writer.written.slice();
}

/** The frame of a request between peers. */
export function peerRequestFrame(request: PeerRequest, requestId = 1): Uint8Array {
  const writer = new Writer();
  encodePeerRequest(writer, requestId, request);
  return writer.written.slice();
}

/** The frame of an answer between peers, the first on its connection. */
export function peerAnswerFrame(answer: PeerAnswer, requestId = 1): Uint8Array {
  const writer = new Writer();
  encodePeerAnswer(writer, requestId, answer, new SentContacts());
  return writer.written.slice();
}

/** Reads the frame of an answer, the first on its connection. */
export function readPeerAnswer(frame: Uint8Array, request: PeerRequest): PeerAnswer {
  return decodePeerAnswer(frame, request, new ReceivedContacts(toContact));
}

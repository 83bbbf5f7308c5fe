import { assert, assertEquals } from "@std/assert";
import { encodeHex } from "@std/encoding/hex";
import fc from "fast-check";
import { Reader, Writer } from "../../../lib/core/wire/bytes.ts";
import { makeAddress } from "../../../lib/core/kademlia/address.ts";
import { type Contact, makeContact } from "../../../lib/core/kademlia/contact.ts";
import { PEER_FRAME_BYTES_MAX, VALUE_BYTES_MAX } from "../../../lib/core/limits.ts";
import { SentContacts } from "../../../lib/core/wire/contact_codec.ts";
import type { PeerAnswer } from "../../../lib/core/wire/messages.ts";
import {
  decodePeerRequest,
  encodePeerAnswer,
  encodePeerRequest,
  requestIdOf,
} from "../../../lib/core/wire/peer_codec.ts";
import { testContact, testContacts } from "../../support/core/contacts.ts";
import {
  ASKER,
  peerAnswerFrame,
  peerExchanges,
  peerRequestFrame,
  peerRequests,
  readPeerAnswer,
  requestIds,
} from "../../support/core/messages.ts";
import { checkProperty } from "../../support/core/property.ts";
import { sha256 } from "../../../lib/hash/sha256.ts";
import { pingOf, pongAt } from "../../support/pings.ts";

const key = new Uint8Array(32).fill(0xab);
const nonce = new Uint8Array(32).fill(0xcd);
const value = Uint8Array.of(1, 2, 3);
const claims = {
  cachedUntil: 0x0123_4567_89aa,
  stamp: 0x0123_4567_89ab,
  expiresAt: 0x0123_4567_89ab + 0x8000_0002,
  replication: 5,
  nonce,
};
const CLAIMS = `00000123456789aa00000123456789ab8000000205${"cd".repeat(32)}`;
const KEY = "ab".repeat(32);
const RECORD = "00000000000000000000ffff0a0000011cea" + "00".repeat(18) + "0002" + "0101";

Deno.test("the frames of requests are those of the protocol", () => {
  const hex = (request: Parameters<typeof peerRequestFrame>[0]) =>
    encodeHex(peerRequestFrame(request, 0xfedc_ba98));
  assertEquals(
    hex(pingOf(ASKER, 0x0123_4567_89ab)),
    `00000012` + `0294fedcba98` + `00000123456789ab`,
  );
  assertEquals(
    hex({ type: "store", ...claims, key, value }),
    `00000062` + `0295fedcba98` + CLAIMS + KEY + `010203`,
  );
  assertEquals(
    hex({ type: "findNode", key, amount: 20 }),
    `0000002b` + `0296fedcba98` + `${KEY}14`,
  );
  assertEquals(
    hex({ type: "findValue", key, amount: 255 }),
    `0000002b` + `0297fedcba98` + `${KEY}ff`,
  );
});

Deno.test("the frames of answers are those of the protocol", () => {
  const contact = testContact(1, 2);
  const hex = (answer: PeerAnswer) => encodeHex(peerAnswerFrame(answer, 0xfedc_ba98));
  assertEquals(
    hex({ ...pongAt(0x0123_4567_89ab), address: contact.address }),
    `00000025` + `029efedcba98` + `00000123456789ab` + `02` + RECORD.slice(0, 36),
  );
  assertEquals(
    hex({ type: "foundNode", contacts: [contact, contact] }),
    `00000035` + `02a2fedcba98` + `02ff${RECORD}00`,
  );
  assertEquals(hex({ type: "foundNode", contacts: [] }), `0000000b` + `02a2fedcba98` + `00`);
  assertEquals(
    hex({ type: "foundValue", ...claims, key, value }),
    `00000042` + `02a1fedcba98` + CLAIMS + `010203`,
  );
});

Deno.test("the statuses of STORED have the numbers of the protocol", () => {
  const statuses = [
    "stored",
    "weakProofOfWork",
    "full",
    "tooLarge",
    "tooManyRequests",
    "newerHeld",
    "expired",
    "stampAhead",
    "leaving",
  ] as const;
  for (const [number, status] of statuses.entries()) {
    assertEquals(
      encodeHex(peerAnswerFrame({ type: "stored", status })),
      `0000000b029f000000010${number}`,
    );
  }
});

Deno.test("every request is read as it was written", () => {
  checkProperty(fc.property(peerRequests, requestIds, (message, requestId) => {
    const frame = peerRequestFrame(message, requestId);
    assertEquals(new Reader(frame).u32(), frame.length);
    assertEquals(decodePeerRequest(frame, ASKER), { requestId, message });
  }));
});

Deno.test("every answer is read as it was written, by who asked for it", () => {
  checkProperty(fc.property(peerExchanges, requestIds, ({ request, answer }, requestId) => {
    const frame = peerAnswerFrame(answer, requestId);
    assertEquals(new Reader(frame).u32(), frame.length);
    assertEquals(requestIdOf(frame), requestId);
    assertEquals(readPeerAnswer(frame, request), answer);
  }));
});

Deno.test("frames written behind one another each have their own size", () => {
  checkProperty(
    fc.property(fc.array(peerExchanges, { minLength: 1, maxLength: 5 }), (exchanges) => {
      const writer = new Writer();
      const parts: number[] = [];
      for (const { request, answer } of exchanges) {
        encodePeerRequest(writer, 1, request);
        encodePeerAnswer(writer, 2, answer, new SentContacts());
        parts.push(...peerRequestFrame(request, 1), ...peerAnswerFrame(answer, 2));
      }
      assertEquals(encodeHex(writer.written), encodeHex(Uint8Array.from(parts)));
    }),
    50,
  );
});

Deno.test("answers keep nothing of the frame that they came in", () => {
  checkProperty(fc.property(peerExchanges, ({ request, answer }) => {
    const frame = peerAnswerFrame(answer);
    const read = readPeerAnswer(frame, request);
    frame.fill(0);
    assertEquals(read, answer);
  }));
});

Deno.test("requests are views of the frame", () => {
  checkProperty(fc.property(peerExchanges, ({ request }) => {
    const frame = peerRequestFrame(request);
    const { message } = decodePeerRequest(frame, ASKER);
    assertEquals(message, request);
    frame.fill(0);
    if ("key" in message) assert(message.key.every((byte) => byte === 0));
  }));
});

Deno.test("the largest value passes both ways", () => {
  const value = new Uint8Array(VALUE_BYTES_MAX).fill(7);
  const store = { type: "store", ...claims, key, value } as const;
  assertEquals(decodePeerRequest(peerRequestFrame(store), ASKER).message, store);
  const answer = { type: "foundValue", ...claims, key, value } as const;
  const request = { type: "findValue", key, amount: 1 } as const;
  assertEquals(readPeerAnswer(peerAnswerFrame(answer), request), answer);
});

Deno.test("a STORE above the size limit is read, so that it can be answered with a status", () => {
  const value = new Uint8Array(VALUE_BYTES_MAX + 1).fill(7);
  const store = { type: "store", ...claims, key, value } as const;
  assertEquals(decodePeerRequest(peerRequestFrame(store), ASKER).message, store);
});

/** The contacts that arrive when these are sent. */
function sent(contacts: readonly Contact[]): { bytes: number; contacts: readonly Contact[] } {
  const frame = peerAnswerFrame({ type: "foundNode", contacts });
  const request = { type: "findNode", key, amount: 255 } as const;
  const answer = readPeerAnswer(frame, request);
  return { bytes: frame.length, contacts: answer.type === "foundNode" ? answer.contacts : [] };
}

Deno.test("a FOUND NODE carries at most 255 contacts, the first ones", () => {
  const contacts = testContacts(300);
  assertEquals(sent(contacts).contacts, contacts.slice(0, 255));
});

Deno.test("contacts on any port but 0 travel", () => {
  const contacts = [1, 255, 256, 65_535].map((port) =>
    makeContact(makeAddress("1.2.3.4", port), key, sha256)
  );
  assertEquals(sent(contacts).contacts, contacts);
});

Deno.test("contacts that do not fit the largest frame are left out, the last ones", () => {
  const contacts = Array.from({ length: 100 }, (_, i) => testContact(i, 2_048));
  const { bytes, contacts: received } = sent(contacts);
  assertEquals(received, contacts.slice(0, Math.floor((PEER_FRAME_BYTES_MAX - 11) / 2_087)));
  assertEquals(bytes <= PEER_FRAME_BYTES_MAX, true);
});

Deno.test("contacts that fill the largest frame to the byte all travel, also behind other frames", () => {
  const contacts = Array.from({ length: 62 }, (_, i) => testContact(i, 2_048));
  contacts.push(testContact(62, PEER_FRAME_BYTES_MAX - 11 - 62 * 2_087 - 39));
  assertEquals(sent(contacts), { bytes: PEER_FRAME_BYTES_MAX, contacts });
  const writer = new Writer();
  const line = new SentContacts();
  encodePeerAnswer(writer, 1, pongAt(), line);
  encodePeerAnswer(writer, 2, { type: "foundNode", contacts }, line);
  assertEquals(writer.length, 37 + PEER_FRAME_BYTES_MAX);
});

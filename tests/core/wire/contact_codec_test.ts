import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { FrameError, Reader, Writer } from "../../../lib/core/wire/bytes.ts";
import type { Contact } from "../../../lib/core/kademlia/contact.ts";
import { ContactCache } from "../../../lib/core/kademlia/contact_cache.ts";
import { CONTACT_INDICES_MAX, PEER_FRAME_BYTES_MAX } from "../../../lib/core/limits.ts";
import type { PeerAnswer } from "../../../lib/core/wire/messages.ts";
import {
  decodePeerAnswer,
  encodePeerAnswer,
  noteLateAnswer,
} from "../../../lib/core/wire/peer_codec.ts";
import { ReceivedContacts, SentContacts } from "../../../lib/core/wire/contact_codec.ts";
import { testContact, testContacts } from "../../support/core/contacts.ts";
import { checkProperty } from "../../support/core/property.ts";
import { sha256 } from "../../../lib/hash/sha256.ts";

const request = { type: "findNode", key: testContact(0).id, amount: 20 } as const;
const contacts = testContacts(3 * CONTACT_INDICES_MAX);

/** Both ends of a connection, and what they know of the contacts that it has carried. */
class Line {
  readonly #sent = new SentContacts();
  readonly received = new ReceivedContacts(new ContactCache(sha256).toContact);

  encode(named: readonly Contact[]): Uint8Array {
    const writer = new Writer();
    encodePeerAnswer(writer, 1, { type: "foundNode", contacts: named }, this.#sent);
    return writer.written.slice();
  }

  decode(frame: Uint8Array): PeerAnswer {
    return decodePeerAnswer(frame, request, this.received);
  }
}

Deno.test("contacts, however often they are named, are read as they were written", () => {
  const number = fc.integer({ min: 0, max: contacts.length - 1 });
  checkProperty(
    fc.property(fc.array(fc.array(number, { maxLength: 60 }), { maxLength: 40 }), (answers) => {
      const line = new Line();
      for (const numbers of answers) {
        const named = numbers.map((at) => contacts[at]!);
        assertEquals(line.decode(line.encode(named)), { type: "foundNode", contacts: named });
      }
    }),
  );
});

Deno.test("a record is sent in full once, and its index after that", () => {
  const line = new Line();
  const named = contacts.slice(0, 20);
  const first = line.encode(named).length;
  assert(first > named.reduce((sum, { record }) => sum + record.length, 0));
  assertEquals(line.encode(named).length, 10 + 1 + named.length);
});

Deno.test("a contact keeps its index when it is another object", () => {
  const line = new Line();
  line.encode([testContact(1), testContact(2)]);
  assertEquals(line.encode([testContact(2), testContact(1)]).slice(10), Uint8Array.of(2, 1, 0));
});

Deno.test("when all indices are taken both ends start over", () => {
  const line = new Line();
  for (let start = 0; start < contacts.length; start += 85) {
    line.decode(line.encode(contacts.slice(start, start + 85)));
  }
  const [oldest, newest] = [contacts[0]!, contacts.at(-1)!];
  assert(line.encode([oldest]).length > 10 + 2, "forgotten");
  const after = new Line();
  after.decode(after.encode(contacts.slice(0, CONTACT_INDICES_MAX)));
  after.decode(after.encode([newest]));
  assertEquals(after.decode(after.encode([newest])), { type: "foundNode", contacts: [newest] });
});

Deno.test("an answer that comes too late still counts for what later ones refer to", () => {
  const line = new Line();
  const late = line.encode(contacts.slice(0, 5));
  const next = line.encode(contacts.slice(3, 8));
  noteLateAnswer(late, line.received);
  assertEquals(line.decode(next), { type: "foundNode", contacts: contacts.slice(3, 8) });
});

Deno.test("an index that no contact was sent under breaks the protocol", () => {
  const line = new Line();
  line.decode(line.encode(contacts.slice(0, 2)));
  assertThrows(
    () => line.received.read(new Reader(new Uint8Array([1, 2]))),
    FrameError,
    "no contact has index 2",
  );
});

Deno.test("an answer in the middle of which the indices run out is read as it was written", () => {
  const line = new Line();
  line.decode(line.encode(contacts.slice(0, CONTACT_INDICES_MAX - 1)));
  const named = [0, 254, 0, 255, 254, 255, 0].map((at) => contacts[at]!);
  const answer = { type: "foundNode", contacts: named };
  const frame = line.encode(named);
  assertEquals(line.decode(frame), answer);
  assertEquals([...frame.subarray(10, 13)], [7, 0, 255], "254 is new and takes the last index");
  assertEquals(line.decode(line.encode(named)), answer);
});

Deno.test("contacts that do not fit the frame are left out, and not counted as sent", () => {
  const large = testContacts(CONTACT_INDICES_MAX).map((contact) => ({
    ...contact,
    record: new Uint8Array([...contact.record.subarray(0, 36), 8, 0, ...new Uint8Array(2_048)]),
  }));
  const line = new Line();
  const frame = line.encode(large);
  assert(frame.length <= PEER_FRAME_BYTES_MAX);
  const answer = line.decode(frame);
  assert(answer.type === "foundNode" && answer.contacts.length < large.length);
  assert(line.encode([large.at(-1)!]).length > 2_048);
});

import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { FrameError, Reader, Writer } from "../../../lib/core/wire/bytes.ts";
import type { Contact } from "../../../lib/core/kademlia/contact.ts";
import { ContactCache } from "../../../lib/core/kademlia/contact_cache.ts";
import { PEER_FRAME_BYTES_MAX, RECORD_PLACES } from "../../../lib/core/limits.ts";
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
const contacts = testContacts(3 * RECORD_PLACES);

/** Both ends of a connection that has agreed on records in brief. */
class Line {
  readonly #sent = new SentContacts();
  readonly received = new ReceivedContacts();
  readonly toContact = new ContactCache(sha256).toContact;

  encode(named: readonly Contact[]): Uint8Array {
    const writer = new Writer();
    encodePeerAnswer(writer, 1, { type: "foundNode", contacts: named }, this.#sent);
    return writer.written.slice();
  }

  decode(frame: Uint8Array): PeerAnswer {
    return decodePeerAnswer(frame, request, this.toContact, this.received);
  }
}

Deno.test("whatever is named in brief, and however often, is read as it was written", () => {
  const place = fc.integer({ min: 0, max: contacts.length - 1 });
  checkProperty(
    fc.property(fc.array(fc.array(place, { maxLength: 60 }), { maxLength: 40 }), (answers) => {
      const line = new Line();
      for (const places of answers) {
        const named = places.map((at) => contacts[at]!);
        assertEquals(line.decode(line.encode(named)), { type: "foundNode", contacts: named });
      }
    }),
  );
});

Deno.test("a record is sent in full once, and then as one byte", () => {
  const line = new Line();
  const named = contacts.slice(0, 20);
  const first = line.encode(named).length;
  assert(first > named.reduce((sum, { record }) => sum + record.length, 0));
  assertEquals(line.encode(named).length, 10 + 1 + named.length);
});

Deno.test("when all places are taken both ends start over", () => {
  const line = new Line();
  for (let start = 0; start < contacts.length; start += 85) {
    line.decode(line.encode(contacts.slice(start, start + 85)));
  }
  const [oldest, newest] = [contacts[0]!, contacts.at(-1)!];
  assert(line.encode([oldest]).length > 10 + 2, "forgotten");
  const after = new Line();
  after.decode(after.encode(contacts.slice(0, RECORD_PLACES)));
  after.decode(after.encode([newest]));
  assertEquals(after.decode(after.encode([newest])), { type: "foundNode", contacts: [newest] });
});

Deno.test("an answer that comes too late still counts for what later ones refer to", () => {
  const line = new Line();
  const late = line.encode(contacts.slice(0, 5));
  const next = line.encode(contacts.slice(3, 8));
  noteLateAnswer(late, line.toContact, line.received);
  assertEquals(line.decode(next), { type: "foundNode", contacts: contacts.slice(3, 8) });
});

Deno.test("a place that nothing was sent for breaks the protocol", () => {
  const line = new Line();
  line.decode(line.encode(contacts.slice(0, 2)));
  assertThrows(
    () => line.received.read(new Reader(new Uint8Array([1, 2])), line.toContact),
    FrameError,
    "no record has place 2",
  );
});

Deno.test("records in brief are no answer where they were not agreed on", () => {
  const line = new Line();
  const frame = line.encode(contacts.slice(0, 2));
  assertThrows(
    () => decodePeerAnswer(frame, request, line.toContact),
    FrameError,
    "message type 674 is no answer",
  );
});

Deno.test("contacts that do not fit the frame are left out, and not counted as sent", () => {
  const large = testContacts(RECORD_PLACES).map((contact) => ({
    ...contact,
    record: new Uint8Array([...contact.record.subarray(0, 18), 8, 0, ...new Uint8Array(2_048)]),
  }));
  const line = new Line();
  const frame = line.encode(large);
  assert(frame.length <= PEER_FRAME_BYTES_MAX);
  const answer = line.decode(frame);
  assert(answer.type === "foundNode" && answer.contacts.length < large.length);
  assert(line.encode([large.at(-1)!]).length > 2_048);
});

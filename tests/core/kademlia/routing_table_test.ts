import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { type Contact, sameContact } from "../../../lib/core/kademlia/contact.ts";
import {
  CONTACT_FAILURES_MAX,
  CONTACT_FRESH_MS,
  REPLACEMENTS_PER_BUCKET_MAX,
} from "../../../lib/core/limits.ts";
import { RoundTrip } from "../../../lib/core/kademlia/round_trip.ts";
import { RoutingTable } from "../../../lib/core/kademlia/routing_table.ts";
import { SeededRandom } from "../../../lib/sim/random/seeded_random.ts";
import { contactWithId, idSharing, impostorOf, testContact } from "../../support/core/contacts.ts";

const ownId = testContact(0).id;
const random = new SeededRandom(1);
/** Contacts that all belong into the most distant bucket of a classic table. */
const far = Array.from({ length: 40 }, () => contactWithId(idSharing(0, ownId, random)));

function makeTable(bucketSize: number, contacts: readonly Contact[] = []): RoutingTable {
  const table = new RoutingTable(ownId, { prefixLength: 1, bucketSize });
  for (const contact of contacts) table.insert(contact, 0);
  return table;
}

/** The contacts of a table, in the order of `far`: in which order a bucket keeps them is its own affair. */
function contactsOf(table: RoutingTable): Contact[] {
  const contacts = [...table.entries()].map(({ contact }) => contact);
  return contacts.sort((a, b) => far.indexOf(a) - far.indexOf(b));
}

Deno.test("an inserted contact is found, by its id and by its record", () => {
  const table = makeTable(20);
  const contact = testContact(1);
  assertEquals(table.insert(contact, 5), { outcome: "added", ping: null });
  assertEquals(table.size, 1);
  assertStrictEquals(table.find(contact.id)?.contact, contact);
  assertEquals(table.entry(testContact(1))?.lastSeenAt, 5);
  assertEquals(table.find(testContact(2).id), null);
});

Deno.test("the own id is never taken in", () => {
  const table = makeTable(20);
  assertEquals(table.insert(testContact(0), 0), { outcome: "own", ping: null });
  assertEquals([table.size, table.find(ownId)], [0, null]);
});

Deno.test("a contact heard of again is known, fresh and no longer failing", () => {
  const table = makeTable(20, [testContact(1)]);
  table.failed(testContact(1), 1);
  assertEquals(table.insert(testContact(1), 9), { outcome: "returned", ping: null });
  const entry = table.entry(testContact(1));
  assertEquals([entry?.lastSeenAt, entry?.failures, table.size], [9, 0, 1]);
});

Deno.test("a renewed certificate replaces the old one and keeps the measured round trip", () => {
  const contact = testContact(1);
  const renewed = impostorOf(contact);
  const table = makeTable(20, [contact]);
  const roundTrip = new RoundTrip();
  table.entry(contact)!.roundTrip = roundTrip;
  assertEquals(table.insert(renewed, 1).outcome, "known");
  assertEquals(table.entry(contact), null);
  assertStrictEquals(table.entry(renewed)?.roundTrip, roundTrip);
});

Deno.test("a full bucket of fresh contacts takes nobody and pings nobody", () => {
  const table = makeTable(3, far.slice(0, 3));
  const insertion = table.insert(far[3]!, CONTACT_FRESH_MS - 1);
  assertEquals(insertion, { outcome: "full", ping: null });
  assertEquals(contactsOf(table), far.slice(0, 3));
});

Deno.test("a full bucket asks for a ping of the contact that was silent for longest, once", () => {
  const table = makeTable(3, far.slice(0, 3));
  table.insert(far[0]!, 1);
  assertEquals(table.insert(far[3]!, CONTACT_FRESH_MS), { outcome: "full", ping: far[1]! });
  assertEquals(table.insert(far[4]!, CONTACT_FRESH_MS), { outcome: "full", ping: null });
});

Deno.test("a pinged contact that answers stays, and then the next stalest is pinged", () => {
  const table = makeTable(2, far.slice(0, 2));
  const later = CONTACT_FRESH_MS;
  assertEquals(table.insert(far[2]!, later).ping, far[0]!);
  table.insert(far[0]!, later);
  assertEquals(contactsOf(table), [far[0], far[1]]);
  assertEquals(table.insert(far[2]!, later).ping, far[1]!);
});

Deno.test("a pinged contact that fails makes room for the newest replacement", () => {
  const table = makeTable(2, far.slice(0, 2));
  const later = CONTACT_FRESH_MS;
  table.insert(far[2]!, later);
  table.insert(far[3]!, later);
  assert(table.failed(far[0]!, later + 1));
  assertEquals(contactsOf(table), [far[1], far[3]]);
  assert(table.failed(far[1]!, later + 1));
  assertEquals(contactsOf(table), [far[2], far[3]]);
  assertEquals(table.size, 2);
});

Deno.test("a ping whose outcome nobody tells is asked for again after a while", () => {
  const table = makeTable(2, far.slice(0, 2));
  const asked: Contact[] = [];
  for (let hour = 1; hour <= 3; hour++) {
    const { ping } = table.insert(far[1 + hour]!, hour * 3_600_000);
    if (ping) asked.push(ping);
  }
  assert(asked.length >= 2, `asked for ${asked.length} ping in three hours`);
});

Deno.test("a newcomer replaces a contact that is failing", () => {
  const table = makeTable(2, far.slice(0, 2));
  assert(!table.failed(far[0]!, 1));
  assertEquals(table.insert(far[2]!, 2), { outcome: "added", ping: null });
  assertEquals(contactsOf(table), [far[1], far[2]]);
  assertEquals(table.size, 2);
});

Deno.test("a full bucket remembers the newest replacements only", () => {
  const table = makeTable(1, far.slice(0, 1));
  const newcomers = far.slice(1, 1 + REPLACEMENTS_PER_BUCKET_MAX + 5);
  for (const contact of newcomers) table.insert(contact, 1);
  const promoted: Contact[] = [];
  for (let i = 0; i < newcomers.length; i++) {
    const [current] = contactsOf(table);
    if (!table.failed(current!, 2)) break;
    promoted.push(...contactsOf(table));
  }
  assertEquals(promoted, newcomers.toReversed().slice(0, REPLACEMENTS_PER_BUCKET_MAX));
});

Deno.test("a replacement that fails is forgotten", () => {
  const table = makeTable(1, far.slice(0, 1));
  table.insert(far[1]!, 1);
  assert(!table.failed(far[1]!, 2));
  assert(!table.failed(far[0]!, 2));
  assertEquals(contactsOf(table), [far[0]]);
});

Deno.test("a false certificate that fails takes nothing from the contact that it names", () => {
  const [member, replacement] = [far[0]!, far[1]!];
  const table = makeTable(1, [member]);
  table.insert(replacement, 1);
  const liars = [member, replacement].map((contact) => ({
    ...impostorOf(contact),
    id: contact.id,
  }));
  for (const liar of liars) assert(!table.failed(liar, 2));
  assertEquals(table.entry(member)?.failures, 0);
  table.failed(member, 3);
  const [now] = contactsOf(table);
  assert(sameContact(now!, replacement), "the replacement was forgotten for another's lie");
});

Deno.test("a contact that fails is kept and not recommended, unless the failing are asked for", () => {
  const table = makeTable(20, far.slice(0, 2));
  assert(!table.failed(far[0]!, 1));
  assertEquals(table.size, 2);
  assertEquals(table.closest(far[0]!.id, 5), [far[1]]);
  assertEquals(table.closest(far[0]!.id, 5, { includeFailing: true }), [far[0], far[1]]);
});

Deno.test("a contact that fails again and again while others answer is dropped", () => {
  const table = makeTable(20, far.slice(0, 2));
  for (let i = 1; i < CONTACT_FAILURES_MAX; i++) {
    assert(!table.failed(far[0]!, 10 * i));
    table.insert(far[1]!, 10 * i + 5);
  }
  assert(table.failed(far[0]!, 100));
  assertEquals(contactsOf(table), [far[1]]);
  assertEquals(table.size, 1);
});

Deno.test("failures while everybody is silent count as one", () => {
  const table = makeTable(20, far.slice(0, 2));
  for (let i = 0; i < 3 * CONTACT_FAILURES_MAX; i++) assert(!table.failed(far[0]!, 10 + i));
  assertEquals(table.entry(far[0]!)?.failures, 1);
  table.insert(far[1]!, 50);
  assert(!table.failed(far[0]!, 60), "the network is back, and it fails for the second time");
  assertEquals(table.entry(far[0]!)?.failures, 2);
});

Deno.test("when all fail and nobody answers, the own network is out: nobody is dropped", () => {
  const table = makeTable(20, far.slice(0, 20));
  for (let round = 0; round < 100; round++) {
    for (const contact of far.slice(0, 20)) assert(!table.failed(contact, 1_000 + round));
  }
  assertEquals(table.size, 20);
  assertEquals(table.closest(ownId, 20), []);
  assertEquals(table.closest(ownId, 20, { includeFailing: true }).length, 20);
});

Deno.test("a table with replacements stays as full as it was when all fail and nobody answers", () => {
  const table = makeTable(20, far);
  for (let round = 0; round < 100; round++) {
    for (const contact of contactsOf(table)) table.failed(contact, 1_000 + round);
    assertEquals([table.size, contactsOf(table).length], [20, 20]);
  }
});

Deno.test("a failure of a contact that is not in the table changes nothing", () => {
  const table = makeTable(20, [testContact(1)]);
  assert(!table.failed(testContact(2), 1));
  assert(!table.failed(testContact(0), 1));
  assert(!table.failed(impostorOf(testContact(1)), 1));
  assertEquals([table.size, table.entry(testContact(1))?.failures], [1, 0]);
});

Deno.test("isFullAt tells whether an id's bucket has room", () => {
  const table = makeTable(2, far.slice(0, 1));
  assert(!table.isFullAt(far[5]!.id));
  table.insert(far[1]!, 0);
  assert(table.isFullAt(far[5]!.id));
  assert(!table.isFullAt(idSharing(1, ownId, random)));
});

import { assert, assertEquals } from "@std/assert";
import { makeAddress } from "../../../lib/core/kademlia/address.ts";
import { ContactCache } from "../../../lib/core/kademlia/contact_cache.ts";
import { makeContact, sameContact } from "../../../lib/core/kademlia/contact.ts";
import { impostorOf, testContact } from "../../support/core/contacts.ts";
import { sha256 } from "../../../lib/hash/sha256.ts";

Deno.test("a record is two addresses, certificate length and certificate", () => {
  const address = makeAddress("1.2.3.4", 0x1f90);
  const certificate = new Uint8Array(0x0102).fill(9);
  const { record } = makeContact(address, certificate, sha256);
  assertEquals([...record.subarray(0, 38)], [
    ...[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 1, 2, 3, 4],
    ...[0x1f, 0x90],
    ...new Uint8Array(18),
    ...[0x01, 0x02],
  ]);
  assertEquals(record.subarray(38), certificate);
});

Deno.test("a contact's id is the SHA-256 of its address, with any certificate", () => {
  const contact = testContact(1);
  assertEquals(contact.id, sha256(contact.address.bytes));
  assertEquals(impostorOf(contact).id, contact.id);
});

Deno.test("a contact keeps its own copy of the certificate", () => {
  const certificate = Uint8Array.of(1, 2, 3);
  const contact = makeContact(makeAddress("::1", 1), certificate, sha256);
  certificate.fill(0);
  assertEquals([...contact.certificate], [1, 2, 3]);
});

Deno.test("a contact with two addresses has both in its record, and the id of the first", () => {
  const [address, alternate] = [makeAddress("1.2.3.4", 1), makeAddress("2001:db8::1", 2)];
  const certificate = Uint8Array.of(1);
  const contact = makeContact(address, certificate, sha256, alternate);
  assertEquals(contact.record.subarray(18, 36), alternate.bytes);
  assertEquals(contact.id, sha256(address.bytes));
  assertEquals(new ContactCache(sha256).toContact(contact.record), contact);
  assert(!sameContact(contact, makeContact(address, certificate, sha256)));
});

Deno.test("two contacts are the same if address and certificate are", () => {
  assert(sameContact(testContact(1), testContact(1)));
  assert(!sameContact(testContact(1), testContact(2)));
  assert(!sameContact(testContact(1), impostorOf(testContact(1))));
  assert(!sameContact(testContact(1, 8), testContact(1, 9)));
});

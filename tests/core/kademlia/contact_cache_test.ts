import { assert, assertEquals, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { makeAddress } from "../../../lib/core/kademlia/address.ts";
import { makeContact } from "../../../lib/core/kademlia/contact.ts";
import { ContactCache } from "../../../lib/core/kademlia/contact_cache.ts";
import { impostorOf, testContact, testContacts } from "../../support/core/contacts.ts";
import { checkProperty } from "../../support/core/property.ts";
import { sha256 } from "../../../lib/hash/sha256.ts";

/** A cache and the number of hashes that it has computed. */
function countingCache(sizeMax?: number): { cache: ContactCache; hashes: () => number } {
  let count = 0;
  const cache = new ContactCache((data) => {
    count++;
    return sha256(data);
  }, sizeMax);
  return { cache, hashes: () => count };
}

Deno.test("the cache makes of a record the contact that it is of", () => {
  const { cache } = countingCache();
  assertEquals(cache.toContact(testContact(7).record), testContact(7));
});

Deno.test("a record that came before gives the same object without hashing", () => {
  const { cache, hashes } = countingCache();
  const first = cache.toContact(testContact(1).record.slice());
  assertStrictEquals(cache.toContact(testContact(1).record.slice()), first);
  assertEquals(hashes(), 1);
});

Deno.test("the cache keeps no view of the frame that a record came in", () => {
  const { cache } = countingCache();
  const frame = testContact(1).record.slice();
  const contact = cache.toContact(frame);
  frame.fill(0);
  assertEquals(contact, testContact(1));
});

Deno.test("another certificate for a known address is another contact, each time it comes", () => {
  const { cache } = countingCache();
  const honest = testContact(1);
  const impostor = impostorOf(honest);
  for (const contact of [honest, impostor, honest, impostor]) {
    assertEquals(cache.toContact(contact.record), contact);
  }
});

Deno.test("addresses that share a slot of the cache are kept apart", () => {
  const { cache } = countingCache();
  // The cache's 32 bits of the IP are the same for these two.
  for (const ip of ["253.71.240.194", "0.65.244.193", "253.71.240.194"]) {
    const contact = makeContact(makeAddress(ip, 1), Uint8Array.of(1), sha256);
    assertEquals(cache.toContact(contact.record), contact);
  }
});

Deno.test("a full cache forgets what entered first, and nothing else", () => {
  const { cache, hashes } = countingCache(100);
  const contacts = testContacts(101).map(({ record }) => cache.toContact(record));
  assertEquals(hashes(), 101);
  for (const contact of contacts.slice(1)) {
    assertStrictEquals(cache.toContact(contact.record), contact);
  }
  assertEquals(hashes(), 101);
  assertNotStrictEquals(cache.toContact(contacts[0]!.record), contacts[0]);
  assertEquals(hashes(), 102);
});

Deno.test("a cache of any size gives the contact of the record, after any other records", () => {
  const asked = fc.array(fc.record({
    n: fc.integer({ min: 0, max: 12 }),
    mark: fc.integer({ min: 0, max: 3 }),
  }));
  checkProperty(fc.property(asked, fc.integer({ min: 1, max: 8 }), (asked, sizeMax) => {
    const { cache, hashes } = countingCache(sizeMax);
    for (const { n, mark } of asked) {
      const contact = impostorOf(testContact(n), mark);
      assertEquals(cache.toContact(contact.record), contact);
    }
    assert(hashes() <= asked.length);
  }));
});

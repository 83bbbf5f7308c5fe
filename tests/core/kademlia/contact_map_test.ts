import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Contact, makeContact } from "../../../lib/core/kademlia/contact.ts";
import { ContactMap } from "../../../lib/core/kademlia/contact_map.ts";
import { contactWithId, impostorOf, testContact } from "../../support/core/contacts.ts";
import { checkProperty } from "../../support/core/property.ts";
import { sha256 } from "../../../lib/hash/sha256.ts";

/** Another object that is the same contact. */
function again({ address, certificate }: Contact): Contact {
  return makeContact(address, certificate, sha256);
}

Deno.test("another object with the same record is the same key, another certificate is not", () => {
  const map = new ContactMap<string>();
  const contact = testContact(1);
  map.set(contact, "first");
  map.set(again(contact), "second");
  map.set(impostorOf(contact), "impostor");
  assertEquals(map.size, 2);
  assertEquals([map.get(contact), map.get(again(contact))], ["second", "second"]);
  assertEquals(map.get(impostorOf(contact)), "impostor");
  assert(map.delete(again(contact)) && !map.delete(contact));
  assertEquals([...map.values()], ["impostor"]);
  map.clear();
  assertEquals([map.size, [...map.values()]], [0, []]);
});

/** Contacts of which several have ids that begin alike. */
const CONTACTS = Array.from({ length: 8 }, (_, i) => {
  const id = new Uint8Array(32);
  id[0] = i >> 2;
  id[31] = i;
  return contactWithId(id);
});

Deno.test("a map of contacts behaves as a map of their records, for any calls", () => {
  const operations = fc.array(
    fc.record({ at: fc.nat({ max: 7 }), value: fc.option(fc.nat(), { nil: null }) }),
  );
  checkProperty(fc.property(operations, (steps) => {
    const map = new ContactMap<number>();
    const model = new Map<number, number>();
    for (const { at, value } of steps) {
      const contact = CONTACTS[at]!;
      if (value === null) assertEquals(map.delete(contact), model.delete(at));
      else {
        map.set(contact, value);
        model.set(at, value);
      }
    }
    assertEquals(map.size, model.size);
    assertEquals([...map.values()].sort(), [...model.values()].sort());
    CONTACTS.forEach((contact, i) => assertEquals(map.get(contact), model.get(i)));
  }));
});

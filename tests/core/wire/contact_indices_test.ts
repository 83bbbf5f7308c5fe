import { assertEquals } from "@std/assert";
import { ContactIndices } from "../../../lib/core/wire/contact_indices.ts";
import { CONTACT_INDICES_MAX } from "../../../lib/core/limits.ts";
import { testContacts } from "../../support/core/contacts.ts";

Deno.test("contacts have the indices of the order in which they came", () => {
  const contacts = testContacts(CONTACT_INDICES_MAX + 1);
  const indices = new ContactIndices();
  contacts.slice(0, CONTACT_INDICES_MAX).forEach((contact, index) => {
    assertEquals(indices.find(contact), null);
    indices.add(contact);
    assertEquals([indices.find(contact), indices.size], [index, index + 1]);
  });
  const found = contacts.map((contact) => indices.find({ ...contact }));
  assertEquals(found, [...Array(CONTACT_INDICES_MAX).keys(), null]);
});

Deno.test("contacts whose ids begin alike are told apart", () => {
  const alike = testContacts(40).map((contact, index) => ({ ...contact, head: 16 * (index % 3) }));
  const indices = new ContactIndices();
  for (const contact of alike) indices.add(contact);
  assertEquals(alike.map((contact) => indices.find(contact)), [...alike.keys()]);
});

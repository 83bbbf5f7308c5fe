import { assertEquals } from "@std/assert";
import { ABSENCES_MAX, ABSENT_MAX_MS, ABSENT_MIN_MS } from "../../../lib/node/limits.ts";
import { Absences } from "../../../lib/node/membership/absences.ts";
import { testContact, testContacts } from "../../support/core/contacts.ts";

const contact = testContact(1);

Deno.test("a contact is absent for a time, for longer each time, until it is heard of", () => {
  const absences = new Absences();
  let now = 0;
  for (const ms of [ABSENT_MIN_MS, 2 * ABSENT_MIN_MS, ABSENT_MAX_MS, ABSENT_MAX_MS]) {
    absences.note(contact, now);
    assertEquals(absences.has(contact, now + ms - 1), true);
    assertEquals(absences.has(contact, now + ms), false);
    assertEquals(absences.has(testContact(2), now), false);
    now += ms;
  }
  absences.note(contact, now);
  absences.end(contact);
  assertEquals(absences.has(contact, now), false);
  absences.note(contact, now);
  assertEquals(absences.has(contact, now + ABSENT_MIN_MS), false, "it begins anew");
});

Deno.test("no more than so many absences are remembered", () => {
  const absences = new Absences();
  const contacts = testContacts(ABSENCES_MAX + 1);
  for (const contact of contacts) absences.note(contact, 0);
  const remembered = contacts.filter((contact) => absences.has(contact, 1));
  assertEquals(remembered, [contacts.at(-1)]);
});

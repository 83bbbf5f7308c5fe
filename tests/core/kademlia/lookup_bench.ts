import type { Contact } from "../../../lib/core/kademlia/contact.ts";
import { Lookup } from "../../../lib/core/kademlia/lookup.ts";
import { compareDistance } from "../../../lib/core/kademlia/node_id.ts";
import { testContact, testContacts } from "../../support/core/contacts.ts";

const own = testContact(0);
const target = testContact(1_000_000).id;
const sorted = testContacts(2_000).sort((a, b) => compareDistance(target, a.id, b.id));
const options = { target, ownId: own.id, count: 20, parallelism: 3, forValue: false };
const peers = {
  slowAfterMs: () => 500,
  hedgeAfterMs: () => 500,
  isConnected: () => true,
  roundTripMs: () => null,
  isAbsent: () => false,
  isProven: () => true,
  mayFollow: () => true,
};

/** Each peer knows the twenty that come before it: an answer brings the search closer by so many. */
const answers = new Map<Contact, readonly Contact[]>(
  sorted.map((contact, i) => [contact, sorted.slice(Math.max(0, i - 20), i)]),
);
const seeds = sorted.slice(100, 120);

/** The contacts to ask next; none at the end. */
function ask(lookup: Lookup): readonly Contact[] {
  const step = lookup.next(0, peers);
  return step.type === "ask" ? step.contacts : [];
}

function run(lookup: Lookup): void {
  for (let contacts = ask(lookup); contacts.length > 0; contacts = ask(lookup)) {
    for (const contact of contacts) lookup.onAnswer(contact, answers.get(contact)!);
  }
}

Deno.bench("one step: whom to ask next, and an answer of 20 contacts, 40 known", (b) => {
  const lookup = new Lookup(options, seeds);
  const [first] = ask(lookup);
  const answer = answers.get(first!)!;
  b.start();
  lookup.onAnswer(first!, answer);
  if (ask(lookup).length === 0) throw new Error("It ended too soon");
  b.end();
});

Deno.bench("a whole lookup among 120 contacts", () => {
  const lookup = new Lookup(options, seeds);
  run(lookup);
});

Deno.bench("a whole lookup of 256 requests among 512 contacts", () => {
  const lookup = new Lookup(options, sorted.slice(-20));
  run(lookup);
});

import { assert, assertEquals } from "@std/assert";
import type { Contact } from "../../../lib/core/kademlia/contact.ts";
import { LOOKUP_CANDIDATES_MAX, LOOKUP_REQUESTS_MAX } from "../../../lib/core/limits.ts";
import { Lookup, type LookupOptions } from "../../../lib/core/kademlia/lookup.ts";
import { compareDistance } from "../../../lib/core/kademlia/node_id.ts";
import { impostorOf, testContact, testContacts } from "../../support/core/contacts.ts";
import { runLookup } from "../../support/core/lookup_driver.ts";

const own = testContact(0);
const target = testContact(1_000_000).id;

/** Contacts by distance to the target, closest first. */
function byDistance(contacts: readonly Contact[]): Contact[] {
  return contacts.toSorted((a, b) => compareDistance(target, a.id, b.id));
}

const near = byDistance(testContacts(100));
const peers = {
  slowAfterMs: () => 50,
  hedgeAfterMs: () => 50,
  isConnected: () => true,
  roundTripMs: () => null,
  isAbsent: () => false,
  isProven: () => true,
  mayFollow: () => true,
};

/** The contacts that the lookup says to ask now. */
function asksNow(lookup: Lookup, now = 0): readonly Contact[] {
  const step = lookup.next(now, peers);
  return step.type === "ask" ? step.contacts : [];
}

function isDone(lookup: Lookup, now = 0): boolean {
  return lookup.next(now, peers).type === "done";
}

function makeLookup(seeds: readonly Contact[], options: Partial<LookupOptions> = {}): Lookup {
  return new Lookup({
    target,
    ownId: own.id,
    count: 20,
    parallelism: 3,
    forValue: false,
    ...options,
  }, seeds);
}

Deno.test("a lookup that knows nobody is done at once and has found nobody", () => {
  for (const seeds of [[], [own]]) {
    const lookup = makeLookup(seeds);
    assertEquals(lookup.next(0, peers), { type: "done" });
    assertEquals(lookup.closest(), []);
  }
});

Deno.test("the closest are asked first, as many at once as parallelism says", () => {
  const lookup = makeLookup(near.toReversed());
  assertEquals(asksNow(lookup), near.slice(0, 3));
  assertEquals(asksNow(lookup), []);
  lookup.onAnswer(near[1]!, []);
  assertEquals(asksNow(lookup), [near[3]]);
});

Deno.test("a contact that an answer names is asked at once if it is closer", () => {
  const lookup = makeLookup(near.slice(10, 20), { parallelism: 1 });
  lookup.next(0, peers);
  lookup.onAnswer(near[10]!, [near[50]!, near[2]!]);
  assertEquals(asksNow(lookup), [near[2]]);
});

Deno.test("it ends when the closest have answered, and asks nobody beyond them", () => {
  const lookup = makeLookup(near, { count: 5, parallelism: 10 });
  assertEquals(asksNow(lookup), near.slice(0, 5));
  for (const contact of near.slice(0, 5)) {
    assert(!isDone(lookup));
    lookup.onAnswer(contact, near.slice(5, 10));
  }
  assert(isDone(lookup));
  assertEquals(lookup.closest(), near.slice(0, 5));
  assertEquals(asksNow(lookup), []);
});

Deno.test("for one that failed the next closest is asked", () => {
  const lookup = makeLookup(near, { count: 3 });
  const asked = asksNow(lookup);
  lookup.onFailure(asked[0]!);
  assertEquals(asksNow(lookup), [near[3]]);
  for (const contact of near.slice(1, 4)) lookup.onAnswer(contact, []);
  assert(isDone(lookup));
  assertEquals(lookup.closest(), near.slice(1, 4));
});

Deno.test("when all fail it is done and has found nobody", () => {
  for (const forValue of [false, true]) {
    const lookup = makeLookup(near, { forValue });
    runLookup(lookup, () => ({ afterMs: 1, contacts: null }));
    assertEquals(lookup.closest(), []);
    assertEquals(lookup.requests, 100);
  }
});

Deno.test("wakeAt is when the next request becomes slow; then the next contact is asked", () => {
  const lookup = makeLookup(near, { parallelism: 2 });
  const slowAfterMs = (contact: Contact) => contact === near[0] ? 70 : 50;
  const contacts = near.slice(0, 2);
  assertEquals(lookup.next(100, { ...peers, slowAfterMs }), { type: "ask", contacts, wakeAt: 150 });
  assertEquals(lookup.next(149, peers), { type: "wait", wakeAt: 150 });
  assertEquals(lookup.next(150, peers), { type: "ask", contacts: [near[2]!], wakeAt: 170 });
});

Deno.test("a slow contact is not waited for, unless nobody else answers", () => {
  const lookup = makeLookup(near.slice(0, 2));
  lookup.next(0, peers);
  lookup.next(50, peers);
  assert(!isDone(lookup, 50), "nobody has answered yet");
  lookup.onAnswer(near[1]!, []);
  assert(isDone(lookup, 50));
  assertEquals(lookup.closest(), [near[1]]);
});

Deno.test("a late answer of a slow contact counts", () => {
  const lookup = makeLookup(near.slice(0, 3), { parallelism: 3 });
  lookup.next(0, peers);
  lookup.next(50, peers);
  lookup.onAnswer(near[0]!, [near[5]!]);
  assertEquals(asksNow(lookup, 60), [near[5]]);
  lookup.onAnswer(near[5]!, []);
  assertEquals(lookup.closest(), [near[0], near[5]]);
});

Deno.test("a lookup for a value that has found none waits for the slow until they fail", () => {
  const lookup = makeLookup(near.slice(0, 2), { forValue: true });
  lookup.next(0, peers);
  lookup.onAnswer(near[1]!, []);
  lookup.next(50, peers);
  assert(!isDone(lookup, 50));
  lookup.onFailure(near[0]!);
  assert(isDone(lookup, 50));
});

Deno.test("the first value ends it: nobody else is asked", () => {
  const lookup = makeLookup(near, { forValue: true });
  lookup.next(0, peers);
  lookup.onAnswer(near[0]!, []);
  lookup.onValue(near[1]!);
  assert(isDone(lookup));
  assertEquals(lookup.next(60, peers), { type: "done" });
});

Deno.test("onValue tells how many requests in a row led there", () => {
  const lookup = makeLookup([near[9]!], { forValue: true });
  lookup.next(0, peers);
  lookup.onAnswer(near[9]!, [near[5]!]);
  lookup.next(0, peers);
  lookup.onAnswer(near[5]!, [near[9]!, near[1]!]);
  lookup.next(0, peers);
  assertEquals(lookup.onValue(near[1]!), 3);
});

Deno.test("of an answer no more contacts are taken than were asked for", () => {
  const lookup = makeLookup([near[99]!], { count: 4 });
  lookup.next(0, peers);
  lookup.onAnswer(near[99]!, near.slice(0, 50));
  assertEquals(lookup.candidates.length, 5);
});

Deno.test("a second answer of one contact, and an answer of a stranger, change nothing", () => {
  const lookup = makeLookup([near[50]!]);
  lookup.next(0, peers);
  lookup.onAnswer(near[50]!, []);
  lookup.onAnswer(near[50]!, near.slice(0, 5));
  lookup.onAnswer(near[51]!, near.slice(0, 5));
  lookup.onFailure(near[50]!);
  assertEquals(lookup.closest(), [near[50]]);
  assertEquals(lookup.candidates.length, 1);
});

Deno.test("of two records of one address both are asked, and the true one is found", () => {
  const impostor = impostorOf(near[0]!);
  const lookup = makeLookup([near[5]!, near[6]!]);
  const { asked } = runLookup(lookup, (contact) => {
    if (contact === near[5]) return { afterMs: 1, contacts: [impostor] };
    if (contact === near[6]) return { afterMs: 2, contacts: [near[0]!] };
    return { afterMs: 1, contacts: contact === impostor ? null : [] };
  });
  assertEquals(asked.length, 4);
  assertEquals(lookup.closest(), [near[0], near[5], near[6]]);
});

Deno.test("a liar that names a node under many false certificates does not hide it", () => {
  const [honest, liar, hidden] = [near[20]!, near[10]!, near[0]!];
  const lies = Array.from({ length: 20 }, (_, i) => impostorOf(hidden, i + 1));
  const lookup = makeLookup([honest, liar]);
  runLookup(lookup, (contact) => {
    if (contact === liar) return { afterMs: 1, contacts: lies };
    if (contact === honest) return { afterMs: 2, contacts: [hidden, liar] };
    return { afterMs: 3, contacts: contact === hidden ? [] : null };
  });
  assertEquals(lookup.closest(), [hidden, liar, honest]);
});

Deno.test("a flood of invented contacts ends: requests and memory are capped", () => {
  let next = 1_000;
  const lookup = makeLookup([testContact(1)], { count: 128, parallelism: 64 });
  runLookup(lookup, () => ({ afterMs: 10, contacts: testContacts(128, next += 128) }));
  assertEquals(lookup.requests, LOOKUP_REQUESTS_MAX);
  assertEquals(lookup.candidates.length, LOOKUP_CANDIDATES_MAX);
  assertEquals(lookup.closest().length, 128);
});

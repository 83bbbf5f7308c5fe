import { assert, assertEquals } from "@std/assert";
import type { Contact } from "../../../lib/core/kademlia/contact.ts";
import { UsualDensity } from "../../../lib/core/kademlia/density.ts";
import { type Askable, Lookup, type LookupOptions } from "../../../lib/core/kademlia/lookup.ts";
import { compareDistance, headDistance, headOf } from "../../../lib/core/kademlia/node_id.ts";
import { testContact, testContacts } from "../../support/core/contacts.ts";

const NODES = 400;
const COUNT = 20;
const own = testContact(0);
const target = testContact(1_000_000).id;
/** All nodes, the closest to the target first. */
const all = testContacts(NODES).toSorted((a, b) => compareDistance(target, a.id, b.id));
const near = all.slice(0, COUNT);
/** As densely as all of them stand around the target. */
const usualDensity = new UsualDensity(COUNT, headDistance(near.at(-1)!.head, headOf(target)));

const peers: Askable = {
  slowAfterMs: () => 50,
  hedgeAfterMs: () => 50,
  isConnected: () => true,
  roundTripMs: () => 10,
  isAbsent: () => false,
  isProven: () => true,
  mayFollow: () => true,
};

function makeLookup(seeds: readonly Contact[], options: Partial<LookupOptions> = {}): Lookup {
  const standard = { target, ownId: own.id, count: COUNT, parallelism: 3, forValue: false };
  return new Lookup({ ...standard, paths: 8, usualDensity, ...options }, seeds);
}

function asksNow(lookup: Lookup, now = 0, askable = peers): readonly Contact[] {
  const step = lookup.next(now, askable);
  return step.type === "ask" ? step.contacts : [];
}

/** Lets all that are asked name the same contacts until nobody is asked any more; returns who was. */
function answerAll(lookup: Lookup, named: readonly Contact[]): Set<Contact> {
  const asked = new Set<Contact>();
  for (;;) {
    const contacts = asksNow(lookup);
    if (contacts.length === 0) return asked;
    for (const contact of contacts) {
      asked.add(contact);
      lookup.onAnswer(contact, named);
    }
  }
}

Deno.test("where the closest are known all of them are asked at once, and nobody else", () => {
  const lookup = makeLookup(all.slice(0, 40));
  assertEquals(asksNow(lookup), near);
  for (const contact of near) lookup.onAnswer(contact, near);
  assertEquals(lookup.next(0, peers), { type: "done" });
  assertEquals(lookup.closest(), near);
});

Deno.test("a few are asked while closer ones are to be expected, then all at once", () => {
  const lookup = makeLookup(all.slice(100, 120));
  const first = asksNow(lookup);
  assertEquals(first, all.slice(100, 103));
  assertEquals(lookup.likelyClosest(COUNT), []);
  lookup.onAnswer(first[0]!, near);
  assertEquals(asksNow(lookup).length, COUNT - 2);
});

Deno.test("those are likely to be the closest before which no others are to be expected", () => {
  const lookup = makeLookup(all.slice(0, 40));
  assertEquals(lookup.likelyClosest(COUNT), [], "nobody has been asked");
  lookup.next(0, peers);
  const likely = lookup.likelyClosest(COUNT);
  assert(likely.length > COUNT / 3 && likely.length < COUNT, `${likely.length}`);
  assertEquals(likely, near.slice(0, likely.length));
  for (const contact of near.slice(0, 3)) lookup.onAnswer(contact, near);
  assertEquals(lookup.likelyClosest(COUNT), near, "three have named nobody closer");
  assertEquals(lookup.likelyClosest(5), near.slice(0, 5));
  lookup.onFailure(near[4]!);
  assertEquals(lookup.likelyClosest(5), [...near.slice(0, 4), near[5]]);
});

Deno.test("colluders that name each other alone are too few for the place: all paths are followed", () => {
  const colluders = all.filter((_, i) => i % 5 === 0);
  const honest = all.filter((_, i) => i % 5 !== 0);
  const seeds = [...colluders.slice(20, 23), ...honest.slice(150, 167)];
  const asked = answerAll(makeLookup(seeds, { usualDensity: null }), colluders.slice(0, COUNT));
  assertEquals(answerAll(makeLookup(seeds), colluders.slice(0, COUNT)), asked);
  assert(seeds.filter((seed) => asked.has(seed)).length > 10, "most seeds have been asked");
});

Deno.test("nodes that stand too densely, or hang on one path's word, have all paths followed", () => {
  const seeds = all.slice(200, 220);
  const crowd = new UsualDensity(COUNT, headDistance(all[100]!.head, headOf(target)));
  const askedSeeds = (asked: Set<Contact>) => seeds.filter((seed) => asked.has(seed)).length;
  assert(askedSeeds(answerAll(makeLookup(seeds, { usualDensity: crowd }), near)) > 10);
  const onePath = makeLookup(seeds);
  const [first, ...others] = asksNow(onePath);
  onePath.onAnswer(first!, near);
  for (const other of others) onePath.onAnswer(other, []);
  assert(askedSeeds(answerAll(onePath, near)) > 5);
  assertEquals(askedSeeds(answerAll(makeLookup(seeds), near)), 3, "else three are enough");
});

Deno.test("a contact that turns out to be far away has more time before it is slow", () => {
  const lookup = makeLookup(all.slice(0, 40));
  const connected = { ...peers, isConnected: () => false };
  lookup.next(0, connected);
  const reached = {
    ...connected,
    slowAfterMs: (contact: Contact) => contact === near[0] ? 90 : 50,
  };
  lookup.next(50, reached);
  assertEquals(lookup.slow(), near.slice(1));
  lookup.next(90, reached);
  assertEquals(lookup.slow(), near);
});

Deno.test("for a value the fastest of those that should have it is asked beside the closest", () => {
  const roundTripMs = (contact: Contact) => contact === near[12] ? 20 : 100;
  const options = { forValue: true };
  assertEquals(asksNow(makeLookup(near, options), 0, { ...peers, roundTripMs }), [
    near[12],
    near[0],
    near[1],
  ]);
  const one = makeLookup(near, { ...options, parallelism: 1 });
  assertEquals(asksNow(one, 0, { ...peers, roundTripMs }), [near[12], near[0]]);
  assertEquals(asksNow(makeLookup(near, options)), near.slice(0, 3), "all are about as fast");
  const isConnected = (contact: Contact) => contact !== near[12];
  const cold = { ...peers, roundTripMs, isConnected };
  assertEquals(asksNow(makeLookup(near, options), 0, cold), near.slice(0, 3));
  const far = makeLookup(all.slice(100, 120), options);
  const fast = { ...peers, roundTripMs: (contact: Contact) => contact === all[112] ? 1 : 100 };
  assertEquals(asksNow(far, 0, fast), all.slice(100, 103), "none of these should have it");
});

Deno.test("one that could not be connected to a short time ago is not asked because others name it", () => {
  const lookup = makeLookup(near.slice(0, 5));
  const isAbsent = (contact: Contact) => contact === near[2] || contact === near[7];
  const askable = { ...peers, isAbsent };
  const asked = asksNow(lookup, 0, askable);
  assert(asked.includes(near[2]!), "it stands in the own table");
  lookup.onAnswer(near[0]!, near);
  lookup.onAnswer(near[1]!, near);
  const others = asksNow(lookup, 0, askable);
  assert(others.includes(near[6]!) && !others.includes(near[7]!));
});

Deno.test("for a value also one is asked that could not be connected to a short time ago", () => {
  const lookup = makeLookup(near.slice(0, 5), { forValue: true });
  const askable = { ...peers, isAbsent: (contact: Contact) => contact === near[7] };
  const asked = new Set<Contact>();
  for (;;) {
    const contacts = asksNow(lookup, 0, askable);
    if (contacts.length === 0) break;
    for (const contact of contacts) {
      asked.add(contact);
      lookup.onAnswer(contact, near);
    }
  }
  assert(asked.has(near[7]!), "it may be back, and be the only one that has the value");
});

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Contact } from "../../../lib/core/kademlia/contact.ts";
import {
  bitsAt,
  commonPrefixLength,
  compareDistance,
  flipBit,
  idKey,
} from "../../../lib/core/kademlia/node_id.ts";
import {
  RoutingTable,
  type RoutingTableOptions,
} from "../../../lib/core/kademlia/routing_table.ts";
import { SeededRandom } from "../../../lib/sim/random/seeded_random.ts";
import {
  contactWithId,
  idSharing,
  randomBytes,
  testContact,
  testContacts,
} from "../../support/core/contacts.ts";
import { checkProperty } from "../../support/core/property.ts";

const own = testContact(0).id;

/** A table and what was done to it. */
interface Scene {
  readonly table: RoutingTable;
  readonly ownId: Uint8Array;
  readonly contacts: readonly Contact[];
  readonly random: SeededRandom;
}

const scenes: fc.Arbitrary<RoutingTableOptions> = fc.record({
  prefixLength: fc.integer({ min: 1, max: 8 }),
  bucketSize: fc.integer({ min: 1, max: 30 }),
});

/** A table after many insertions: near and far contacts, at any depth, some of them failing. */
function makeScene(options: RoutingTableOptions, seed: number): Scene {
  const random = new SeededRandom(seed);
  const ownId = randomBytes(random);
  const table = new RoutingTable(ownId, options);
  const depth = [4, 12, 256][random.below(3)]!;
  const contacts = Array.from(
    { length: random.below(150) },
    () => contactWithId(idSharing(random.below(depth), ownId, random)),
  );
  for (const contact of contacts) table.insert(contact, 0);
  for (const contact of contacts) if (random.next() < 0.2) table.failed(contact, 1);
  return { table, ownId, contacts, random };
}

/** The same by sorting everything that the table holds. */
function closestBySorting(
  table: RoutingTable,
  target: Uint8Array,
  amount: number,
  includeFailing: boolean,
): Contact[] {
  return [...table.entries()]
    .filter(({ failures }) => includeFailing || failures === 0)
    .map(({ contact }) => contact)
    .sort((a, b) => compareDistance(target, a.id, b.id))
    .slice(0, amount);
}

Deno.test("closest gives what sorting all contacts gives, for prefix lengths 1 to 8", () => {
  checkProperty(
    fc.property(scenes, fc.integer(), fc.nat({ max: 40 }), (options, seed, amount) => {
      const { table, ownId, contacts, random } = makeScene(options, seed);
      const targets = [
        ownId,
        randomBytes(random),
        idSharing(random.below(257), ownId, random),
        ...contacts.slice(0, 2).map(({ id }) => idSharing(random.below(257), id, random)),
      ];
      for (const target of targets) {
        for (const includeFailing of [false, true]) {
          assertEquals(
            table.closest(target, amount, { includeFailing }).map(({ id }) => idKey(id)),
            closestBySorting(table, target, amount, includeFailing).map(({ id }) => idKey(id)),
          );
        }
      }
    }),
    500,
  );
});

/** The bucket that the definition gives an id: the index of the first differing digit, and the digit. */
function bucketOf(id: Uint8Array, ownId: Uint8Array, prefixLength: number): string {
  const level = Math.floor(commonPrefixLength(id, ownId) / prefixLength);
  return `${level}/${bitsAt(id, level * prefixLength, prefixLength)}`;
}

Deno.test("buckets fill up to their size and no further, each id once, and size counts them", () => {
  checkProperty(fc.property(scenes, fc.integer(), (options, seed) => {
    const { table, ownId, contacts } = makeScene(options, seed);
    const { prefixLength, bucketSize } = options;
    const fill = new Map<string, number>();
    const ids = new Set<string>();
    for (const { contact: { id } } of table.entries()) {
      const bucket = bucketOf(id, ownId, prefixLength);
      fill.set(bucket, (fill.get(bucket) ?? 0) + 1);
      ids.add(idKey(id));
    }
    const wanted = new Map<string, number>();
    const distinct = new Map(contacts.map(({ id }) => [idKey(id), id]));
    for (const id of distinct.values()) {
      const bucket = bucketOf(id, ownId, prefixLength);
      wanted.set(bucket, Math.min(bucketSize, (wanted.get(bucket) ?? 0) + 1));
    }
    assertEquals(fill, wanted);
    assertEquals([ids.size, table.size], [table.size, [...table.entries()].length]);
  }));
});

Deno.test("every contact of the table is found by its id", () => {
  checkProperty(fc.property(scenes, fc.integer(), (options, seed) => {
    const { table } = makeScene(options, seed);
    for (const entry of table.entries()) assertEquals(table.find(entry.contact.id), entry);
  }));
});

Deno.test("countWithPrefix counts the contacts that share so many bits with the own id", () => {
  checkProperty(fc.property(scenes, fc.integer(), fc.nat({ max: 256 }), (options, seed, bits) => {
    const { table, ownId } = makeScene(options, seed);
    const count = [...table.entries()]
      .filter(({ contact }) => commonPrefixLength(contact.id, ownId) >= bits).length;
    assertEquals(table.countWithPrefix(bits), count);
  }));
});

Deno.test("ids to refresh: one in each bucket that has contacts and was not touched", () => {
  checkProperty(fc.property(scenes, fc.integer(), (options, seed) => {
    const { table, ownId, random } = makeScene(options, seed);
    const bucket = (id: Uint8Array) => bucketOf(id, ownId, options.prefixLength);
    const occupied = new Map([...table.entries()].map(({ contact: { id } }) => [bucket(id), id]));
    const touched = [...occupied].filter(() => random.next() < 0.3);
    for (const [, id] of touched) table.markLookedUp(idSharing(256, id, random), 100);
    const due = new Set(occupied.keys());
    for (const [name] of touched) due.delete(name);
    const ids = table.idsToRefresh(50, (bytes) => random.fill(bytes));
    assertEquals(ids.map(bucket).sort(), [...due].sort());
    assertEquals(table.idsToRefresh(100, (bytes) => random.fill(bytes)).length, occupied.size);
    assertEquals(table.idsToRefresh(-1, (bytes) => random.fill(bytes)), []);
  }));
});

Deno.test("two ids to refresh of one bucket are random but for their prefix", () => {
  const { table, random } = makeScene({ prefixLength: 3, bucketSize: 20 }, 1);
  const fill = (bytes: Uint8Array) => random.fill(bytes);
  const [a] = table.idsToRefresh(0, fill);
  const [b] = table.idsToRefresh(0, fill);
  assert(a && b && commonPrefixLength(a, b) < 32);
});

Deno.test("all near an id are known where no bucket is full and all were heard of", () => {
  for (const prefixLength of [1, 4]) {
    const table = new RoutingTable(own, { prefixLength, bucketSize: 20 });
    const contacts = testContacts(19);
    for (const contact of contacts) table.insert(contact, 10);
    for (const { id } of testContacts(50, 1_000)) {
      assert(table.knowsAllNear(id, { count: 20, since: 10 }));
    }
    table.insert(contacts[0]!, 20);
    assert(
      !table.knowsAllNear(contacts[0]!.id, { count: 20, since: 11 }),
      "one was not heard of since",
    );
    table.failed(contacts[0]!, 20);
    assert(!table.knowsAllNear(contacts[0]!.id, { count: 20, since: 10 }), "one fails");
    table.insert(contacts[0]!, 20);
    assert(table.knowsAllNear(contacts[0]!.id, { count: 20, since: 10 }), "it has answered again");
  }
});

Deno.test("near an id whose bucket is full there may be others", () => {
  const table = new RoutingTable(own, { prefixLength: 1, bucketSize: 20 });
  for (const contact of testContacts(2_000)) table.insert(contact, 0);
  const [near, far] = [table.closest(own, 1)[0]!.id, flipBit(own, 0)];
  assert(!table.knowsAllNear(far, { count: 20, since: 0 }));
  assert(table.knowsAllNear(near, { count: 5, since: 0 }), "close to home all fit");
  const digits = new RoutingTable(own, { prefixLength: 4, bucketSize: 20 });
  for (const contact of testContacts(100)) digits.insert(contact, 0);
  assert(!digits.knowsAllNear(near, { count: 5, since: 0 }), "not all buckets were looked through");
});

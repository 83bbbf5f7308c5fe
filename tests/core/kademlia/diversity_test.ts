import { assert, assertEquals } from "@std/assert";
import { makeAddress, mayName } from "../../../lib/core/kademlia/address.ts";
import { type Contact, makeContact } from "../../../lib/core/kademlia/contact.ts";
import { chanceOf, densityAround } from "../../../lib/core/kademlia/density.ts";
import { Diversity, networkOf } from "../../../lib/core/kademlia/diversity.ts";
import { Lookup } from "../../../lib/core/kademlia/lookup.ts";
import { compareDistance, equalIds } from "../../../lib/core/kademlia/node_id.ts";
import { RoutingTable } from "../../../lib/core/kademlia/routing_table.ts";
import { sha256 } from "../../../lib/hash/sha256.ts";
import { SeededRandom } from "../../../lib/sim/random/seeded_random.ts";
import { randomBytes, testContact } from "../../support/core/contacts.ts";
import { runLookup } from "../../support/core/lookup_driver.ts";
import { printedSeed } from "../../support/core/seed.ts";
import { keyOf } from "../../support/values.ts";

const self = contactAt("198.51.100.1", 1);
const diversity = new Diversity(self);

function contactAt(ip: string, port: number, alternate?: string): Contact {
  const other = alternate === undefined ? null : makeAddress(alternate, port);
  return makeContact(makeAddress(ip, port), new Uint8Array([port]), sha256, other);
}

/** Contacts of one network, of which anyone can have thousands. */
function crowd(count: number, ip = "203.0.113.7"): Contact[] {
  return Array.from({ length: count }, (_, i) => contactAt(ip, 1 + i));
}

function makeTable(): RoutingTable {
  return new RoutingTable(self.id, { prefixLength: 1, bucketSize: 20, diversity });
}

Deno.test("networks are /24 of IPv4 and /64 of IPv6", () => {
  const of = (ip: string) => networkOf(makeAddress(ip, 1));
  assertEquals(of("192.0.2.77"), "192.0.2.0/24");
  assertEquals(of("::ffff:192.0.2.78"), "192.0.2.0/24");
  assertEquals(of("2001:db8:0:1::5"), "2001:db8:0:1::/64");
  assertEquals(of("2001:db8:0:1:ffff::5"), "2001:db8:0:1::/64");
});

Deno.test("of two addresses the network of the dialled one counts, which is proven", () => {
  const both = contactAt("192.0.2.1", 1, "2001:db8::1");
  assertEquals(diversity.networkOf(both), "192.0.2.0/24");
  const onSix = new Diversity(contactAt("2001:db8:9::1", 1));
  assertEquals(onSix.networkOf(both), "2001:db8:0:0::/64");
});

Deno.test("a bucket takes two contacts of one network, and the whole table ten", () => {
  const table = makeTable();
  for (const contact of crowd(2_000)) table.insert(contact, 0);
  for (const { entries, replacements } of table.buckets()) {
    assert(entries.length <= 2);
    assertEquals(replacements.length, 0);
  }
  assertEquals(table.size, 10);
  const off = new RoutingTable(self.id, { prefixLength: 1, bucketSize: 20 });
  for (const contact of crowd(2_000)) off.insert(contact, 0);
  assert(off.size > 100);
});

Deno.test("a contact of a crowded network replaces one of it that fails, and is of no use otherwise", () => {
  const table = makeTable();
  const far = crowd(400).filter(({ head }) => (head ^ self.head) >>> 31 === 1);
  const [first, second, third] = far;
  for (const contact of [first!, second!]) table.insert(contact, 0);
  assertEquals(table.insert(third!, 1).outcome, "crowded");
  assert(!table.hasUseFor(third!) && table.hasUseFor(second!));
  table.failed(first!, 2);
  assert(table.hasUseFor(third!));
  assertEquals(table.insert(third!, 3).outcome, "added");
  assertEquals(table.size, 2);
  assertEquals(table.entry(first!), null);
});

Deno.test("a replacement of a crowded network does not come in when another one fails", () => {
  const table = makeTable();
  const isFar = ({ head }: Contact) => (head ^ self.head) >>> 31 === 1;
  const honest = Array.from({ length: 200 }, (_, i) => contactAt(`20.0.${i}.1`, 1)).filter(isFar);
  const ports = crowd(400).filter(isFar);
  table.insert(ports[0]!, 0);
  for (const contact of honest.slice(0, 19)) table.insert(contact, 0);
  assertEquals(table.insert(ports[1]!, 1).outcome, "full");
  assertEquals(table.insert(ports[2]!, 1).outcome, "full");
  table.failed(honest[0]!, 2);
  table.failed(honest[1]!, 3);
  const names = Array.from(table.entries(), ({ contact }) => diversity.networkOf(contact));
  assertEquals(names.filter((name) => name === "203.0.113.0/24").length, 2);
});

Deno.test("no more than two of one network are named as closest, and others behind them", () => {
  const table = makeTable();
  for (const contact of crowd(2_000)) table.insert(contact, 0);
  for (let i = 0; i < 200; i++) table.insert(contactAt(`20.0.${i}.1`, 1), 0);
  for (const text of ["a", "b", "c", "d"]) {
    const closest = table.closest(keyOf(text), 20);
    assertEquals(closest.length, 20);
    assertEquals(diversity.spread(closest).length, 20);
  }
});

Deno.test("a lookup asks no more of one network than it waits for answers of, whoever names them", () => {
  const target = keyOf("target");
  const byDistance = (a: Contact, b: Contact) => compareDistance(target, a.id, b.id);
  const ports = crowd(5_000).sort(byDistance).slice(0, 40);
  const honest = Array.from({ length: 60 }, (_, i) => contactAt(`20.0.${i}.1`, 1)).sort(byDistance);
  const seeds = [...honest.slice(-15), ports[39]!];
  const lookup = new Lookup(
    { target, ownId: self.id, count: 20, parallelism: 3, forValue: false, paths: 8, diversity },
    seeds,
  );
  const isPort = (contact: Contact) => contact.address.hostname === "203.0.113.7";
  const { asked } = runLookup(lookup, (contact) => ({
    afterMs: 10,
    contacts: isPort(contact) ? ports.slice(0, 20) : honest.slice(0, 20),
  }));
  const found = lookup.closest();
  assertEquals(found.length, 20);
  assertEquals(found.filter(isPort).length, 2);
  assert(asked.filter(isPort).length <= 3, `${asked.filter(isPort).length} asked`);
});

Deno.test("a third party that is named as many contacts is dialled a few times on each path", () => {
  const target = keyOf("target");
  const liar = contactAt("20.0.1.1", 1);
  const others = Array.from({ length: 15 }, (_, i) => contactAt(`20.0.${2 + i}.1`, 1));
  const victims = crowd(400);
  const peers = {
    slowAfterMs: () => 50,
    hedgeAfterMs: () => 50,
    isConnected: () => false,
    roundTripMs: () => null,
    isAbsent: () => false,
    isProven: (contact: Contact) => contact.address.hostname !== "203.0.113.7",
    mayFollow: () => true,
  };
  const lookup = new Lookup(
    { target, ownId: self.id, count: 20, parallelism: 3, forValue: false, paths: 8, diversity },
    [liar, ...others],
  );
  let dialled = 0;
  let named = 0;
  for (let now = 0;; now++) {
    const step = lookup.next(now, peers);
    if (step.type === "done") break;
    for (const contact of step.type === "ask" ? step.contacts : []) {
      if (!peers.isProven(contact)) {
        dialled++;
        lookup.onFailure(contact);
      } else if (equalIds(contact.id, liar.id)) {
        lookup.onAnswer(contact, victims.slice(named, named += 20));
      } else lookup.onAnswer(contact, []);
    }
  }
  assert(dialled >= 1 && dialled <= 2, `${dialled} dialled`);
});

Deno.test("liars on one path hide no record of an address that another path names", () => {
  const target = keyOf("target");
  const truth = testContact(7);
  const liars = Array.from({ length: 8 }, (_, i) => contactAt(`20.1.${i}.1`, 1));
  const honest = contactAt("20.0.1.1", 1);
  const lookup = new Lookup(
    { target, ownId: self.id, count: 20, parallelism: 64, forValue: false, paths: 2 },
    [liars[0]!, honest],
  );
  const lie = (i: number) => makeContact(truth.address, new Uint8Array([i]), sha256);
  runLookup(lookup, (contact) => {
    const liar = liars.findIndex(({ id }) => equalIds(id, contact.id));
    if (liar === 0) return { afterMs: 1, contacts: [lie(0), ...liars.slice(1)] };
    if (liar > 0) return { afterMs: 1, contacts: [lie(liar)] };
    return contact === honest
      ? { afterMs: 40, contacts: [truth] }
      : { afterMs: 1, contacts: contact === truth ? [] : null };
  });
  assert(lookup.closest().includes(truth));
});

Deno.test("addresses are named only from where they can be known", () => {
  const may = (address: string, by: string) =>
    mayName(makeAddress(address, 7402), makeAddress(by, 1));
  const never = ["0.0.0.0", "0.1.2.3", "169.254.1.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"];
  for (const ip of [...never, "::", "fe80::1", "ff02::1"]) assert(!may(ip, "127.0.0.1"), ip);
  for (const ip of ["10.0.0.1", "172.31.0.1", "192.168.1.1", "100.64.0.1", "fd00::1"]) {
    assert(!may(ip, "192.0.2.1"), ip);
    assert(may(ip, "10.9.9.9"), ip);
    assert(may(ip, "127.0.0.1"), ip);
  }
  assert(!may("127.0.0.1", "10.0.0.1") && !may("::1", "192.0.2.1"));
  assert(may("127.0.0.1", "127.0.0.1") && may("192.0.2.1", "127.0.0.1"));
  for (const ip of ["172.32.0.1", "100.128.0.1", "11.0.0.1", "2001:db8::1"]) {
    assert(may(ip, "192.0.2.1"), ip);
  }
  assert(!mayName(makeAddress("192.0.2.1", 0), makeAddress("192.0.2.2", 1)));
});

Deno.test("the chance of a density is what drawing it many times shows", () => {
  const random = new SeededRandom(printedSeed());
  const trials = 20_000;
  for (const [count, ratio] of [[10, 0.5], [20, 0.6], [20, 1], [5, 0.3]] as const) {
    const usual = { count: 20, distance: 1 };
    const expected = chanceOf({ count, distance: ratio }, usual);
    let seen = 0;
    for (let i = 0; i < trials; i++) {
      const poisson = (events: number) => {
        let sum = 0;
        for (let j = 0; j < events; j++) sum -= Math.log(1 - random.next());
        return sum;
      };
      if (poisson(count) / poisson(20) <= ratio) seen++;
    }
    const deviation = Math.sqrt(expected * (1 - expected) / trials);
    assert(Math.abs(seen / trials - expected) < 5 * deviation + 1e-4, `${count} ${ratio}`);
  }
});

Deno.test("chances from none to one have no holes", () => {
  const usual = { count: 20, distance: 0.01 };
  assertEquals(chanceOf({ count: 0, distance: 0 }, usual), 1);
  assert(chanceOf({ count: 20, distance: 1 }, usual) > 0.999_999);
  assert(chanceOf({ count: 20, distance: 1e-5 }, usual) < 1e-30);
  let before = 0;
  for (let distance = 1e-6; distance < 1; distance *= 1.5) {
    const chance = chanceOf({ count: 20, distance }, usual);
    assert(chance >= before && chance <= 1 + 1e-9, `${chance} at ${distance}`);
    before = chance;
  }
});

Deno.test("twenty ports mined out of 65,535 for a key stand out, and honest nodes do not", () => {
  const random = new SeededRandom(printedSeed());
  const key = randomBytes(random);
  const byDistance = (a: Contact, b: Contact) => compareDistance(key, a.id, b.id);
  const mined = crowd(20_000).sort(byDistance).slice(0, 20);
  const honest = Array.from({ length: 300 }, (_, i) => contactAt(`20.1.${i & 255}.${i >>> 8}`, 9));
  const closest = (id: Uint8Array) =>
    honest.toSorted((a, b) => compareDistance(id, a.id, b.id)).slice(0, 20);
  const usual = densityAround(self.id, closest(self.id));
  assert(chanceOf(densityAround(key, mined), usual) < 1e-12);
  for (let i = 0; i < 300; i++) {
    const id = randomBytes(random);
    assert(chanceOf(densityAround(id, closest(id)), usual) > 1e-6);
  }
});

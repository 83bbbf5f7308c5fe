import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Contact } from "../../../lib/core/kademlia/contact.ts";
import { BUCKET_SIZE_MAX } from "../../../lib/core/limits.ts";
import { Lookup, type LookupOptions } from "../../../lib/core/kademlia/lookup.ts";
import { compareDistance, idKey } from "../../../lib/core/kademlia/node_id.ts";
import { RoutingTable } from "../../../lib/core/kademlia/routing_table.ts";
import { SeededRandom } from "../../../lib/sim/random/seeded_random.ts";
import { impostorOf, randomBytes, testContact } from "../../support/core/contacts.ts";
import {
  GIVE_UP_MS,
  type Reply,
  type Run,
  runLookup,
  SLOW_AFTER_MS,
} from "../../support/core/lookup_driver.ts";
import { checkProperty } from "../../support/core/property.ts";

/** What a random network is made by. */
const settings = fc.record({
  seed: fc.integer(),
  nodes: fc.integer({ min: 2, max: 120 }),
  count: fc.integer({ min: 1, max: 20 }),
  parallelism: fc.integer({ min: 1, max: 10 }),
  prefixLength: fc.integer({ min: 1, max: 5 }),
  forValue: fc.boolean(),
});
type Settings = typeof settings extends fc.Arbitrary<infer T> ? T : never;

interface Network {
  readonly nodes: readonly Contact[];
  readonly own: Contact;
  readonly random: SeededRandom;
  readonly options: LookupOptions;
  /** All but the own node, closest to the target first. */
  readonly sorted: readonly Contact[];
}

function makeNetwork({ seed, nodes: size, ...rest }: Settings): Network {
  const random = new SeededRandom(seed);
  const nodes = Array.from({ length: size }, () => testContact(random.below(1 << 24)))
    .filter((node, i, all) => all.findIndex(({ id }) => idKey(id) === idKey(node.id)) === i);
  const own = nodes[0]!;
  const target = random.next() < 0.3 ? nodes[random.below(nodes.length)]!.id : randomBytes(random);
  const options = { target, ownId: own.id, ...rest };
  return { nodes, own, random, options, sorted: byDistance(target, nodes.slice(1)) };
}

function byDistance(target: Uint8Array, contacts: readonly Contact[]): Contact[] {
  return contacts.toSorted((a, b) => compareDistance(target, a.id, b.id));
}

function ids(contacts: readonly Contact[]): string[] {
  return contacts.map(({ id }) => idKey(id));
}

/** Fast, but in any order. */
function soon(random: SeededRandom, contacts: Reply["contacts"]): Reply {
  return { afterMs: 1 + random.below(SLOW_AFTER_MS - 2), contacts };
}

/** Nothing that was seen and is closer than what was found was left without being asked. */
function checkThorough(lookup: Lookup): void {
  const { target, count } = lookup.options;
  const found = lookup.closest();
  const last = found.length < count ? null : found.at(-1)!;
  for (const { contact, state } of lookup.candidates) {
    const closer = !last || compareDistance(target, contact.id, last.id) < 0;
    assert(!closer || (state !== "new" && state !== "asked"), `${state} and closer than the last`);
  }
}

/** What is found of the closest when all answer from tables of some bucket size. */
function findThroughTables(
  settings: Settings,
  bucketSize: number,
): { wanted: string[]; found: string[] } {
  const { nodes, random, options, sorted, own } = makeNetwork(settings);
  const { prefixLength } = settings;
  const tables = new Map(nodes.map((node) => {
    const table = new RoutingTable(node.id, { prefixLength, bucketSize });
    for (const other of nodes) table.insert(other, 0);
    return [node, table];
  }));
  const closest = (node: Contact) => tables.get(node)!.closest(options.target, options.count);
  const lookup = new Lookup(options, closest(own));
  runLookup(lookup, (contact) => soon(random, closest(contact)));
  return { wanted: ids(sorted.slice(0, options.count)), found: ids(lookup.closest()) };
}

Deno.test("when all answer and no bucket turns anybody away, the true closest are found", () => {
  checkProperty(
    fc.property(settings, (settings) => {
      const { wanted, found } = findThroughTables(settings, BUCKET_SIZE_MAX);
      assertEquals(found, wanted);
    }),
    100,
  );
});

Deno.test("through Kademlia's tables, whose far buckets are full, hardly one of them is missed", () => {
  let [wantedInAll, missed] = [0, 0];
  checkProperty(
    fc.property(settings, (settings) => {
      const { wanted, found } = findThroughTables(settings, 20);
      const lacking = wanted.filter((id) => !found.includes(id)).length;
      wantedInAll += wanted.length;
      missed += lacking;
      assert(found[0] === wanted[0], "the closest of all is always found");
      assert(lacking <= 2, `${lacking} of ${wanted.length} were missed`);
    }),
    200,
  );
  assert(missed <= 0.005 * wantedInAll, `${missed} of ${wantedInAll} were missed`);
});

Deno.test("the true closest living are found though some are dead and nobody knows which", () => {
  checkProperty(
    fc.property(settings, (settings) => {
      const { random, options, sorted } = makeNetwork(settings);
      const dead = new Set(sorted.filter(() => random.next() < 0.2));
      const seeds = sorted.slice(-options.count);
      if (seeds.every((seed) => dead.has(seed))) return;
      const answer = sorted.slice(0, options.count);
      const lookup = new Lookup(options, seeds);
      runLookup(lookup, (contact) => soon(random, dead.has(contact) ? null : answer));
      const known = [...new Set([...answer, ...seeds])].filter((contact) => !dead.has(contact));
      assertEquals(ids(lookup.closest()), ids(known.slice(0, options.count)));
      checkThorough(lookup);
    }),
    200,
  );
});

Deno.test("one silent peer never holds up a lookup for nodes", () => {
  checkProperty(
    fc.property(settings, (settings) => {
      const { random, options, sorted } = makeNetwork({ ...settings, forValue: false });
      if (sorted.length < 2) return;
      const silent = sorted[random.below(sorted.length)]!;
      const answer = sorted.slice(0, options.count + 1);
      const lookup = new Lookup(options, sorted.slice(-options.count - 1));
      const { asked, endedAtMs } = runLookup(lookup, (contact) => {
        if (contact === silent) return { afterMs: GIVE_UP_MS, contacts: null };
        return { afterMs: 10, contacts: answer.filter((other) => other !== contact) };
      });
      assert(endedAtMs <= 10 * asked.length + SLOW_AFTER_MS, `it took ${endedAtMs} ms`);
      assert(!ids(lookup.closest()).includes(idKey(silent.id)));
    }),
    200,
  );
});

/** The latest that a peer which is slow but not silent answers. */
const LATE_MS = 400;

/** Peers that fail, dawdle, keep silent, lie, or are honest, drawn anew for each request. */
function misbehave(network: Network, settings: { lies: boolean }, contact: Contact): Reply {
  const { random, nodes, own, sorted, options } = network;
  const pick = () => nodes[random.below(nodes.length)]!;
  const afterMs = 1 + random.below(random.next() < 0.3 ? LATE_MS : 40);
  switch (random.below(settings.lies ? 9 : 4)) {
    case 0:
      return { afterMs, contacts: null };
    case 1:
      return { afterMs: GIVE_UP_MS, contacts: null };
    case 4:
      return { afterMs, contacts: Array.from({ length: 40 }, () => testContact(random.u32())) };
    case 5:
      return { afterMs, contacts: [own, contact, contact, impostorOf(own), impostorOf(contact)] };
    case 6:
      return { afterMs, contacts: sorted.map((node) => impostorOf(node, 1 + random.below(3))) };
    case 7:
      return { afterMs, contacts: random.next() < 0.3 ? "value" : [] };
    case 8:
      return { afterMs, contacts: Array(100).fill(pick()) };
    default:
      return { afterMs, contacts: sorted.slice(0, options.count) };
  }
}

for (const lies of [false, true]) {
  const what = lies ? "lie, fail and dawdle" : "fail and dawdle";
  Deno.test(`among peers that ${what}, a lookup ends, in time and by the rules`, () => {
    checkProperty(
      fc.property(settings, (settings) => {
        const network = makeNetwork(settings);
        const seeds = network.sorted.slice(-5);
        const lookup = new Lookup(network.options, seeds);
        const { endedAtMs, asked }: Run = runLookup(
          lookup,
          (contact) => misbehave(network, { lies }, contact),
        );
        assert(endedAtMs <= asked.length * LATE_MS + GIVE_UP_MS);
        assert(lookup.closest().length <= network.options.count);
        if (!lies) checkThorough(lookup);
      }),
      400,
    );
  });
}

Deno.test("a liar costs itself only: with one among them, the true closest are found", () => {
  checkProperty(
    fc.property(settings, (settings) => {
      // Who asks for one contact only may have no honest one to ask.
      const { random, options, sorted } = makeNetwork({ ...settings, count: settings.count + 1 });
      const liar = sorted[random.below(sorted.length)]!;
      const answer = sorted.slice(0, options.count);
      const known = new Set(sorted);
      const lie = random.next() < 0.5
        ? Array.from({ length: 20 }, () => testContact(random.below(1 << 24)))
        : answer.flatMap((node) => [1, 2, 3].map((mark) => impostorOf(node, mark)));
      const seeds = [...new Set([liar, ...sorted.slice(-options.count)])];
      const lookup = new Lookup(options, seeds);
      runLookup(lookup, (contact) => {
        if (contact === liar) return soon(random, lie);
        return soon(random, known.has(contact) ? answer : null);
      });
      const reachable = seeds.length === 1 ? [liar] : [...new Set([...answer, ...seeds])];
      const expected = byDistance(options.target, reachable).slice(0, options.count);
      assertEquals(ids(lookup.closest()), ids(expected));
    }),
    200,
  );
});

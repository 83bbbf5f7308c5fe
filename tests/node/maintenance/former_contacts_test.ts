/** Nodes that start again with the contacts of before, none of which answers at first. */

import { assert, assertEquals } from "@std/assert";
import { type Contact, sameContact } from "../../../lib/core/kademlia/contact.ts";
import { MINUTE_MS, SECOND_MS } from "../../../lib/core/units.ts";
import { ContactKeeper } from "../../../lib/node/maintenance/contact_keeper.ts";
import type { Journal } from "../../../lib/node/ports.ts";
import { World } from "../../../lib/sim/world.ts";
import { printedSeed } from "../../support/core/seed.ts";
import { SimWorld } from "../../support/sim_world.ts";

Deno.test("a node that a stranger finds while its network is out of reach finds its network again", () => {
  const world = new World({ seed: printedSeed() });
  world.grow(10, SECOND_MS);
  const victim = world.living.at(-1)!;
  const friends = world.living.slice(0, -1).map(({ node }) => node.self);
  const isFriend = (contact: Contact) => friends.some((friend) => sameContact(friend, contact));
  world.cutPower(victim);
  const stranger = world.add({ via: [] });
  // The others forget it.
  world.run(20 * MINUTE_MS);
  world.partition((contact) => isFriend(contact) ? 0 : 1);
  const again = world.restart(victim, { keepsData: true, via: [] });
  world.run(2 * SECOND_MS);
  void stranger.node.ping(again.node.self);
  world.run(20 * SECOND_MS);
  assertEquals(again.node.figures().contacts, 1);
  world.partition(null);
  world.run(5 * MINUTE_MS);
  assert(friends.every((friend) => again.node.contacts().some((c) => sameContact(c, friend))));
});

Deno.test("contacts that are looked for are kept besides those that answer, as the last to be asked", () => {
  const world = new SimWorld();
  const [node, friend] = world.startMany(2);
  const lost = world.contact(9);
  const { membership, ports, table } = node!.parts;
  membership.rememberLost(lost);
  membership.rememberLost(friend!.contact);
  const kept: [Uint8Array, number][] = [];
  const journal: Pick<Journal, "keepContacts"> = {
    keepContacts: (contacts) =>
      void kept.push(
        ...contacts.map(({ record, lastSeenAt }): [Uint8Array, number] => [record, lastSeenAt]),
      ),
  };
  const keeper = new ContactKeeper({
    ...node!.parts,
    membership,
    table,
    ports: { ...ports, journal: journal as Journal },
  });
  keeper.noteChange();
  keeper.close();
  assertEquals(kept.map(([record]) => record), [friend!.contact.record, lost.record]);
  assert(kept[0]![1] > kept[1]![1]);
});

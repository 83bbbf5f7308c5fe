import type { Contact } from "../../../lib/core/kademlia/contact.ts";
import { RoutingTable } from "../../../lib/core/kademlia/routing_table.ts";
import { SeededRandom } from "../../../lib/sim/random/seeded_random.ts";
import { contactWithId, idSharing, randomBytes } from "../../support/core/contacts.ts";

const CONTACTS = 10_000;
const random = new SeededRandom(1);
const ownId = randomBytes(random);
const targets = Array.from({ length: 1_024 }, () => randomBytes(random));
let next = 0;
const target = () => targets[next++ & 1_023]!;

/** Ids spread over a network as they are: half of them differ from the own one in the first bit. */
const network: Contact[] = Array.from(
  { length: CONTACTS },
  () => contactWithId(randomBytes(random)),
);

for (const prefixLength of [1, 4]) {
  const table = new RoutingTable(ownId, { prefixLength, bucketSize: 20 });
  for (const contact of network) table.insert(contact, 0);
  Deno.bench(
    `closest 20, prefix length ${prefixLength}, ${table.size} kept of ${CONTACTS} met`,
    { group: "closest" },
    () => void table.closest(target(), 20),
  );
}

for (const prefixLength of [1, 4]) {
  const table = new RoutingTable(ownId, { prefixLength, bucketSize: 128 });
  const kept: Contact[] = [];
  while (table.size < CONTACTS) {
    const contact = contactWithId(idSharing(random.below(100), ownId, random));
    if (table.insert(contact, 0).outcome === "added") kept.push(contact);
  }
  Deno.bench(
    `closest 20, prefix length ${prefixLength}, ${CONTACTS} kept in buckets of 128`,
    { group: "closest" },
    () => void table.closest(target(), 20),
  );
  Deno.bench(
    `insert a known contact, prefix length ${prefixLength}, ${CONTACTS} kept`,
    { group: "insert" },
    () => void table.insert(kept[next++ % kept.length]!, 1),
  );
}

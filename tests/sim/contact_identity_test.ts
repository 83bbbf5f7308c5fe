import { assertEquals } from "@std/assert";
import { makeContact, RECORD_HEAD_BYTES } from "../../lib/core/kademlia/contact.ts";
import { addressFromBytes } from "../../lib/core/kademlia/address.ts";
import { Churn } from "../../lib/sim/faults/churn.ts";
import { halfOf } from "../../lib/sim/faults/strike.ts";
import { Load } from "../../lib/sim/measure/load.ts";
import { sha256 } from "../../lib/hash/sha256.ts";
import { World, type WorldOptions } from "../../lib/sim/world.ts";
import { testWithSeeds } from "../support/core/seed.ts";

const MINUTE_MS = 60_000;

/** Nodes come and go, values are read and put again, and the network is parted and healed. */
function run(options: WorldOptions): number[] {
  const world = new World({ loss: 0.02, adversaryShare: 0.1, ...options });
  world.grow(30, 20);
  const load = new Load(world, { ttlMs: 60 * MINUTE_MS, replication: 5 });
  load.putMany(10);
  const churn = new Churn(world, { medianMs: 5 * MINUTE_MS });
  churn.start();
  load.getFor(6 * MINUTE_MS, 2_000, () => {});
  world.partition(halfOf);
  for (const { key } of [...load.values]) for (let i = 0; i < 2; i++) load.put({ key });
  world.run(2 * MINUTE_MS);
  world.partition(null);
  world.run(4 * MINUTE_MS);
  return [world.network.trace, world.queue.count];
}

testWithSeeds("which object stands for a contact makes no difference to any node", [2], (seed) => {
  const toContact = (record: Uint8Array) =>
    makeContact(addressFromBytes(record), record.slice(RECORD_HEAD_BYTES), sha256);
  assertEquals(run({ seed, toContact }), run({ seed }));
});

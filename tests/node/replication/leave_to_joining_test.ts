import { assertEquals } from "@std/assert";
import type { HandoverReport } from "../../../lib/node/replication/handover.ts";
import { type SimNode, World } from "../../../lib/sim/world.ts";
import { printedSeed } from "../../support/core/seed.ts";
import { bytesOf, keyOf } from "../../support/values.ts";

const SECOND_MS = 1_000;
const KEYS = 200;

Deno.test("a node that leaves hands over what the taker expects from another one, which dies", () => {
  for (const afterMs of [1, 2, 3, 5]) {
    const world = new World({ seed: printedSeed() });
    world.grow(2, SECOND_MS);
    world.run(10 * SECOND_MS);
    const [dies, leaves] = world.living as [SimNode, SimNode];
    for (let i = 0; i < KEYS; i++) {
      const put = { key: keyOf(`${i}`), value: bytesOf("value"), replication: 2 };
      leaves.node.putWith(put, () => {});
    }
    world.run(10 * SECOND_MS);
    const joins = world.add();
    world.queue.runWhile(() => joins.joined, world.now + 10 * SECOND_MS);
    world.run(afterMs);
    world.kill(dies);
    const reports: HandoverReport[] = [];
    world.leave(leaves, (report) => reports.push(report));
    world.run(20 * SECOND_MS);
    assertEquals(reports.map(({ lost }) => lost.length), [0]);
    assertEquals(joins.node.figures().store.replicas, KEYS, `${afterMs} ms after it has joined`);
  }
});

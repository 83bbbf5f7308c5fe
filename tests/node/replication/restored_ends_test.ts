import { assertEquals } from "@std/assert";
import type { KeptReplica } from "../../../lib/core/store/keeper.ts";
import type { NodeContext } from "../../../lib/node/context.ts";
import { RestoredEnds } from "../../../lib/node/replication/restored_ends.ts";
import { EventQueue } from "../../../lib/sim/event_queue.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const ROWS = 5_000;

/** Restored ends of a node whose time is said by the test. */
function begin() {
  const queue = new EventQueue();
  const time = { aheadMs: 1_000_000, samples: 0, isAgreed: true };
  const context = { ports: { clock: queue }, time, options: { ttlMaxMs: 24 * HOUR_MS } };
  const moved: [byMs: number, position: number, countMax: number][] = [];
  let changes = 0;
  const ends = new RestoredEnds(context as unknown as NodeContext, {
    onMove: (...part) => {
      moved.push(part);
      const [, position, countMax] = part;
      return position + countMax < ROWS ? position + countMax : null;
    },
    onChanged: () => changes++,
  });
  const replica = { stamp: 1_000_000, expiresAt: 1_000_000 + HOUR_MS } as KeptReplica;
  return { queue, time, ends, replica, moved, changes: () => changes };
}

Deno.test("ends move a part at a time, and nothing is removed meanwhile", () => {
  const { queue, time, ends, replica, moved, changes } = begin();
  assertEquals(ends.ttlMsOf(replica), HOUR_MS);
  Object.assign(time, { aheadMs: 990_000, samples: 3 });
  ends.onMeasured();
  assertEquals(moved, [[10_000, 0, 2_000]]);
  assertEquals([ends.endedStaysUntil, changes()], [Infinity, 0]);
  queue.runUntil(1);
  assertEquals(moved.slice(1), [[10_000, 2_000, 2_000], [10_000, 4_000, 2_000]]);
  assertEquals([ends.endedStaysUntil, changes()], [-Infinity, 2]);
});

Deno.test("what is measured while ends move is made good afterwards", () => {
  const { queue, time, ends, replica, moved } = begin();
  ends.ttlMsOf(replica);
  time.aheadMs = 990_000;
  ends.onMeasured();
  time.aheadMs = 992_000;
  ends.onMeasured();
  queue.runUntil(1);
  assertEquals(moved.map(([byMs]) => byMs), [10_000, 10_000, 10_000, -2_000, -2_000, -2_000]);
});

Deno.test("a replica that is restored while ends move is not moved with them", () => {
  const { queue, time, ends, replica, moved } = begin();
  ends.ttlMsOf(replica);
  time.aheadMs = 990_000;
  ends.onMeasured();
  assertEquals(ends.ttlMsOf(replica), HOUR_MS + 10_000);
  assertEquals(moved.length, 3, "the move has ended first");
  queue.runUntil(1);
  assertEquals(moved.length, 3);
});

Deno.test("ends move no more when it has been sure for some minutes what time it is", () => {
  const { queue, time, ends, replica, moved } = begin();
  ends.ttlMsOf(replica);
  Object.assign(time, { samples: 3 });
  ends.onMeasured();
  queue.runUntil(5 * MINUTE_MS);
  time.aheadMs = 990_000;
  ends.onMeasured();
  queue.runUntil(11 * MINUTE_MS);
  assertEquals(moved.length, 3, "the first contacts were wrong");
  time.aheadMs -= HOUR_MS;
  ends.onMeasured();
  queue.runUntil(12 * MINUTE_MS);
  assertEquals(moved.length, 3, "most clocks were set");
});

import { assert, assertEquals } from "@std/assert";
import { STALL_CHECK_MS } from "../../lib/net/limits.ts";
import { StreamGuard } from "../../lib/net/stream_guard.ts";
import { EventQueue } from "../../lib/sim/event_queue.ts";

/** A connection that counts how often it is checked. */
class Checked {
  checks = 0;
  checkProgress(): void {
    this.checks++;
  }
}

Deno.test("when connections hold all that they may, each goes on with its even share", () => {
  const guard = new StreamGuard(new EventQueue(), 1_000);
  const [greedy, modest] = [new Checked(), new Checked()];
  guard.watch(greedy);
  guard.watch(modest);
  guard.count(900);
  assert(guard.mayHold(900), "there is room for all");
  guard.count(200);
  assertEquals([guard.mayHold(1_100), guard.mayHold(500), guard.mayHold(0)], [false, true, true]);
  guard.forget(greedy, 1_100);
  guard.forget(greedy, 1_100);
  assertEquals([guard.heldBytes, guard.mayHold(0)], [0, true]);
});

Deno.test("connections are checked again and again while there are any", () => {
  const clock = new EventQueue();
  const guard = new StreamGuard(clock);
  const connection = new Checked();
  guard.watch(connection);
  clock.runUntil(3 * STALL_CHECK_MS);
  guard.forget(connection, 0);
  clock.runUntil(9 * STALL_CHECK_MS);
  assertEquals(connection.checks, 3);
  guard.watch(connection);
  clock.runUntil(10 * STALL_CHECK_MS);
  assertEquals(connection.checks, 4);
  guard.close();
  clock.runUntil(20 * STALL_CHECK_MS);
  assertEquals(connection.checks, 4);
});

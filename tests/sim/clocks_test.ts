import { assertEquals } from "@std/assert";
import { keepsTime } from "../../lib/sim/faults/clocks.ts";
import { World } from "../../lib/sim/world.ts";

const MINUTE_MS = 60_000;

Deno.test("a network keeps its time as long as more right clocks run than there are wrong ones", () => {
  const world = new World({ seed: 1 });
  const [right, other, wrong, , fifth] = [0, 0, 6 * MINUTE_MS, 0, 0].map((offsetMs) =>
    world.add({ clock: { offsetMs } })
  );
  const keeps = (sim = right!, isSet = false) => keepsTime(world, { sim, isSet, away: [] });
  assertEquals([keeps(), keeps(wrong), keeps(right, true), keeps(wrong, true)], [
    true,
    true,
    true, // three right, two wrong
    true,
  ]);
  world.suspend(other!, MINUTE_MS); // it may wake, or not
  assertEquals([keeps(), keeps(right, true), keeps(wrong, true)], [true, false, true]);
  world.kill(wrong!);
  assertEquals([keeps(), keeps(right, true)], [true, true]);
  world.kill(fifth!);
  assertEquals(keepsTime(world, { sim: right!, isSet: false, away: [wrong!] }), false);
  world.run(MINUTE_MS);
  assertEquals(keepsTime(world, { sim: right!, isSet: false, away: [wrong!] }), true);
});

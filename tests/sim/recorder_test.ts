import { assert, assertEquals } from "@std/assert";
import { Recorder } from "../../lib/sim/measure/recorder.ts";
import { World } from "../../lib/sim/world.ts";
import { printedSeed } from "../support/core/seed.ts";

function clientsOf(nodes: number, options: { replication?: number; excusesLost?: boolean } = {}) {
  const world = new World({ seed: printedSeed() });
  world.grow(nodes, 20);
  return { world, clients: new Recorder(world, { ttlMs: 600_000, ...options }) };
}

Deno.test("what clients put and get is noted, and a sound network breaks no promise", () => {
  const { world, clients } = clientsOf(10);
  clients.putMany(10);
  clients.work(60_000, { everyMs: 1_000, putShare: 0.3, overwriteShare: 0.5 });
  world.run(60_000);
  clients.settle();
  clients.readAll(world.living);
  const { history, keys } = clients;
  assert(keys.length > 10 && history.puts > keys.length, `${keys.length} of ${history.puts}`);
  assertEquals(history.puts + history.gets, 70 + 10 * keys.length);
  assertEquals(history.judge(), []);
});

Deno.test("a value that was lost with its holder is missed, or excused", () => {
  for (const excusesLost of [false, true]) {
    const { world, clients } = clientsOf(6, { replication: 1, excusesLost });
    clients.putMany(5);
    const holders = world.living.filter(({ node }) => [...node.heldValues()].length > 0);
    for (const sim of holders) world.restart(sim);
    world.run(10_000);
    clients.readAll();
    const promises = clients.history.judge().map(({ promise }) => promise);
    assertEquals(promises, excusesLost ? [] : Array(5).fill("found"));
  }
});

Deno.test("a request whose node is gone says nothing", () => {
  const { world, clients } = clientsOf(3);
  clients.putMany(1);
  const sim = clients.pick();
  clients.put({ from: sim });
  world.kill(sim);
  clients.settle();
  assertEquals([clients.failed, clients.history.puts], [1, 2]);
  assertEquals(clients.history.judge(), []);
});

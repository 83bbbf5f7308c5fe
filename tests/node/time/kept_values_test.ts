/** Nodes whose clocks are wrong when they start again with what they have kept. */

import { assert, assertEquals } from "@std/assert";
import { MINUTE_MS, SECOND_MS } from "../../../lib/core/units.ts";
import { keptBy } from "../../../lib/sim/sim_node.ts";
import { type SimNode, World } from "../../../lib/sim/world.ts";
import { printedSeed } from "../../support/core/seed.ts";
import { bytesOf, keyOf, textOf } from "../../support/values.ts";

const TTL_MS = 10 * MINUTE_MS;
const KEY = keyOf("kept");

/** A network in which all hold one value, with one of its nodes killed. */
function start(): { world: World; victim: SimNode } {
  const world = new World({ seed: printedSeed() });
  world.grow(8, SECOND_MS);
  const [first] = world.living;
  first!.node.putWith(
    { key: KEY, value: bytesOf("value"), ttlMs: TTL_MS, replication: 20 },
    () => {},
  );
  world.run(MINUTE_MS);
  const victim = world.living.at(-1)!;
  world.kill(victim);
  return { world, victim };
}

/** What each node answers. */
function readAll(world: World): (string | null)[] {
  const answers: (string | null)[] = [];
  for (const { node } of world.living) {
    node.getWith(KEY, (result) => answers.push(textOf(result?.value)));
  }
  world.run(10 * SECOND_MS);
  assertEquals(answers.length, 8);
  return answers;
}

/** When a node's replica ends, by the time of the simulation. */
function endOf(world: World, { node, clock }: SimNode): number {
  return world.now + node.held(KEY)!.expiresAt - clock.now();
}

Deno.test("a value that has ended does not come back by a node that starts again with its clock behind", () => {
  const { world, victim } = start();
  const kept = keptBy(victim);
  victim.clock.jump(-2 * TTL_MS);
  world.run(TTL_MS);
  world.restart(victim, { kept });
  world.run(MINUTE_MS);
  assertEquals(readAll(world), Array(8).fill(null));
});

Deno.test("a kept value ends when it does elsewhere, however wrong the clock is at the restart", () => {
  for (const wrongMs of [-56 * 365 * 24 * 60 * MINUTE_MS, -5 * MINUTE_MS, 5 * MINUTE_MS]) {
    const { world, victim } = start();
    const kept = keptBy(victim);
    victim.clock.jump(wrongMs);
    const again = world.restart(victim, { kept });
    world.run(MINUTE_MS);
    const [first] = world.living;
    const apartMs = endOf(world, again) - endOf(world, first!);
    assert(Math.abs(apartMs) < 2 * SECOND_MS, `${wrongMs} ms wrong: ${apartMs} ms apart`);
  }
});

Deno.test("a value that was kept while the clock was wrong ends in time after a restart with a right one", () => {
  for (const wrongMs of [-5 * MINUTE_MS, 5 * MINUTE_MS]) {
    const world = new World({ seed: printedSeed() });
    world.grow(8, SECOND_MS);
    const victim = world.living.at(-1)!;
    victim.clock.jump(wrongMs);
    world.run(MINUTE_MS);
    victim.node.putWith(
      { key: KEY, value: bytesOf("value"), ttlMs: TTL_MS, replication: 20 },
      () => {},
    );
    world.run(MINUTE_MS);
    const kept = keptBy(victim);
    victim.clock.jump(-wrongMs);
    const again = world.restart(victim, { kept });
    world.run(SECOND_MS);
    const apartMs = endOf(world, again) - endOf(world, world.living[0]!);
    assert(Math.abs(apartMs) < 2 * SECOND_MS, `${wrongMs} ms wrong: ${apartMs} ms apart`);
  }
});

Deno.test("a value that a node alone has kept is found though its clock is ahead at the restart", () => {
  for (const aheadMs of [30 * MINUTE_MS, 25 * 60 * MINUTE_MS]) {
    const world = new World({ seed: printedSeed() });
    world.grow(8, SECOND_MS);
    world.living[0]!.node.putWith(
      { key: KEY, value: bytesOf("value"), ttlMs: TTL_MS, replication: 1 },
      () => {},
    );
    world.run(MINUTE_MS);
    const holder = world.living.find(({ node }) => node.held(KEY)?.isCached === false)!;
    world.kill(holder);
    const kept = keptBy(holder);
    holder.clock.jump(aheadMs);
    const again = world.restart(holder, { kept });
    assertEquals(again.node.held(KEY), null, "it is given to nobody while it seems to have ended");
    world.run(10 * SECOND_MS);
    assertEquals(readAll(world), Array(8).fill("value"));
    world.run(TTL_MS);
    assertEquals(readAll(world), Array(8).fill(null));
    assertEquals(again.node.figures().store.replicas, 0, "it has been removed");
  }
});

Deno.test("what has ended while a lone node was down is removed after a time", () => {
  const world = new World({ seed: printedSeed() });
  const sim = world.add();
  world.run(SECOND_MS);
  sim.node.putWith({ key: KEY, value: bytesOf("value"), ttlMs: TTL_MS }, () => {});
  world.run(SECOND_MS);
  const kept = keptBy(sim);
  world.kill(sim);
  world.run(2 * TTL_MS);
  const { node } = world.restart(sim, { kept });
  assertEquals(node.held(KEY), null);
  world.run(11 * MINUTE_MS);
  assertEquals(node.figures().store.replicas, 0);
});

Deno.test("one contact alone, whose clock is hours off, neither ends nor prolongs what was kept", () => {
  for (const wrongMs of [-24 * 60 * MINUTE_MS, 24 * 60 * MINUTE_MS]) {
    const { world, victim } = start();
    const kept = keptBy(victim);
    const endsAt = world.now + kept.replicas[0]!.expiresAt - victim.clock.unixNow();
    for (const sim of [...world.living]) world.kill(sim);
    const liar = world.add({ clock: { offsetMs: wrongMs }, via: [] });
    world.run(SECOND_MS);
    const again = world.restart(victim, { kept, via: [liar.node.self] });
    world.run(MINUTE_MS);
    assertEquals(again.node.figures().contacts, 1);
    const apartMs = endOf(world, again) - endsAt;
    assert(Math.abs(apartMs) < SECOND_MS, `${wrongMs} ms wrong: ${apartMs} ms apart`);
    const { replicas: [rekept] } = keptBy(again);
    assertEquals(Math.abs(rekept!.expiresAt - kept.replicas[0]!.expiresAt) < SECOND_MS, true);
  }
});

Deno.test("a comparison does not remove what only seems to have ended, by a clock that is ahead", () => {
  const { world, victim } = start();
  const kept = keptBy(victim);
  for (const sim of [...world.living]) world.kill(sim);
  const other = world.add({ via: [] });
  world.run(SECOND_MS);
  victim.clock.jump(30 * MINUTE_MS);
  const again = world.restart(victim, { kept, via: [other.node.self] });
  world.run(MINUTE_MS);
  assertEquals(again.node.figures().contacts, 1);
  assertEquals(again.node.held(KEY), null);
  for (let i = 0; i < 3; i++) world.add({ via: [other.node.self] });
  world.run(MINUTE_MS);
  assertEquals(textOf(again.node.held(KEY)?.value), "value");
});

Deno.test("what only seems to have ended stays while the clocks of the first contacts do not agree", () => {
  const { world, victim } = start();
  const kept = keptBy(victim);
  for (const sim of [...world.living]) world.kill(sim);
  const other = world.add({ via: [] });
  const via = [other.node.self];
  world.add({ via });
  world.add({ via, clock: { offsetMs: -10 * MINUTE_MS } });
  world.run(SECOND_MS);
  victim.clock.jump(25 * 60 * MINUTE_MS);
  const again = world.restart(victim, { kept, via });
  world.run(MINUTE_MS);
  assertEquals(again.node.figures().contacts, 3);
  for (let i = 0; i < 2; i++) world.add({ via });
  world.run(MINUTE_MS);
  assertEquals(textOf(again.node.held(KEY)?.value), "value");
});

Deno.test("ends of what was kept stay where they are when most clocks agree no more", () => {
  const { world, victim } = start();
  const kept = keptBy(victim);
  for (const sim of world.living.slice(3)) world.kill(sim);
  const others = [...world.living];
  victim.clock.jump(25 * 60 * MINUTE_MS);
  const again = world.restart(victim, { kept });
  world.run(MINUTE_MS);
  const end = endOf(world, again);
  for (const [i, jumpMs] of [-10 * MINUTE_MS, 10 * MINUTE_MS].entries()) {
    others[i]!.clock.jump(jumpMs);
    void again.node.ping(others[i]!.node.self);
  }
  world.run(SECOND_MS);
  assertEquals(again.node.health().verdict, "degraded");
  assert(Math.abs(endOf(world, again) - end) < SECOND_MS);
});

Deno.test("what a lone node has kept ends in time though its clock is set back while it is down", () => {
  const world = new World({ seed: printedSeed() });
  const sim = world.add();
  world.run(SECOND_MS);
  sim.node.putWith({ key: KEY, value: bytesOf("value"), ttlMs: TTL_MS }, () => {});
  world.run(5 * MINUTE_MS);
  world.kill(sim);
  const kept = keptBy(sim);
  sim.clock.jump(-60 * MINUTE_MS);
  let again = world.restart(sim, { kept });
  world.run(2 * MINUTE_MS);
  assertEquals(textOf(again.node.held(KEY)?.value), "value");
  again = world.restart(again, { keepsData: true });
  world.run(2 * MINUTE_MS);
  assertEquals(textOf(again.node.held(KEY)?.value), "value");
  world.run(2 * MINUTE_MS);
  assertEquals(again.node.held(KEY), null);
});

Deno.test("what a lone node has kept while its clock was ahead ends in time after that was set right", () => {
  const world = new World({ seed: printedSeed() });
  const sim = world.add({ clock: { offsetMs: 25 * 60 * MINUTE_MS } });
  world.run(SECOND_MS);
  sim.node.putWith({ key: KEY, value: bytesOf("value"), ttlMs: TTL_MS }, () => {});
  world.run(5 * MINUTE_MS);
  world.kill(sim);
  const kept = keptBy(sim);
  sim.clock.jump(-25 * 60 * MINUTE_MS);
  const { node } = world.restart(sim, { kept });
  world.run(4 * MINUTE_MS);
  assertEquals(textOf(node.held(KEY)?.value), "value");
  world.run(2 * MINUTE_MS);
  assertEquals(node.held(KEY), null);
});

Deno.test("the time at which a node kept something gives way to what its contacts show", () => {
  const { world, victim } = start();
  const kept = { ...keptBy(victim), keptAt: victim.clock.unixNow() + 25 * 60 * MINUTE_MS };
  const again = world.restart(victim, { kept });
  assertEquals(again.node.held(KEY), null, "it seems to have ended");
  world.run(10 * SECOND_MS);
  const apartMs = endOf(world, again) - endOf(world, world.living[0]!);
  assert(Math.abs(apartMs) < SECOND_MS, `${apartMs} ms apart`);
});

Deno.test("a value that was replaced does not come back by a node that reads its file only when it serves already", () => {
  const world = new World({ seed: printedSeed() });
  world.grow(8, SECOND_MS);
  const put = (text: string, ttlMs: number) =>
    world.living[0]!.node.putWith(
      { key: KEY, value: bytesOf(text), ttlMs, replication: 3 },
      () => {},
    );
  put("old", 60 * MINUTE_MS);
  world.run(MINUTE_MS);
  const holder = world.living.find(({ node }) => node.held(KEY)?.isCached === false)!;
  const { replicas } = keptBy(holder);
  world.kill(holder);
  world.run(MINUTE_MS);
  put("new", 2 * MINUTE_MS);
  world.run(3 * MINUTE_MS);
  const { node } = world.restart(holder);
  world.run(MINUTE_MS);
  for (const replica of replicas) node.followed.restore(replica);
  node.followed.noteRestoredLate();
  assertEquals(textOf(node.held(KEY)?.value), "old");
  world.run(10 * SECOND_MS);
  assertEquals(readAll(world), Array(8).fill(null));
});

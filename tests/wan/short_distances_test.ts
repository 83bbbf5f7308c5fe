import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { whyNoWan } from "../../scripts/bench/wan/emulator.ts";
import { Fleet, type Item } from "../../scripts/bench/wan/fleet.ts";
import { timesOfAll } from "../../scripts/bench/wan/phases.ts";

const HOSTS = 8;
const VALUES = 20;
const SEED = 1;

const missing = await whyNoWan();
if (missing !== null) console.log(`Tests over distance are passed over: ${missing}`);

/** Puts values with three replicas; the median in milliseconds. */
async function put(fleet: Fleet): Promise<{ items: readonly Item[]; medianMs: number }> {
  const { items, answers } = await fleet.put(VALUES, 256, 3);
  assertEquals(items.length, VALUES, "all PUTs are acknowledged");
  return { items, medianMs: timesOfAll(answers.map((answer) => answer!.ms)).p50 };
}

/** Gets values through nodes that hold nothing of them, and finds all; the median in milliseconds. */
async function get(fleet: Fleet, items: readonly Item[]): Promise<number> {
  const answers = await fleet.get(items);
  const found = answers.filter((answer) => answer?.found && answer.equal);
  assertEquals(found.length, items.length, "all GETs find their value");
  return timesOfAll(found.map((answer) => answer!.ms)).p50;
}

Deno.test({
  name:
    "over distance nodes join, put and get in a few round trips, with loss, and when hosts vanish",
  ignore: missing !== null,
  fn: async (t) => {
    console.log(`seed ${SEED}`);
    await using fleet = await Fleet.make({ system: "voidkad", hosts: HOSTS, spare: 1, seed: SEED });
    const { median_rtt_ms: roundTripMs } = await fleet.network.distances();
    const within = (ms: number, roundTrips: number, what: string) =>
      assert(
        ms <= roundTrips * roundTripMs,
        `${what}: ${(ms / roundTripMs).toFixed(1)} round trips`,
      );

    await t.step("all join", async () => {
      assertEquals((await fleet.start()).length, HOSTS - 1);
      await delay(2_000);
    });

    await t.step("a PUT takes a few round trips, a GET fewer", async () => {
      const { items, medianMs } = await put(fleet);
      within(medianMs, 5, "PUT");
      within(await get(fleet, items), 3, "GET");
    });

    await t.step("with one packet of a hundred lost too", async () => {
      await fleet.network.lose(0.01);
      const { items, medianMs } = await put(fleet);
      within(medianMs, 6, "PUT");
      within(await get(fleet, items), 4, "GET");
      await fleet.network.lose(0);
    });

    await t.step("a newcomer's first GET finds the value", async () => {
      const { items: [item] } = await put(fleet);
      const [newcomer] = fleet.spare;
      newcomer!.start(fleet.invite);
      assert(await newcomer!.event("started", 30_000));
      const answer = await newcomer!.get(item!.key, item!.value);
      assert(answer?.found && answer.equal);
    });

    await t.step("values are found when two hosts have vanished, and PUTs go on", async () => {
      const { items } = await put(fleet);
      const [one, other] = fleet.living.slice(-2);
      await fleet.network.cut(one!.index);
      await fleet.network.cut(other!.index);
      fleet.living = fleet.living.slice(0, -2);
      await get(fleet, items.filter(({ putter }) => fleet.living.includes(putter)));
      await put(fleet);
    });
  },
});

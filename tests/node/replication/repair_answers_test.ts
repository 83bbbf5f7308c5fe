import { assertEquals } from "@std/assert";
import { ALL_KEYS } from "../../../lib/core/repair/key_range.ts";
import { EMPTY_DIGEST } from "../../../lib/core/repair/version.ts";
import type { Walk } from "../../../lib/node/replication/storage.ts";
import type { Origin } from "../../../lib/node/ports.ts";
import { SimWorld } from "../../support/sim_world.ts";
import { bytesOf, keyOf } from "../../support/values.ts";

const ASKED = 100;

Deno.test("a stranger that asks again and again has the store gone through once", () => {
  const world = new SimWorld();
  const [node] = world.startMany(2);
  const { repairAnswers, storage } = node!.parts;
  for (let i = 0; i < 20; i++) world.put(node!, keyOf(`key ${i}`), bytesOf("value"));
  const stranger = world.contact(99);
  const origin: Origin = {
    address: stranger.address,
    contact: null,
    claimed: stranger,
    checkedAt: 0,
    reachability: "untried",
    storesLeft: 0,
    storesCountedAt: 0,
  };
  const walks: Walk[] = [];
  const usual = storage.walkAllReplicas.bind(storage);
  storage.walkAllReplicas = (walk) => void walks.push(walk);
  let answers = 0;
  const ask = () =>
    repairAnswers.digest(
      { type: "digest", ranges: [{ range: ALL_KEYS, digest: EMPTY_DIGEST }] },
      origin,
      () => answers++,
    );
  for (let i = 0; i < ASKED; i++) ask();
  assertEquals([walks.length, answers], [1, 0], "while it is gone through");
  usual(walks[0]!);
  assertEquals(answers, ASKED);
  for (let i = 0; i < ASKED; i++) ask();
  assertEquals([walks.length, answers], [1, 2 * ASKED], "at once after that");
  world.run(2_000);
  ask();
  assertEquals(walks.length, 2, "another comparison later on");
});

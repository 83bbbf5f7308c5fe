import { assertEquals } from "@std/assert";
import { type HealthFigures, judgeHealth } from "../../../lib/node/diagnostics/health.ts";
import { SimWorld } from "../../support/sim_world.ts";

const WELL: HealthFigures = {
  contacts: 10,
  answering: 10,
  bootstrappers: 1,
  joinTrouble: null,
  hasJoined: true,
  failedShare: 0,
  eventLoopDelayMs: 0,
  storeShare: 0,
  clockOffsetMs: 0,
  timeInDoubt: null,
  attack: null,
  unreachable: null,
  leaving: null,
  notKept: null,
  full: null,
};

function judge(changes: Partial<HealthFigures>): [string, ...string[]] {
  const { verdict, reasons } = judgeHealth({ ...WELL, ...changes });
  return [verdict, ...reasons];
}

Deno.test("a verdict follows from the figures, and says from which", () => {
  const alone = { contacts: 0, answering: 0, bootstrappers: 0, hasJoined: false };
  assertEquals(judge({}), ["healthy", "10 of 10 contacts answer"]);
  assertEquals(judge({ hasJoined: false, bootstrappers: 0 }), [
    "healthy",
    "10 of 10 contacts answer",
  ]);
  assertEquals(judge(alone), [
    "alone",
    "no other node is known, and none was named to join through",
  ]);
  assertEquals(judge({ ...alone, bootstrappers: 2 }), [
    "joining",
    "none of the 2 nodes to join through has answered yet",
  ]);
  const joinTrouble = "10.0.0.1:7402 belongs to another network";
  assertEquals(judge({ ...alone, bootstrappers: 2, joinTrouble }), [
    "joining",
    "none of the 2 nodes to join through has answered yet: 10.0.0.1:7402 belongs to another network",
  ]);
  assertEquals(judge({ answering: 0 }), ["degraded", "none of 10 contacts answers"]);
  assertEquals(judge({ contacts: 0, answering: 0 }), ["degraded", "all contacts are lost"]);
  assertEquals(judge({ answering: 4 }), ["degraded", "6 of 10 contacts do not answer"]);
  assertEquals(judge({ failedShare: 0.6 }), [
    "degraded",
    "60 % of the recent requests have failed",
  ]);
  assertEquals(judge({ ...alone, storeShare: 0.99 }), [
    "degraded",
    "the store is 99 % full: it refuses values",
  ]);
  assertEquals(judge({ leaving: "2 of 3 values are handed over" }), [
    "degraded",
    "the node is about to leave: 2 of 3 values are handed over",
  ]);
  const unreachable = "unreachable: 127.0.0.1:7999 refused the connection";
  assertEquals(judge({ unreachable }), ["degraded", unreachable]);
  assertEquals(judge({ clockOffsetMs: 365_000 }), [
    "healthy",
    "10 of 10 contacts answer",
    "the clock of this node is 6 min 5 s behind the network's, by which it goes",
  ]);
  assertEquals(
    judge({ clockOffsetMs: -25 * 3_600_000 })[2],
    [
      "the clock of this node is 25 h 0 min ahead of the network's, by which it goes",
    ][0],
  );
  const timeInDoubt = "only 2 of the 4 clocks agree";
  assertEquals(judge({ timeInDoubt }), ["degraded", timeInDoubt]);
  assertEquals(judge({ eventLoopDelayMs: 900, storeShare: 1 }), [
    "degraded",
    "the event loop is 900 ms late: the node is overloaded",
    "the store is 100 % full: it refuses values",
  ]);
});

Deno.test("a node is alone, healthy among others, degraded when they are gone, and joining without", () => {
  const world = new SimWorld();
  const first = world.start(world.contact(1));
  world.run(1_000);
  assertEquals(first.node.health().verdict, "alone");
  const lonely = world.start(world.contact(50), [world.contact(51)]);
  world.run(5_000);
  assertEquals(lonely.node.health().verdict, "joining");
  const others = [2, 3, 4].map((i) => world.start(world.contact(i), [first.contact]));
  world.run(5_000);
  assertEquals(
    [first, ...others].map(({ node }) => node.health().verdict),
    Array(4).fill("healthy"),
  );
  for (const other of others) world.kill(other);
  world.run(10_000);
  assertEquals(first.node.health().verdict, "degraded");
});

import { assertEquals, assertRejects } from "@std/assert";
import { LOOKUPS_WAITING_MAX, PUTS_MAX } from "../../lib/node/limits.ts";
import { NodeBusyError, NodeClosedError } from "../../lib/node/errors.ts";
import { SimWorld } from "../support/sim_world.ts";
import { bytesOf, keyOf } from "../support/values.ts";

Deno.test("after closing, PUT and GET are rejected as closed, also where the value is held", async () => {
  const world = new SimWorld();
  const [node] = world.startMany(2);
  const key = keyOf("k");
  world.put(node!, key, bytesOf("v"));
  await world.close(node!);
  const { node: closed } = node!;
  await assertRejects(() => closed.put(key, bytesOf("v")), NodeClosedError, "Cannot put value");
  for (const readQuorum of [1, 2]) {
    await assertRejects(() => closed.get(key, { readQuorum }), NodeClosedError, "Cannot get value");
  }
});

Deno.test("a GET under way when the node closes is rejected, not answered as missing", async () => {
  const world = new SimWorld();
  const [node] = world.startMany(3);
  const getting = [1, 2].map((readQuorum) => node!.node.get(keyOf("k"), { readQuorum }));
  const rejected = getting.map((one) => assertRejects(() => one, NodeClosedError));
  void node!.node.halt();
  await Promise.all(rejected);
});

Deno.test("one PUT or GET too many is rejected as busy", async () => {
  const world = new SimWorld();
  const silent = world.contact(2);
  world.startScripted(silent, ({ type }) => type === "ping" ? world.pong() : null);
  const { node } = world.start(world.contact(1), [silent], { proofOfWorkBits: 0 });
  world.run(100); // it has been introduced; the first lookup has no answer yet
  let failed = 0;
  const count = () => void failed++;
  const [key, value] = [keyOf("put"), bytesOf("v")];
  for (let i = 0; i < PUTS_MAX; i++) node.put(key, value).catch(count);
  await assertRejects(() => node.put(key, value), NodeBusyError, "Cannot put value");
  const lookupsLeft = LOOKUPS_WAITING_MAX - PUTS_MAX; // all wait until the node has joined
  for (let i = 0; i < lookupsLeft; i++) node.get(keyOf("get")).catch(count);
  await assertRejects(() => node.get(keyOf("get")), NodeBusyError, "Cannot get value");
  assertEquals(failed, 0);
  void node.halt();
});

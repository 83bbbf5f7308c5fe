import { assert, assertEquals } from "@std/assert";
import { REPLICA } from "../../lib/core/value.ts";
import type { NodeParts } from "../../lib/node/parts.ts";
import { StoreQuota } from "../../lib/node/rpc/store_quota.ts";
import type { SimTransport } from "../../lib/sim/transport.ts";
import { SimWorld } from "../support/sim_world.ts";
import { fakeContact, keyOf, patterned } from "../support/values.ts";

const HOUR_MS = 3_600_000;
const BYTES_MAX = 100_000;

/** Has a node take its store for a small one. */
function shrinkStore({ storage }: NodeParts): void {
  const figures = storage.figures.bind(storage);
  storage.figures = () => {
    const all = figures();
    return { ...all, bytesMax: BYTES_MAX, fill: all.bytes / BYTES_MAX };
  };
}

function storeOf(world: SimWorld, text: string, length = 1_000) {
  const said = { key: keyOf(text), value: patterned(length), ttlMs: 24 * HOUR_MS };
  return { type: "store", ...world.version(said), cachedUntil: REPLICA } as const;
}

for (
  const [plan, ip, neighbour] of [["one machine", "10.0.0.9"], [
    "the Internet",
    "20.0.9.1",
    "20.0.9.77",
  ]]
) {
  Deno.test(`one source does not fill a store, and others still store: ${plan}`, () => {
    const world = new SimWorld();
    const node = world.start(fakeContact(neighbour ? "20.0.0.1" : "10.0.0.1", 7402));
    shrinkStore(node.parts);
    const status = (from: SimTransport, text: string) => {
      const answer = world.ask(from, node.contact, storeOf(world, text));
      return typeof answer !== "string" && answer.type === "stored" ? answer.status : answer;
    };
    const attackers = [ip!, neighbour ?? ip!].map((one, i) =>
      world.startScripted(fakeContact(one, 1 + i), () => null)
    );
    const taken = Array.from({ length: 200 }, (_, i) => status(attackers[i % 2]!, `flood ${i}`))
      .filter((one) => one === "stored").length;
    assert(taken > 30 && taken < 60, `${taken} of 200`);
    const honest = world.startScripted(
      fakeContact(neighbour ? "20.0.8.1" : "10.0.0.8", 1),
      () => null,
    );
    for (let i = 0; i < 20; i++) assertEquals(status(honest, `honest ${i}`), "stored");
    world.run(25 * HOUR_MS);
    assertEquals(status(attackers[0]!, "a day later"), "stored");
  });
}

Deno.test("what a source has stored counts until it ends, and that of a thousand others does not hide it", () => {
  const quota = new StoreQuota();
  const store = { bytesMax: 1_000, fill: 0.9 };
  const request = { bytes: 200, endsAt: HOUR_MS / 2, now: 0 };
  assert(quota.allows("a", request, store));
  quota.note("a", request);
  assert(!quota.allows("a", request, store));
  assert(quota.allows("a", request, { ...store, fill: 0.1 }));
  for (let i = 0; i < 2_000; i++) quota.note(`other ${i}`, { ...request, bytes: 1 });
  assert(!quota.allows("a", request, store));
  assert(quota.allows("a", { ...request, now: HOUR_MS }, store));
});

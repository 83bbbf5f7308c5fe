import { assertEquals } from "@std/assert";
import { SimWorld, type TestNode } from "../../support/sim_world.ts";
import { bytesOf, keyOf, textOf } from "../../support/values.ts";

const MINUTE_MS = 60_000;

Deno.test("of two versions that a contact has missed it gets the newer one, and none once that has ended", () => {
  for (const [awayMs, expected] of [[MINUTE_MS / 2, ["new"]], [2 * MINUTE_MS, []]] as const) {
    const world = new SimWorld();
    const { parts, node } = world.startMany(1)[0]!;
    const away = world.contact(50);
    const got: (string | null)[] = [];
    world.startScripted(away, (request) => {
      if (request.type !== "store") return world.pong();
      got.push(textOf(request.value) ?? null);
      return { type: "stored", status: "stored" };
    });
    const key = keyOf("missed");
    const note = (text: string, stamp: number, ttlMs: number): void => {
      const version = world.version({ key, value: bytesOf(text), stamp, ttlMs });
      parts.missedStores.note(away, { ...version, replicas: 3 });
    };
    const now = node.networkNow();
    note("old", now, 60 * MINUTE_MS);
    note("new", now + 2, MINUTE_MS);
    note("older", now + 1, 60 * MINUTE_MS);
    world.run(awayMs);
    parts.missedStores.noteReturned(away);
    world.run(5_000);
    assertEquals(got, expected);
  }
});

Deno.test("a contact that is back does not get a version that the sender has replaced meanwhile", () => {
  const world = new SimWorld();
  const [sender] = world.startMany(1) as [TestNode];
  const away = world.contact(50);
  const got: string[] = [];
  world.startScripted(away, ({ type }) => {
    got.push(type);
    return world.pong();
  });
  const key = keyOf("missed");
  const missed = world.version({ key, value: bytesOf("old") });
  sender.parts.missedStores.note(away, { ...missed, replicas: 3 });
  world.run(1_000);
  world.hold(sender, { key, value: bytesOf("new") });
  sender.parts.missedStores.noteReturned(away);
  world.run(5_000);
  assertEquals(got, []);
});

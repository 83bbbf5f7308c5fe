import { assert, assertEquals } from "@std/assert";
import {
  PATH_CACHE_TTL_MAX_MS,
  STORES_BURST_MAX,
  STORES_PER_SECOND_MAX,
} from "../../../lib/node/limits.ts";
import {
  STAMP_AHEAD_MAX_MS,
  STAMP_AHEAD_MIN_MS,
  VALUE_BYTES_MAX,
} from "../../../lib/core/limits.ts";
import type { Claimed } from "../../../lib/core/proof_of_work.ts";
import { REPLICA } from "../../../lib/core/value.ts";
import type { PeerRequest } from "../../../lib/core/wire/messages.ts";
import { SimWorld } from "../../support/sim_world.ts";
import { bytesOf, keyOf, patterned, proven, textOf } from "../../support/values.ts";

const BITS = 4;
const key = keyOf("stored");
const value = bytesOf("value");

/** What is other than usual in a STORE. */
interface Changes extends Partial<Claimed> {
  /** From now on. */
  readonly ttlMs?: number;
  readonly bits?: number;
  /** For how long it is to be kept as a cached value, if it is one. */
  readonly cachedMs?: number;
}

/** A node and a client that is none, which stores on it. */
function withClient() {
  const world = new SimWorld();
  const node = world.start(world.contact(1), [], { proofOfWorkBits: BITS, ttlMaxMs: 3_600_000 });
  const client = world.startScripted(world.contact(2), () => null);
  const request = (
    { ttlMs = 60_000, bits = BITS, cachedMs, ...said }: Changes = {},
  ): PeerRequest => {
    const stamp = said.stamp ?? world.queue.unixNow();
    const expiresAt = Math.max(stamp, world.queue.unixNow()) + ttlMs;
    const whole = { key, value, replication: 3, stamp, expiresAt, ...said };
    const cachedUntil = cachedMs === undefined ? REPLICA : world.queue.unixNow() + cachedMs;
    return { type: "store", ...proven(whole, bits), cachedUntil };
  };
  const store = (changes: Changes = {}): string => send(request(changes));
  const send = (request: PeerRequest): string => {
    const answer = world.ask(client, node.contact, request);
    return typeof answer === "object" && answer.type === "stored" ? answer.status : "no answer";
  };
  const held = () => node.parts.storage.get(key);
  return { world, node, client, request, store, send, held };
}

Deno.test("a STORE of a client that is no node is stored, and makes it no contact", () => {
  const { store, node, held } = withClient();
  assertEquals(store(), "stored");
  assertEquals(textOf(held()?.value), "value");
  assertEquals(node.parts.table.size, 0);
});

Deno.test("a lifetime ends when its PUT has said, however long the STORE took on its way", () => {
  for (const wayMs of [0, 900, 3_000, 50_000]) {
    const { world, request, send, held } = withClient();
    const sent = request();
    world.run(wayMs);
    assertEquals(send(sent), "stored");
    const left = held()!.expiresAt - world.now;
    assert(Math.abs(left - 60_000 + wayMs) < 150, `${left} ms are left after ${wayMs} ms`);
  }
  const { world, request, send } = withClient();
  const sent = request({ ttlMs: 2_000 });
  world.run(3_000);
  assertEquals(send(sent), "expired");
});

Deno.test("a STORE with too weak a proof of work is refused", () => {
  const { store, held } = withClient();
  assertEquals(store({ bits: BITS - 1 }), "weakProofOfWork");
  assertEquals(held(), null);
  assertEquals(store({ bits: BITS + 3 }), "stored");
});

Deno.test("a STORE that says other than its proof of work is refused as that", () => {
  const { request, send, held } = withClient();
  const sent = request();
  if (sent.type !== "store") throw new Error("it is a STORE");
  const { stamp, expiresAt } = sent;
  const others = [
    { key: keyOf("other") },
    { value: bytesOf("other") },
    { stamp: stamp + 1 },
    { stamp: stamp + 1, expiresAt: expiresAt + 1 },
    { expiresAt: stamp + 1 },
    { replication: 1 },
  ];
  for (const other of others) assertEquals(send({ ...sent, ...other }), "proofOfAnother");
  assertEquals(held(), null);
  assertEquals(send(sent), "stored");
});

Deno.test("a STORE of a value too large is refused, one of the largest is not", () => {
  const { store, held } = withClient();
  assertEquals(store({ value: new Uint8Array(VALUE_BYTES_MAX + 1) }), "tooLarge");
  assertEquals(store({ value: new Uint8Array(130_000) }), "tooLarge");
  assertEquals(held(), null);
  const largest = patterned(VALUE_BYTES_MAX);
  assertEquals(store({ value: largest }), "stored");
  assertEquals(held()?.value, largest);
});

Deno.test("a STORE with a ttl of 0, or too old, is refused as expired", () => {
  const { store, held, world } = withClient();
  const now = world.queue.unixNow();
  assertEquals(store({ ttlMs: 0 }), "expired");
  assertEquals(store({ stamp: now - 3_600_000 }), "expired", "put longer ago than any ttl");
  assertEquals(held(), null);
});

Deno.test("a STORE dated too far ahead is refused as that, one dated a little ahead is not", () => {
  const { store, held, world } = withClient();
  const now = world.queue.unixNow();
  assertEquals(store({ stamp: now + STAMP_AHEAD_MAX_MS + 1_000 }), "stampAhead");
  assertEquals(store({ stamp: 2 ** 52 }), "stampAhead");
  assertEquals(held(), null);
  assertEquals(store({ stamp: now + STAMP_AHEAD_MAX_MS - 1_000 }), "stored");
});

Deno.test("the newer stamp wins in any order of arrival", () => {
  const { store, held, world } = withClient();
  const now = world.queue.unixNow();
  assertEquals(store({ stamp: now, value: bytesOf("first") }), "stored");
  assertEquals(store({ stamp: now - 1, value: bytesOf("older") }), "newerHeld");
  assertEquals(textOf(held()?.value), "first");
  assertEquals(store({ stamp: now + 1, value: bytesOf("newer") }), "stored");
  assertEquals(textOf(held()?.value), "newer");
});

Deno.test("on equal stamps all nodes settle on the same value", () => {
  const values = ["a", "b", "c", "d"].map(bytesOf);
  const ends = [values, values.toReversed()].map((order) => {
    const { store, held, world } = withClient();
    const stamp = world.queue.unixNow();
    for (const each of order) store({ stamp, value: each });
    return textOf(held()?.value);
  });
  assertEquals(ends[0], ends[1]);
});

Deno.test("no STORE prolongs or shortens the ttl of a version that is held", () => {
  const { request, send, held, world } = withClient();
  const sent = request();
  send(sent);
  const { expiresAt } = held()!;
  world.run(30_000);
  assertEquals(send(sent), "stored");
  assertEquals(held()!.expiresAt, expiresAt);
});

Deno.test("no ttl is longer than the node allows, counted from the PUT", () => {
  const { store, held, world } = withClient();
  store({ ttlMs: 0xffff_0000 });
  assert(held()!.expiresAt <= world.now + 3_600_000);
  const other = withClient();
  other.store({ ttlMs: 3_600_000, stamp: other.world.queue.unixNow() - 3_000_000 });
  assert(other.held()!.expiresAt <= other.world.now + 600_000);
});

Deno.test("a STORE of a cached value is short-lived and not republished", () => {
  const { store, held, world, node } = withClient();
  store({ cachedMs: 600_000, ttlMs: 3_600_000 });
  assert(held()!.isCached);
  assert(held()!.expiresAt <= world.now + PATH_CACHE_TTL_MAX_MS);
  assertEquals(node.parts.storage.takeDue(10).length, 0);
});

Deno.test("a cached value that becomes a replica gets its real ttl and replication", () => {
  const { request, send, held, world } = withClient();
  const sent = request({ ttlMs: 600_000, cachedMs: 5_000 });
  assertEquals([send(sent), held()!.isCached], ["stored", true]);
  const now = world.queue.unixNow();
  assert(held()!.expiresAt <= world.now + 5_000);
  send({ ...sent, cachedUntil: REPLICA } as PeerRequest);
  assertEquals([held()!.isCached, held()!.replication], [false, 3]);
  assert(held()!.expiresAt > world.now + 590_000, `${now}`);
});

Deno.test("a cached value never takes a replica away: what is newer is a replica in its place", () => {
  const { store, held, world } = withClient();
  store({ value: bytesOf("older"), ttlMs: 600_000 });
  world.run(10);
  assertEquals(store({ value: bytesOf("newer"), ttlMs: 300_000, cachedMs: 1_500 }), "stored");
  assertEquals([textOf(held()?.value), held()!.isCached], ["newer", false]);
  world.run(200_000);
  assertEquals(textOf(held()?.value), "newer");
});

Deno.test("once the network's time is agreed on, a stamp is hardly ahead of it", () => {
  const world = new SimWorld();
  const [node] = world.startMany(8);
  const client = world.startScripted(world.contact(99), () => null);
  const store = (aheadMs: number) => {
    const version = world.version({ key, value, stamp: world.queue.unixNow() + aheadMs });
    return world.ask(client, node!.contact, { type: "store", ...version, cachedUntil: REPLICA });
  };
  assertEquals(store(299_000), { type: "stored", status: "stampAhead" });
  assertEquals(store(STAMP_AHEAD_MIN_MS + 1_000), { type: "stored", status: "stampAhead" });
  assertEquals(store(STAMP_AHEAD_MIN_MS - 1_000), { type: "stored", status: "stored" });
});

Deno.test("a connection may send a burst of STOREs, and then so many a second", () => {
  const { world, node, client, request } = withClient();
  const statuses: string[] = [];
  const sendMany = (count: number) => {
    const one = request();
    for (let i = 0; i < count; i++) {
      client.request(node.contact, one, (answer) => {
        statuses.push(answer?.type === "stored" ? answer.status : "none");
      });
    }
    world.run(200);
  };
  sendMany(STORES_BURST_MAX + 500);
  const refused = statuses.filter((status) => status === "tooManyRequests").length;
  assert(refused >= 400 && refused <= 500, `${refused} refused of 500 beyond the burst`);
  world.run(1_000);
  statuses.length = 0;
  sendMany(STORES_PER_SECOND_MAX);
  assertEquals(statuses.filter((status) => status === "stored").length, STORES_PER_SECOND_MAX);
});

Deno.test("a peer that stores too much keeps no other from storing", () => {
  const { world, node, client, request } = withClient();
  const other = world.startScripted(world.contact(3), () => null);
  const statuses = new Map<unknown, string>();
  const one = request();
  for (let i = 0; i < STORES_BURST_MAX + 100; i++) client.request(node.contact, one, () => {});
  for (const from of [client, other]) {
    from.request(node.contact, one, (answer) => {
      if (answer?.type === "stored") statuses.set(from, answer.status);
    });
  }
  world.run(200);
  assertEquals([statuses.get(client), statuses.get(other)], ["tooManyRequests", "stored"]);
});

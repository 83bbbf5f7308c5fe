import { assert, assertEquals } from "@std/assert";
import {
  PATH_CACHE_TTL_MAX_MS,
  STORES_BURST_MAX,
  STORES_PER_SECOND_MAX,
} from "../../../lib/node/limits.ts";
import { STAMP_AHEAD_MAX_MS, VALUE_BYTES_MAX } from "../../../lib/core/limits.ts";
import type { TimedValue } from "../../../lib/core/value.ts";
import type { PeerRequest } from "../../../lib/core/wire/messages.ts";
import { SimWorld } from "../../support/sim_world.ts";
import { bytesOf, keyOf, nonceOf, patterned, textOf } from "../../support/values.ts";

const BITS = 4;
const key = keyOf("stored");
const value = bytesOf("value");

/** A node and a client that is none, which stores on it. */
function withClient() {
  const world = new SimWorld();
  const node = world.start(world.contact(1), [], { proofOfWorkBits: BITS, ttlMaxMs: 3_600_000 });
  const client = world.startScripted(world.contact(2), () => null);
  const request = (
    { sentAt = 0, ...changes }: Partial<TimedValue> & { readonly sentAt?: number } = {},
  ): PeerRequest => {
    const nonce = nonceOf(changes.key ?? key, changes.value ?? value, BITS);
    const stamp = world.queue.unixNow();
    const whole = { key, value, ttlMs: 60_000, replication: 3, stamp, nonce, ...changes };
    return { type: "store", sentAt, ...whole };
  };
  const store = (changes: Parameters<typeof request>[0] = {}): string => {
    const answer = world.ask(client, node.contact, request(changes));
    return typeof answer === "object" && answer.type === "stored" ? answer.status : "no answer";
  };
  const held = () => node.parts.storage.get(key);
  return { world, node, client, request, store, held };
}

Deno.test("a STORE of a client that is no node is stored, and makes it no contact", () => {
  const { store, node, held } = withClient();
  assertEquals(store(), "stored");
  assertEquals(textOf(held()?.value), "value");
  assertEquals(node.parts.table.size, 0);
});

Deno.test("what a STORE took on its way comes off its lifetime, unless the clocks disagree", () => {
  const ways = [[0, 60_000], [3_000, 57_000], [9_900, 50_100], [60_000, 60_000], [900, 60_000], [
    -5_000,
    60_000,
  ], [
    -60_000,
    60_000,
  ]];
  for (const [wayMs, leftMs] of ways as [number, number][]) {
    const { world, store, held } = withClient();
    const sentAt = world.queue.unixNow() - wayMs;
    assertEquals(store({ sentAt }), "stored");
    const left = held()!.expiresAt - world.now;
    assert(Math.abs(left - leftMs) < 150, `${left} ms are left after ${wayMs} ms`);
  }
  const { world, store } = withClient();
  assertEquals(store({ ttlMs: 2_000, sentAt: world.queue.unixNow() - 3_000 }), "expired");
});

Deno.test("a STORE with too weak a proof of work is refused", () => {
  const { store, held } = withClient();
  assertEquals(store({ nonce: nonceOf(key, value, BITS - 1) }), "weakProofOfWork");
  assertEquals(store({ nonce: nonceOf(key, bytesOf("other"), BITS) }), "weakProofOfWork");
  assertEquals(held(), null);
  assertEquals(store({ nonce: nonceOf(key, value, BITS + 3) }), "stored");
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
  assertEquals(store({ stamp: 2 ** 53 }), "stampAhead");
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

Deno.test("no STORE prolongs or shortens the ttl of a value that is held", () => {
  const { store, held, world } = withClient();
  const stamp = world.queue.unixNow();
  store({ stamp, ttlMs: 60_000 });
  const { expiresAt } = held()!;
  world.run(30_000);
  assertEquals(store({ stamp, ttlMs: 60_000 }), "stored");
  assertEquals(store({ stamp, ttlMs: 1_000 }), "stored");
  assertEquals(held()!.expiresAt, expiresAt);
});

Deno.test("no ttl is longer than the node allows, counted from the PUT", () => {
  const { store, held, world } = withClient();
  store({ ttlMs: 0xffff_ffff });
  assert(held()!.expiresAt <= world.now + 3_600_000);
  const other = withClient();
  other.store({ ttlMs: 3_600_000, stamp: other.world.queue.unixNow() - 3_000_000 });
  assert(other.held()!.expiresAt <= other.world.now + 600_000);
});

Deno.test("a STORE with replication 0 is a cached value: short-lived and not republished", () => {
  const { store, held, world, node } = withClient();
  store({ replication: 0, ttlMs: 3_600_000 });
  assert(held()!.isCached);
  assert(held()!.expiresAt <= world.now + PATH_CACHE_TTL_MAX_MS);
  assertEquals(node.parts.storage.takeDue(10).length, 0);
});

Deno.test("a cached value that becomes a replica gets its real ttl and replication", () => {
  const { store, held, world } = withClient();
  const stamp = world.queue.unixNow();
  store({ stamp, replication: 0, ttlMs: 5_000 });
  store({ stamp, replication: 3, ttlMs: 600_000 });
  assertEquals([held()!.isCached, held()!.replication], [false, 3]);
  assert(held()!.expiresAt > world.now + 590_000);
});

Deno.test("a connection may send a burst of STOREs, and then so many a second", () => {
  const { world, node, client, request } = withClient();
  const statuses: string[] = [];
  const sendMany = (count: number) => {
    for (let i = 0; i < count; i++) {
      client.request(node.contact, request(), (answer) => {
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
  for (let i = 0; i < STORES_BURST_MAX + 100; i++) {
    client.request(node.contact, request(), () => {});
  }
  for (const from of [client, other]) {
    from.request(node.contact, request(), (answer) => {
      if (answer?.type === "stored") statuses.set(from, answer.status);
    });
  }
  world.run(200);
  assertEquals([statuses.get(client), statuses.get(other)], ["tooManyRequests", "stored"]);
});

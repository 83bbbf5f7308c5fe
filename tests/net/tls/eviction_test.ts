import { assert, assertEquals } from "@std/assert";
import { makeAddress } from "../../../lib/core/kademlia/address.ts";
import { type Evictable, toEvict } from "../../../lib/net/tls/eviction.ts";

/** A pool of so many places, whose connections come one after the other. */
class Pool {
  readonly open: Evictable[] = [];
  #now = 0;
  readonly #sizeMax: number;

  constructor(sizeMax: number) {
    this.#sizeMax = sizeMax;
  }

  connect(ip: string, hasAsked: boolean): Evictable {
    if (this.open.length >= this.#sizeMax) {
      this.open.splice(this.open.indexOf(toEvict(this.open)!), 1);
    }
    const openedAt = ++this.#now;
    const usedAt = hasAsked ? ++this.#now : openedAt;
    const connection = { address: makeAddress(ip, 40_000), openedAt, usedAt, idle: true };
    this.open.push(connection);
    return connection;
  }
}

Deno.test("many connections of one address cut no idle one of the same address that was there before", () => {
  const pool = new Pool(64);
  const honest = pool.connect("192.0.2.1", true);
  for (let i = 0; i < 1_000; i++) pool.connect("192.0.2.1", i % 2 === 0);
  assert(pool.open.includes(honest));
});

Deno.test("many connections of one network cut none of others, however young and idle", () => {
  const pool = new Pool(64);
  for (let i = 0; i < 32; i++) pool.connect(`192.0.2.${i}`, true);
  const honest = Array.from({ length: 20 }, (_, i) => pool.connect(`198.51.${i}.1`, false));
  for (let i = 0; i < 1_000; i++) pool.connect(`192.0.2.${i % 250}`, true);
  assert(honest.every((connection) => pool.open.includes(connection)));
});

Deno.test("where all networks have few connections, the one used least recently gives way", () => {
  const pool = new Pool(8);
  const connections = Array.from({ length: 8 }, (_, i) => pool.connect(`198.51.${i}.1`, false));
  assertEquals(toEvict(pool.open), connections[0]);
  pool.connect("203.0.113.1", false);
  assert(!pool.open.includes(connections[0]!));
});

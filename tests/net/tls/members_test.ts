/**
 * Members without the network key, over real connections.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { encodeHex } from "@std/encoding/hex";
import type { NetworkRecords } from "../../../lib/identity/credentials.ts";
import { type Ban, type NetworkKeys, publicKeyOf } from "../../../lib/identity/network.ts";
import type { ListenerKind } from "../../../lib/net/tls/open_listener.ts";
import { startNode, type TlsNode, until } from "../../support/tls_nodes.ts";
import { bytesOf, keyOf, textOf } from "../../support/values.ts";

const KEY = keyOf("network key");
const TOKEN = new Uint8Array(16).fill(1);
const INVITED: NetworkKeys = [{ publicKey: publicKeyOf(KEY), signature: null, token: TOKEN }];

/** What a node keeps from one process to the next. */
class Place {
  keys: NetworkKeys;
  bans: readonly Ban[] = [];
  node: TlsNode | null = null;
  readonly #name: string;

  constructor(name: string, keys: NetworkKeys) {
    this.#name = name;
    this.keys = keys;
  }

  async start(
    via: readonly TlsNode[],
    { port = 0, listener = "deno" }: { port?: number; listener?: ListenerKind } = {},
  ): Promise<TlsNode> {
    const networkRecords: NetworkRecords = {
      bans: this.bans,
      redeem: () => true,
      onKeys: (keys) => this.keys = keys,
      onBans: (bans) => this.bans = bans,
    };
    const terms = { networkKeys: this.keys, networkRecords, certificateName: this.#name };
    return this.node = await startNode({ via, port, listener, ...terms });
  }
}

function contactsOf({ node }: TlsNode): string[] {
  return node.contacts().map(({ id }) => encodeHex(id)).sort();
}

Deno.test("an invited node joins, is dialled back, puts and gets, and joins again by its membership", async () => {
  await using host = await new Place("host", [KEY]).start([]);
  const place = new Place("guest", INVITED);
  await using guest = await place.start([host]);
  await until(() => contactsOf(host).length === 1 && contactsOf(guest).length === 1);
  await guest.node.put(keyOf("key"), bytesOf("value"), { replication: 2 });
  assertEquals(textOf((await host.node.get(keyOf("key")))?.value), "value");
  const port = guest.node.self.address.port;
  await guest.close();
  assert(!(place.keys[0] instanceof Uint8Array) && place.keys[0]!.signature);
  await using again = await place.start([host], { port });
  await until(() => contactsOf(again).length === 1);
  assertEquals(textOf((await again.node.get(keyOf("key")))?.value), "value");
});

for (const listener of ["deno", "node"] as const) {
  Deno.test(`a member that is shut out gets nothing more, and the others miss nothing (${listener})`, async () => {
    const [host, other, third, bad] = [
      new Place("host", [KEY]),
      new Place("other", INVITED),
      new Place("third", INVITED),
      new Place("bad", INVITED),
    ];
    await using h = await host.start([], { listener });
    await using o = await other.start([h], { listener });
    await using t = await third.start([h], { listener });
    await using b = await bad.start([h], { listener });
    const all = [h, o, t, b];
    await until(() => all.every((node) => contactsOf(node).length === 3));
    for (let i = 0; i < 20; i++) {
      await b.node.put(keyOf(`${i}`), bytesOf(`value ${i}`), { replication: 4 });
    }
    h.ban(b.node.id);
    let missed = 0;
    const reading = (async () => {
      while (!b.lines.some((line) => /has been shut out/.test(line))) {
        for (let i = 0; i < 20; i++) if (!await o.node.get(keyOf(`${i}`))) missed++;
        await b.node.get(keyOf("nothing")).catch(() => {});
      }
    })();
    await until(() => [host, other, third].every(({ bans }) => bans.length === 1));
    await reading;
    assertEquals(missed, 0);
    for (const { node } of [h, o, t]) assertEquals(await node.ping(b.node.self), "shutOut");
    for (const { lines } of [h, o, t]) {
      assertEquals(lines.filter((line) => /^error/.test(line)), []);
    }
    const value = await o.node.put(keyOf("new"), bytesOf("new"), { replication: 3 });
    assertEquals(value.holders.length, 3);
    assertEquals(await b.node.get(keyOf("new")), null);
  });
}

Deno.test("who is shut out stays out after all have been restarted, at another port and by any member", async () => {
  const [host, other, bad] = [
    new Place("host", [KEY]),
    new Place("other", INVITED),
    new Place("bad", INVITED),
  ];
  {
    await using h = await host.start([]);
    await using o = await other.start([h]);
    await using b = await bad.start([h]);
    await until(() => [h, o, b].every((node) => contactsOf(node).length === 2));
    h.ban(b.node.id);
    await until(() => other.bans.length === 1);
  }
  await using h = await host.start([]);
  await using o = await other.start([h]);
  await until(() => contactsOf(o).length === 1 && contactsOf(h).length === 1);
  await using b = await bad.start([h, o]);
  await until(() => b.lines.some((line) => /^warn Cannot join/.test(line)));
  assertMatch(b.lines.join("\n"), /Cannot join: .* one of them has been shut out/);
  assertEquals([contactsOf(b), contactsOf(h), contactsOf(o)].map(({ length }) => length), [
    0,
    1,
    1,
  ]);
});

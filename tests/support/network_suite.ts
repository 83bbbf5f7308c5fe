/**
 * What a small network of nodes does, as tests: run over TLS and in the simulator.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { type Contact, sameContact } from "../../lib/core/kademlia/contact.ts";
import type { Node } from "../../lib/node/node.ts";
import type { NodeOptions } from "../../lib/node/options.ts";
import type { Origin, Transport } from "../../lib/node/ports.ts";
import { bytesOf, keyOf, patterned, textOf } from "./values.ts";
import { pingOf } from "./pings.ts";

/** What a stranger may say wrongly of itself. */
export type Lie = "IP" | "port" | "certificate";

/** Nodes and strangers that reach each other. Time passes while {@linkcode NetworkBench.wait} waits. */
export interface NetworkBench extends AsyncDisposable {
  start(via: readonly Node[], options?: Partial<NodeOptions>): Promise<Node>;
  /** The connections by which a node has been asked. */
  originsOf(node: Node): ReadonlySet<Origin>;
  /**
   * A transport that belongs to no node; it answers each PING and nothing else. It says that it is the contact,
   * or one like it but for the part that is named.
   */
  stranger(lieAbout?: Lie): Promise<{ readonly transport: Transport; readonly contact: Contact }>;
  settle<T>(promise: Promise<T>): Promise<T>;
  wait(ms: number): Promise<void>;
}

async function until(bench: NetworkBench, what: () => boolean): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (what()) return;
    await bench.wait(10);
  }
  throw new Error(`never: ${what}`);
}

async function startMany(bench: NetworkBench, count: number): Promise<Node[]> {
  const nodes: Node[] = [];
  for (let i = 0; i < count; i++) nodes.push(await bench.start(nodes.slice(0, 1)));
  await until(bench, () => nodes.every((node) => node.figures().contacts === count - 1));
  return nodes;
}

/** Registers the tests for one kind of network. */
export function testNetwork(name: string, makeBench: () => Promise<NetworkBench>): void {
  const promise = (what: string, test: (bench: NetworkBench) => Promise<void>): void => {
    Deno.test(`${name}: ${what}`, async () => {
      await using bench = await makeBench();
      await test(bench);
    });
  };

  const introduce = async (bench: NetworkBench, lieAbout?: Lie) => {
    const node = await bench.start([]);
    const origins = bench.originsOf(node);
    const { transport, contact } = await bench.stranger(lieAbout);
    const ponged = new Promise<void>((resolve) => {
      transport.request(node.self, pingOf(contact, Date.now()), () => resolve());
    });
    await bench.settle(ponged);
    return { node, contact, origins };
  };

  promise("who introduces itself is a contact once it has been dialled back", async (bench) => {
    const { node, contact, origins } = await introduce(bench);
    await until(bench, () => node.figures().contacts === 1);
    assert(node.contacts().some((known) => sameContact(known, contact)));
    const [origin] = origins;
    await until(bench, () => origin!.contact !== null);
    assert(sameContact(origin!.contact!, contact));
  });

  for (const about of ["IP", "port", "certificate"] as const) {
    promise(`who lies about its ${about} never enters the table`, async (bench) => {
      const { node, origins } = await introduce(bench, about);
      await bench.wait(200);
      assertEquals(node.figures().contacts, 0);
      assert([...origins].every(({ contact }) => contact === null));
    });
  }

  promise("eight nodes find what any of them has put", async (bench) => {
    const nodes = await startMany(bench, 8);
    await bench.settle(Promise.all(nodes.map(async (node, i) => {
      const receipt = await node.put(keyOf(`${i}`), bytesOf(`of ${i}`), { replication: 3 });
      assertEquals([receipt.holders.length, receipt.refused], [3, []]);
    })));
    for (const node of nodes) {
      const results = await bench.settle(
        Promise.all(nodes.map((_, i) => node.get(keyOf(`${i}`)))),
      );
      assertEquals(results.map((result) => textOf(result?.value)), nodes.map((_, i) => `of ${i}`));
    }
  });

  promise("the largest value goes from node to node unchanged", async (bench) => {
    const [a, b] = await startMany(bench, 2);
    const value = patterned(65_495);
    await bench.settle(a!.put(keyOf("large"), value, { replication: 1 }));
    assertEquals((await bench.settle(a!.get(keyOf("large"))))?.value, value);
    assertEquals((await bench.settle(b!.get(keyOf("large"))))?.value, value);
  });

  promise("the newer of two values wins on all nodes", async (bench) => {
    const nodes = await startMany(bench, 4);
    const key = keyOf("contended");
    await bench.settle(nodes[1]!.put(key, bytesOf("old"), { replication: 4 }));
    await bench.wait(5);
    await bench.settle(nodes[2]!.put(key, bytesOf("new"), { replication: 4 }));
    for (const node of nodes) {
      assertEquals(textOf((await bench.settle(node.get(key)))?.value), "new");
    }
  });

  promise("a value with a ttl of one second is found, and then no more", async (bench) => {
    const nodes = await startMany(bench, 4);
    const key = keyOf("short");
    await bench.settle(nodes[0]!.put(key, bytesOf("v"), { ttlMs: 1_000, replication: 2 }));
    for (const node of nodes) assert(await bench.settle(node.get(key)));
    await bench.wait(1_100);
    for (const node of nodes) assertEquals(await bench.settle(node.get(key)), null);
  });

  promise("the values of a node that leaves stay", async (bench) => {
    const nodes = await startMany(bench, 5);
    const keys = Array.from({ length: 20 }, (_, i) => keyOf(`stays ${i}`));
    for (const key of keys) {
      await bench.settle(nodes[0]!.put(key, bytesOf("v"), { replication: 1 }));
    }
    await bench.settle(nodes[1]!.close());
    await bench.settle(nodes[2]!.close());
    for (const key of keys) assert(await bench.settle(nodes[4]!.get(key)));
  });

  promise("closing while joining, and twice, is no trouble", async (bench) => {
    const nodes = await startMany(bench, 3);
    const late = await bench.start(nodes);
    await bench.settle(Promise.all([late.close(), late.close()]));
    await bench.settle(late.close());
    const later = await bench.start(nodes);
    await bench.wait(3);
    await bench.settle(later.close());
  });

  promise("all nodes may close at the same time", async (bench) => {
    const nodes = await startMany(bench, 5);
    for (let i = 0; i < 10; i++) {
      await bench.settle(nodes[0]!.put(keyOf(`${i}`), bytesOf("v"), { replication: 1 }));
    }
    await bench.settle(Promise.all(nodes.map((node) => node.close())));
  });
}

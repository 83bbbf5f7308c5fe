/**
 * The peer of `examples`, which is written from `docs/protocol.md` alone, in a network of real nodes.
 */

import { assert, assertEquals } from "@std/assert";
import { formatAddress } from "../../lib/core/kademlia/address.ts";
import type { Contact } from "../../lib/core/kademlia/contact.ts";
import { compareDistance, type NodeId } from "../../lib/core/kademlia/node_id.ts";
import { sha256 } from "../../lib/hash/sha256.ts";
import { formatInvite } from "../../lib/identity/invite.ts";
import { ROOT } from "../../scripts/common/root.ts";
import { FakePeer } from "../support/fake_peer.ts";
import { join, peerFrame, pong, uint } from "../support/frames.ts";
import { deadPort, startNode, type TlsNode, until } from "../support/tls_nodes.ts";
import { bytesOf, textOf } from "../support/values.ts";

const FILE = `${ROOT}examples/minimal_peer.ts`;
const WORK = { node: { proofOfWorkBits: 8 } };

/** The example as a process: each line that it is given has one line of answer. */
class MinimalPeer implements AsyncDisposable {
  readonly port = deadPort();
  readonly #child: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: ReadableStreamDefaultReader<string>;

  constructor(invite: string) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", FILE, "127.0.0.1", `${this.port}`, invite],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#stdin = this.#child.stdin.getWriter();
    this.#lines = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  async ask(line: string): Promise<string> {
    await this.#stdin.write(bytesOf(`${line}\n`));
    const { value } = await this.#lines.read();
    return value?.trim() ?? "";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stdin.close();
    await this.#lines.cancel();
    await this.#child.status;
  }
}

/** Three real nodes that know each other, and the minimal peer among them. */
async function startNetwork() {
  const first = await startNode(WORK);
  const second = await startNode({ via: [first], ...WORK });
  const third = await startNode({ via: [first], ...WORK });
  const nodes = [first, second, third] as const;
  const peer = new MinimalPeer(formatInvite(first.node.self));
  const close = async () => {
    await peer[Symbol.asyncDispose]();
    await Promise.all(nodes.map((node) => node.close()));
  };
  return { nodes, peer, [Symbol.asyncDispose]: close };
}

/** The minimal peer as a real node knows it, once it has been dialled back. */
async function contactOf({ port }: MinimalPeer, node: TlsNode): Promise<Contact> {
  const find = () => node.node.contacts().find(({ address }) => address.port === port);
  await until(() => find() !== undefined, 10_000);
  return find()!;
}

/** A text whose SHA-256 is closer to one of some contacts than to the others. */
function textNear(wanted: Contact, contacts: readonly Contact[]): { text: string; key: NodeId } {
  for (let n = 0;; n++) {
    const text = `text-${n}`;
    const key = sha256(bytesOf(text));
    const [closest] = contacts.toSorted((a, b) => compareDistance(key, a.id, b.id));
    if (closest === wanted) return { text, key };
  }
}

Deno.test("the minimal peer imports nothing of lib, in fewer than 250 lines", async () => {
  const text = await Deno.readTextFile(FILE);
  const imports = [...text.matchAll(/from "([^"]+)"/g)].map(([, name]) => name!);
  assertEquals(imports.filter((name) => !name.startsWith("node:")), ["@peculiar/x509"]);
  assert(text.split("\n").length <= 250);
});

Deno.test("a minimal peer that is asked to go takes its answer, hangs up, and connects again when it asks again", async () => {
  const goingAway = peerFrame(665, 0, new Uint8Array(0));
  await using fake = await FakePeer.listen(({ type, id }) => {
    // The announcement comes first, under the id of the request whose answer follows.
    if (type === 660) return fake.connections === 1 ? join(goingAway, pong(id)) : pong(id);
    return peerFrame(674, id, uint(0, 1));
  });
  await using peer = new MinimalPeer(formatInvite(fake.contact));
  assertEquals(await peer.ask("nothing"), "null");
  assertEquals(fake.asked, [660, 660, 660, 662, 663]);
  assertEquals([fake.connections, fake.open], [2, 1]);
});

Deno.test("the minimal peer takes part in a network of real nodes", async (test) => {
  await using network = await startNetwork();
  const { nodes, peer } = network;
  const [first, second, third] = nodes;
  const contact = await contactOf(peer, first);
  await contactOf(peer, second);
  await contactOf(peer, third);
  const contacts = [contact, ...nodes.map(({ node }) => node.self)];

  await test.step("every real node finds what it stores", async () => {
    assertEquals(await peer.ask("color blue"), "4");
    for (const { node } of nodes) {
      assertEquals(textOf((await node.get(sha256(bytesOf("color"))))?.value), "blue");
    }
  });

  await test.step("a real node stores on it, and another one gets the value from it", async () => {
    const { key } = textNear(contact, contacts);
    const receipt = await first.node.put(key, bytesOf("kept"), { replication: 1 });
    assertEquals(receipt.holders.map(({ address }) => formatAddress(address)), [
      formatAddress(contact.address),
    ]);
    const found = await second.node.get(key);
    assertEquals(textOf(found?.value), "kept");
    // The first node has a cached value and may be faster, so the peer is asked for itself.
    const { responsible } = await second.node.explain(key);
    const holders = responsible.filter(({ holds }) => holds);
    assertEquals(holders.map(({ contact: { address } }) => formatAddress(address)), [
      formatAddress(contact.address),
    ]);
  });

  await test.step("it finds what only a real node holds", async () => {
    const { text, key } = textNear(second.node.self, contacts);
    const receipt = await first.node.put(key, bytesOf("far"), { replication: 1 });
    assertEquals(receipt.holders, [second.node.self]);
    assertEquals(await peer.ask(text), "far");
    assertEquals(await peer.ask("nothing"), "null");
  });

  await test.step("a newer version replaces the one that it holds", async () => {
    await third.node.put(sha256(bytesOf("color")), bytesOf("green"));
    assertEquals(await peer.ask("color"), "green");
  });

  await test.step("a node that knows nobody else joins through it, and finds all", async () => {
    await using joiner = await startNode({ via: [{ node: { self: contact } }], ...WORK });
    await until(() => joiner.node.figures().contacts === contacts.length, 10_000);
    assertEquals(textOf((await joiner.node.get(sha256(bytesOf("color"))))?.value), "green");
  });

  await test.step("nobody has seen it break the protocol", () => {
    const lines = nodes.flatMap((node) => node.lines);
    assertEquals(lines.filter((line) => /^(warn|error)/.test(line)), []);
  });
});

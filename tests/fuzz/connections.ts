/**
 * Tries a node over real connections: its port for peers, with a HELLO and without, its module API, and its own
 * requests, which a peer answers that makes mistakes.
 *
 * @module
 */

import { Writer } from "../../lib/core/wire/bytes.ts";
import { encodeApiRequest } from "../../lib/core/wire/api_codec.ts";
import { encodePeerRequest } from "../../lib/core/wire/peer_codec.ts";
import { SeededRandom } from "../../lib/sim/random/seeded_random.ts";
import { testContact } from "../support/core/contacts.ts";
import { FakePeer } from "../support/fake_peer.ts";
import { join, type RawFrame, uint } from "../support/frames.ts";
import { assertServes, RawConnection } from "../support/raw_connection.ts";
import { startNode, type TlsNode } from "../support/tls_nodes.ts";
import { FrameSource, type Protocol } from "./frames.ts";
import { MessageSource } from "./messages.ts";
import { FuzzFault, type Target } from "./target.ts";

const CONNECTIONS_AT_ONCE = 20;
/** What a connection carries: well-formed frames, then one that may be wrong, after which nothing more would be read. */
const FRAMES_PER_CONNECTION = { api: 4, peer: 20 };
/** Shares of what is tried; the rest goes to the port for peers, after a HELLO. */
const API_SHARE = 0.1;
const HELLO_SHARE = 0.1;
const ANSWER_SHARE = 0.1;

/** A node, and those who connect to it. */
export class ConnectionTarget implements Target {
  readonly node: TlsNode;
  readonly #random: SeededRandom;
  readonly #frames: FrameSource;
  readonly #messages: MessageSource;
  readonly #peer: FakePeer;
  /** What was sent on connections that have not ended. */
  readonly #underWay = new Set<Uint8Array>();
  #tried = 0;

  private constructor(
    node: TlsNode,
    { random, frames, peer }: { random: SeededRandom; frames: FrameSource; peer: FakePeer },
  ) {
    this.node = node;
    this.#random = random;
    this.#frames = frames;
    this.#messages = new MessageSource(random, Date.now);
    this.#peer = peer;
  }

  /** Starts a node on loopback. */
  static async open(seed: number): Promise<ConnectionTarget> {
    const random = new SeededRandom(seed);
    const frames = new FrameSource(random);
    const peer = await FakePeer.listen(({ id }: RawFrame) => {
      const frame = frames.next("peer");
      // Otherwise nearly all would be answers to nothing.
      if (frame.length >= 10 && random.next() < 0.9) frame.set(uint(id, 4), 6);
      return frame;
    });
    return new ConnectionTarget(await startNode(), { random, frames, peer });
  }

  async run(frames: number): Promise<number> {
    const before = this.#tried;
    const isDone = () => this.#tried >= before + frames;
    await Promise.all(Array.from({ length: CONNECTIONS_AT_ONCE }, async () => {
      while (!isDone()) await this.#tryOnce();
    }));
    await assertServes(this.node);
    this.node.lines.length = 0;
    return this.#tried - before;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.node.close();
    await this.#peer[Symbol.asyncDispose]();
  }

  async #tryOnce(): Promise<void> {
    const { node } = this;
    const share = this.#random.next();
    if (share < ANSWER_SHARE) return await this.#ask();
    if (share < ANSWER_SHARE + API_SHARE) {
      const connection = await RawConnection.toApi(node.apiAddress.port);
      return await this.#say(connection, this.#conversation("api"));
    }
    const { port } = node.p2pAddress;
    if (share < ANSWER_SHARE + API_SHARE + HELLO_SHARE) {
      this.#tried++;
      return await this.#say(await RawConnection.toPeerSilently(port), this.#frames.next("peer"));
    }
    await this.#say(await RawConnection.toPeer(port), this.#conversation("peer"));
  }

  /** The node asks the peer that makes mistakes. */
  async #ask(): Promise<void> {
    this.#tried++;
    await this.node.node.findNodesAtNode(this.#peer.contact, this.#peer.contact.id);
  }

  /** Sends bytes, and waits until the node has ended the connection. */
  async #say(connection: RawConnection, bytes: Uint8Array): Promise<void> {
    using _ended = connection;
    this.#underWay.add(bytes);
    const reading = connection.all();
    await connection.tryWrite(bytes);
    await connection.finish().catch(() => {});
    await reading;
    const error = this.node.lines.find((line) => line.startsWith("error"));
    if (error) throw new FuzzFault(error, join(...this.#underWay));
    this.#underWay.delete(bytes);
  }

  #conversation(protocol: Protocol): Uint8Array {
    const count = FRAMES_PER_CONNECTION[protocol];
    this.#tried += count;
    const frames = Array.from({ length: count - 1 }, () => this.#wellFormed(protocol));
    return join(...frames, this.#frames.next(protocol));
  }

  #wellFormed(protocol: Protocol): Uint8Array {
    const writer = new Writer();
    if (protocol === "api") encodeApiRequest(writer, this.#messages.apiRequest());
    else {
      let request = this.#messages.request(testContact(1));
      // Only those may send one who have said who they are.
      while (request.type === "ping") request = this.#messages.request(testContact(1));
      encodePeerRequest(writer, this.#random.u32(), request);
    }
    return writer.written.slice();
  }
}

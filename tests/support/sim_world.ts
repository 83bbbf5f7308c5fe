/**
 * A simulated network of nodes for tests: virtual time, and calls that run it until they have a result.
 *
 * @module
 */

import type { Contact } from "../../lib/core/kademlia/contact.ts";
import type { PeerAnswer, PeerRequest } from "../../lib/core/wire/messages.ts";
import type { NodeId } from "../../lib/core/kademlia/node_id.ts";
import { sha256 } from "../../lib/hash/sha256.ts";
import { Node } from "../../lib/node/node.ts";
import { NODE_OPTIONS_DEFAULT, type NodeOptions } from "../../lib/node/options.ts";
import { NodeParts } from "../../lib/node/parts.ts";
import type { Origin, RequestFailure, Transport } from "../../lib/node/ports.ts";
import type { GetResult } from "../../lib/node/values/operations.ts";
import type { PutOptions, PutReceipt } from "../../lib/node/values/operations.ts";
import { EventQueue } from "../../lib/sim/event_queue.ts";
import { SimNetwork, type SimTransport } from "../../lib/sim/network.ts";
import { SeededRandom } from "../../lib/sim/random/seeded_random.ts";
import { printedSeed } from "./core/seed.ts";
import { pongAt } from "./pings.ts";
import { recording } from "./recording_transport.ts";
import { fakeContact } from "./values.ts";

/** Proofs that take no time; and short waits between republications. */
const OPTIONS: NodeOptions = { ...NODE_OPTIONS_DEFAULT, proofOfWorkBits: 2 };

/** How long a call may take in virtual time. */
const CALL_LIMIT_MS = 120_000;

/** A request as a node sent it. */
export interface Sent {
  readonly time: number;
  readonly to: Contact;
  readonly request: PeerRequest;
}

/** A node and what can be seen of it. */
export interface SimNode {
  readonly node: Node;
  /** What it is made of, for tests of a part in a whole network. */
  readonly parts: NodeParts;
  readonly contact: Contact;
  readonly transport: SimTransport;
  readonly lines: string[];
  /** All requests that it has sent. */
  readonly sent: Sent[];
  /** The connections by which it has been asked. */
  readonly origins: Set<Origin>;
}

/** How a peer that is no node of ours answers; null for not at all. */
export type Script = (request: PeerRequest, origin: Origin) => PeerAnswer | null;

/** Nodes that share one virtual time. */
export class SimWorld {
  readonly queue = new EventQueue();
  readonly random: SeededRandom;
  readonly network: SimNetwork;
  readonly nodes: SimNode[] = [];
  /** One way, in milliseconds. */
  delayMs = 10;
  /** Whether no message gets through at all. */
  outage = false;

  constructor(seed = printedSeed()) {
    this.random = new SeededRandom(seed);
    this.network = new SimNetwork({
      queue: this.queue,
      sha256,
      delayMs: () => this.delayMs * (1 + this.random.next() / 10),
      isCut: () => this.outage,
      throughCodec: true,
    });
  }

  /** The virtual time. */
  get now(): number {
    return this.queue.now();
  }

  /** A contact with a number: 10.0.0.1 and so on. */
  contact(number: number): Contact {
    return fakeContact(`10.0.${number >>> 8}.${number & 255}`, 7402);
  }

  /** Starts a node; it joins through the others given. */
  start(contact: Contact, via: readonly Contact[] = [], options: Partial<NodeOptions> = {}) {
    const transport = this.network.open(contact);
    const lines: string[] = [];
    const sent: Sent[] = [];
    const origins = new Set<Origin>();
    const parts = new NodeParts(
      { self: contact, options: { ...OPTIONS, ...options }, bootstrappers: via },
      {
        transport: recording(transport, {
          onSent: (to, request) => void sent.push({ time: this.now, to, request }),
          onOrigin: (origin) => void origins.add(origin),
        }),
        clock: this.queue,
        random: this.random,
        sha256,
        log: (level, message) => void lines.push(`${level} ${message}`),
      },
    );
    const node = new Node(parts);
    const simNode = { node, parts, contact, transport, lines, sent, origins };
    this.nodes.push(simNode);
    node.start();
    return simNode;
  }

  /** Starts so many nodes that all join through the first, and waits until they have. */
  startMany(count: number, options: Partial<NodeOptions> = {}): SimNode[] {
    const first = this.contact(1);
    const started: SimNode[] = [];
    for (let i = 1; i <= count; i++) {
      started.push(this.start(this.contact(i), i === 1 ? [] : [first], options));
      this.run(200);
    }
    this.run(10_000);
    return started;
  }

  /** A peer that answers as a script says; `transport` asks in its name. */
  startScripted(contact: Contact, script: Script): SimTransport {
    const transport = this.network.open(contact);
    transport.attach({
      onConnected: () => {},
      onRequest: (request, origin, answer) => {
        const scripted = script(request, origin);
        if (scripted) answer(scripted);
      },
    });
    return transport;
  }

  /** A PONG by the world's clock. */
  pong() {
    return pongAt(this.queue.unixNow());
  }

  /** Lets virtual time pass. */
  run(ms: number): void {
    this.queue.runUntil(this.now + ms);
  }

  /** Stores a value, and runs until it is stored. */
  put({ node }: SimNode, key: NodeId, value: Uint8Array, options: PutOptions = {}): PutReceipt {
    return this.#call((done) =>
      node.putWith({ ...options, key, value }, (receipt) => {
        if (!receipt) throw new Error("too many PUTs");
        done(receipt);
      })
    );
  }

  /** Looks for a value, and runs until the search has ended. */
  get({ node }: SimNode, key: NodeId): GetResult | null {
    return this.#call((done) => node.getWith(key, done));
  }

  /** Asks as a transport does, and runs until the answer has come. */
  ask(from: Transport, to: Contact, request: PeerRequest): PeerAnswer | RequestFailure {
    return this.#call((done) =>
      from.request(to, request, (answer, failure) => done(answer ?? failure!))
    );
  }

  /** The contacts that FIND NODE brings. */
  askClosest(from: Transport, to: Contact, key: NodeId, amount: number): readonly Contact[] {
    const answer = this.ask(from, to, { type: "findNode", key, amount });
    if (typeof answer === "string" || answer.type !== "foundNode") {
      throw new Error(`no contacts but ${JSON.stringify(answer)}`);
    }
    return answer.contacts;
  }

  /** Runs until a promise has settled. */
  async settle<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const mark = () => {
      settled = true;
    };
    promise.then(mark, mark);
    const until = this.now + CALL_LIMIT_MS;
    while (!settled) {
      for (let i = 0; i < 10 && !settled; i++) await null;
      if (!settled && !this.queue.step(until)) throw new Error("nothing happens any more");
    }
    return await promise;
  }

  /** Leaves properly. */
  close({ node }: SimNode): Promise<void> {
    return this.settle(node.close());
  }

  /** Dies: nothing is handed over, and whoever asks is refused. */
  kill({ transport }: SimNode): void {
    void transport.close();
  }

  /** Those that have the value under a key, as a replica. */
  holders(key: NodeId): SimNode[] {
    return this.nodes.filter(({ node, transport }) => {
      const entry = node.held(key);
      return !transport.closed && entry !== null && !entry.isCached;
    });
  }

  #call<T>(start: (done: (result: T) => void) => void): T {
    let result: { value: T } | null = null;
    start((value) => {
      if (result) throw new Error("a second result");
      result = { value };
    });
    if (!this.queue.runWhile(() => result !== null, this.now + CALL_LIMIT_MS)) {
      throw new Error(`no result within ${CALL_LIMIT_MS} ms`);
    }
    return result!.value;
  }
}

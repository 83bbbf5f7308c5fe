/**
 * A simulated network for tests of the node: calls that run it until they have a result, requests as they
 * were sent, and peers that answer by a script.
 *
 * @module
 */

import type { Contact } from "../../lib/core/kademlia/contact.ts";
import type { PeerAnswer, PeerRequest } from "../../lib/core/wire/messages.ts";
import { compareDistance, type NodeId } from "../../lib/core/kademlia/node_id.ts";
import type { StoreResult } from "../../lib/core/store/value_store.ts";
import { HOUR_MS } from "../../lib/core/units.ts";
import { REPLICA, type Replica } from "../../lib/core/value.ts";
import { Node } from "../../lib/node/node.ts";
import type { NodeOptions } from "../../lib/node/options.ts";
import type { HandoverReport } from "../../lib/node/replication/handover.ts";
import { NodeParts } from "../../lib/node/parts.ts";
import type { Origin, RequestFailure, Transport } from "../../lib/node/ports.ts";
import type { GetResult } from "../../lib/node/values/operations.ts";
import type { PutOptions, PutReceipt } from "../../lib/node/values/operations.ts";
import type { WorldOptions } from "../../lib/sim/world_options.ts";
import type { SimTransport } from "../../lib/sim/transport.ts";
import { type SimNode, World } from "../../lib/sim/world.ts";
import { printedSeed } from "./core/seed.ts";
import { pongAt } from "./pings.ts";
import { recording } from "../../scripts/common/recording_transport.ts";
import { fakeContact, proven } from "./values.ts";

/** Proofs that take little time. */
const PROOF_OF_WORK_BITS = 2;
/** How long a call may take in virtual time. */
const CALL_LIMIT_MS = 120_000;

/** A request as a node sent it. */
export interface Sent {
  readonly time: number;
  readonly to: Contact;
  readonly request: PeerRequest;
}

/** What a test sees of a node. */
interface Watched {
  /** What the node is made of, for tests of a part in a whole network. */
  readonly parts: NodeParts;
  /** The lines of its log. */
  readonly lines: string[];
  /** All requests that it has sent. */
  readonly sent: Sent[];
  /** The connections by which it has been asked. */
  readonly origins: Set<Origin>;
}

/** A simulated node that is watched. */
export interface TestNode extends SimNode, Watched {
  readonly contact: Contact;
}

/** What a test says of a version; the rest is as usual. */
export interface SaidVersion extends Pick<Replica, "key" | "value"> {
  /** Now, if it is not said. */
  readonly stamp?: number;
  /** From now on; an hour if it is not said. */
  readonly ttlMs?: number;
  /** 20 if it is not said. */
  readonly replication?: number;
}

/** Nodes by their distance to a key, the closest first. */
export function closestTo(key: NodeId, nodes: readonly TestNode[]): TestNode[] {
  return nodes.toSorted((a, b) => compareDistance(key, a.contact.id, b.contact.id));
}

/** How a peer that is no node of ours answers; null for not at all. */
export type Script = (request: PeerRequest, origin: Origin) => PeerAnswer | null;

/** A network whose messages take 10 ms or a little more. */
export class SimWorld extends World {
  /** All nodes that were started, those that live no more too. */
  readonly nodes: TestNode[] = [];
  /** How far the wall clocks of nodes that are to be started are ahead, in milliseconds, by IP. */
  readonly clockOffsets = new Map<string, number>();
  /** One way, in milliseconds. */
  delayMs = 10;

  constructor(seed = printedSeed(), options: Partial<WorldOptions> = {}) {
    super({
      ...options,
      seed,
      delayMs: () => this.delayMs * (1 + this.random.next() / 10),
      node: { proofOfWorkBits: PROOF_OF_WORK_BITS },
    });
  }

  /** Whether no message gets through at all. */
  set outage(isOut: boolean) {
    this.partition(isOut ? ({ head }) => head : null);
  }

  /** A contact with a number: 10.0.0.1 and so on. */
  contact(number: number): Contact {
    return fakeContact(`10.0.${number >>> 8}.${number & 255}`, 7402);
  }

  /** Starts a node; it joins through the others given. */
  start(
    contact: Contact,
    via: readonly Contact[] = [],
    options: Partial<NodeOptions> = {},
  ): TestNode {
    let watched: Watched | null = null;
    const sim = this.add({
      self: contact,
      via,
      options,
      clock: { offsetMs: this.clockOffsets.get(contact.address.hostname) ?? 0 },
      makeNode: (settings, ports) => {
        const [lines, sent, origins]: [string[], Sent[], Set<Origin>] = [[], [], new Set()];
        const transport = recording(ports.transport, {
          onSent: (to, request) => void sent.push({ time: this.now, to, request }),
          onOrigin: (origin) => void origins.add(origin),
        });
        const parts = new NodeParts(settings, {
          ...ports,
          transport,
          log: (level, message) => void lines.push(`${level} ${message}`),
        });
        watched = { parts, lines, sent, origins };
        return new Node(parts);
      },
    });
    const node: TestNode = Object.assign(sim, { contact, ...watched! });
    this.nodes.push(node);
    return node;
  }

  /** Starts so many nodes that all join through the first, and waits until they have. */
  startMany(count: number, options: Partial<NodeOptions> = {}): TestNode[] {
    const first = this.contact(1);
    const started: TestNode[] = [];
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

  /** Stores a value, and runs until it is stored. */
  put({ node }: TestNode, key: NodeId, value: Uint8Array, options: PutOptions = {}): PutReceipt {
    return this.#call((done) =>
      node.putWith({ ...options, key, value }, (receipt) => {
        if (!receipt) throw new Error("too many PUTs");
        done(receipt);
      })
    );
  }

  /** A version as a PUT would have made it now, with the work that the nodes want. */
  version(said: SaidVersion): Replica {
    const stamp = said.stamp ?? this.queue.unixNow();
    const expiresAt = Math.max(stamp, this.queue.unixNow()) + (said.ttlMs ?? HOUR_MS);
    const { key, value, replication = 20 } = said;
    return proven({ key, value, stamp, expiresAt, replication }, PROOF_OF_WORK_BITS);
  }

  /** Has a node hold such a version as if it had come by STORE: as a cached value if it says for how long. */
  hold({ parts }: TestNode, said: SaidVersion & { readonly cachedMs?: number }): StoreResult {
    const { cachedMs } = said;
    const cachedUntil = cachedMs === undefined ? REPLICA : this.queue.unixNow() + cachedMs;
    return parts.storage.take({ ...this.version(said), cachedUntil });
  }

  /** Looks for a value, and runs until the search has ended. */
  get({ node }: TestNode, key: NodeId): GetResult | null {
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

  /** Leaves in order, and runs until it has. */
  close(sim: TestNode): Promise<HandoverReport> {
    return this.settle(new Promise((resolve) => this.leave(sim, resolve)));
  }

  /** Those that have the value under a key, as a replica. */
  holders(key: NodeId): TestNode[] {
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

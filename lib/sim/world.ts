/**
 * A simulated network of nodes: the node that ships, on virtual time, under faults, from a seed.
 *
 * All that happens follows from the options. Nodes join by the real protocol through random living
 * nodes; for very large networks `seeded_tables.ts` fills their tables at once instead.
 *
 * @module
 */

import { makeAddress } from "../core/kademlia/address.ts";
import { type Contact, makeContact } from "../core/kademlia/contact.ts";
import { idKey } from "../core/kademlia/node_id.ts";
import type { RecordToContact } from "../core/wire/contact_codec.ts";
import { sha256 } from "../hash/sha256.ts";
import { Node } from "../node/node.ts";
import { NODE_OPTIONS_DEFAULT, type NodeOptions } from "../node/options.ts";
import type { NodeSettings } from "../node/context.ts";
import type { Clock, Ports } from "../node/ports.ts";
import { EventQueue } from "./event_queue.ts";
import { type AdversaryKind, Conspiracy } from "./faults/faults.ts";
import { LATENCY_PROFILES, type LatencyProfile, sampleLatencyMs } from "./faults/latency.ts";
import { SimNetwork, type SimTransport } from "./network.ts";
import { SeededRandom } from "./random/seeded_random.ts";

/** What a simulated network is like. */
export interface WorldOptions {
  readonly seed: number;
  readonly latency?: LatencyProfile;
  /** One-way time of a message in milliseconds, in place of a profile's. */
  readonly delayMs?: (from: Contact, to: Contact) => number;
  /** Share of messages that are lost. */
  readonly loss?: number;
  /** Clocks are off by up to this much either way, in milliseconds. */
  readonly skewMs?: number;
  /** Share of nodes whose messages take ten times as long. */
  readonly slowShare?: number;
  /** Share of nodes that are adversaries, and of which kind. */
  readonly adversaryShare?: number;
  readonly adversaryKind?: AdversaryKind;
  /** Settings of the nodes; without proof of work unless said otherwise. */
  readonly node?: Partial<NodeOptions>;
  /** Whether every message is encoded and decoded. */
  readonly throughCodec?: boolean;
  /** Makes contacts of the records that are decoded; by default a cache, as a node has one. */
  readonly toContact?: RecordToContact;
}

/** What one node is like, where it differs from the others. */
export interface AddOptions {
  /** Whether it joins; true if nothing is said. */
  readonly joins?: boolean;
  /** Its contact; by default one with the next number. */
  readonly self?: Contact;
  /** The nodes through which it joins; by default some that live, picked at random. */
  readonly via?: readonly Contact[];
  /** Settings besides those of the whole network. */
  readonly options?: Partial<NodeOptions>;
  /** Makes the node of its settings and ports, for those who look into it. */
  readonly makeNode?: (settings: NodeSettings, ports: Ports) => Node;
}

/** A node of a simulated network. */
export interface SimNode {
  readonly index: number;
  readonly node: Node;
  readonly transport: SimTransport;
  readonly isAdversary: boolean;
  /** When it joined. */
  readonly bornAt: number;
  /** Whether it has joined, and neither left nor been killed. */
  alive: boolean;
  joined: boolean;
}

/** Length of the certificates that simulated nodes have, as of real ones. */
const CERTIFICATE_BYTES = 311;
/** Nodes through which a new one joins. */
const BOOTSTRAPPERS = 3;
/** Nodes to look at for these; nearly all that live will do. */
const BOOTSTRAPPER_TRIES = 100;
const SLOW_FACTOR = 10;

/** Whether others may join through a node. */
function isHost({ joined, isAdversary }: SimNode): boolean {
  return joined && !isAdversary;
}

/** The network, its nodes, its time. */
export class World {
  readonly options: WorldOptions;
  readonly queue = new EventQueue();
  readonly random: SeededRandom;
  readonly network: SimNetwork;
  /** All nodes that live, in no particular order. */
  readonly living: SimNode[] = [];
  readonly conspiracy: Conspiracy;
  readonly #certificate = new Uint8Array(CERTIFICATE_BYTES).fill(7);
  readonly #slow = new Set<string>();
  #groupOf: ((contact: Contact) => number) | null = null;
  #born = 0;

  constructor(options: WorldOptions) {
    this.options = options;
    this.random = new SeededRandom(options.seed);
    const { loss = 0, latency = LATENCY_PROFILES.lan } = options;
    const { delayMs = (from, to) => this.#delayMs(latency, from, to) } = options;
    this.network = new SimNetwork({
      queue: this.queue,
      sha256,
      throughCodec: options.throughCodec ?? false,
      ...(options.toContact && { toContact: options.toContact }),
      delayMs,
      isLost: () => loss > 0 && this.random.next() < loss,
      isCut: (from, to) => this.#groupOf !== null && this.#groupOf(from) !== this.#groupOf(to),
    });
    const kind = options.adversaryKind ?? "collude";
    this.conspiracy = new Conspiracy(kind, this.random, () => this.#contactOf(this.random.u32()));
  }

  /** The time in milliseconds since the beginning. */
  get now(): number {
    return this.queue.now();
  }

  /** A node that lives, picked at random; an honest one. */
  pick(): SimNode {
    for (;;) {
      const node = this.living[this.random.below(this.living.length)];
      if (!node) throw new Error("Cannot pick a node: none lives");
      if (!node.isAdversary) return node;
    }
  }

  /** A new node, joining through living ones unless something else is said. */
  add(options: AddOptions = {}): SimNode {
    const index = this.#born++;
    const { self = this.#contactOf(index), joins = true, makeNode = Node.create } = options;
    const transport = this.network.open(self);
    const { adversaryShare = 0, slowShare = 0 } = this.options;
    const isAdversary = index >= BOOTSTRAPPERS && this.random.next() < adversaryShare;
    if (this.random.next() < slowShare) this.#slow.add(idKey(self.id));
    const bootstrappers = options.via ?? (joins ? this.#pickBootstrappers() : []);
    const node = makeNode(
      {
        self,
        options: {
          ...NODE_OPTIONS_DEFAULT,
          proofOfWorkBits: 0,
          ...this.options.node,
          ...options.options,
        },
        bootstrappers,
        onJoined: () => {
          sim.joined = true;
        },
      },
      {
        transport: isAdversary ? this.conspiracy.corrupt(transport) : transport,
        clock: this.#clock(),
        random: this.random,
        sha256,
        log: () => {},
      },
    );
    const sim: SimNode = {
      index,
      node,
      transport,
      isAdversary,
      bornAt: this.now,
      alive: true,
      joined: bootstrappers.length === 0,
    };
    this.living.push(sim);
    node.start();
    if (isAdversary) this.conspiracy.members.push(self);
    return sim;
  }

  /** Adds nodes, one every `everyMs`, and waits until all of them have joined. */
  grow(count: number, everyMs: number): void {
    const added: SimNode[] = [];
    const start = this.now;
    for (let i = 0; i < count; i++) {
      this.queue.runAt(start + i * everyMs, () => void added.push(this.add()));
    }
    const limit = start + count * everyMs + 600_000;
    let joined = 0; // of those added: all before it have joined
    const done = () => {
      while (added[joined]?.joined) joined++;
      return joined === count;
    };
    this.queue.runWhile(done, limit);
  }

  /** Lets time pass. */
  run(durationMs: number): void {
    this.queue.runUntil(this.now + durationMs);
  }

  /** Does something after each interval that fits into a duration; returns at once. */
  repeat(durationMs: number, everyMs: number, action: () => void): void {
    const start = this.now;
    const count = Math.floor(durationMs / everyMs + 1e-9);
    let done = 0;
    const next = () => {
      if (done === count) return;
      this.queue.runAt(start + Math.min(++done * everyMs, durationMs), () => {
        action();
        next();
      });
    };
    next();
  }

  /** A node leaves in order, as on SIGTERM. */
  leave(sim: SimNode, onEnd: () => void = () => {}): void {
    this.#bury(sim);
    sim.node.leave(() => {
      void sim.node.halt();
      onEnd();
    });
  }

  /** A node is gone at once. */
  kill(sim: SimNode): void {
    this.#bury(sim);
    void sim.node.halt();
  }

  /** A node takes everything and answers nothing from now on. */
  freeze(sim: SimNode): void {
    sim.transport.frozen = true;
  }

  /** Parts the network into groups that cannot reach each other; null heals it. */
  partition(groupOf: ((contact: Contact) => number) | null): void {
    this.#groupOf = groupOf;
  }

  /** Living nodes that hold a living replica, by key. Adversaries do not count. */
  holderCounts(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { node, isAdversary } of this.living) {
      if (isAdversary) continue;
      for (const entry of node.heldValues()) {
        if (entry.isCached) continue;
        const name = idKey(entry.key);
        counts.set(name, (counts.get(name) ?? 0) + 1);
      }
    }
    return counts;
  }

  #bury(sim: SimNode): void {
    if (!sim.alive) return;
    sim.alive = false;
    const at = this.living.indexOf(sim);
    const last = this.living.pop();
    if (last && last !== sim) this.living[at] = last;
  }

  #contactOf(index: number): Contact {
    const ip = `10.${index >>> 16 & 255}.${index >>> 8 & 255}.${index & 255}`;
    return makeContact(makeAddress(ip, 1 + (index >>> 24)), this.#certificate, sha256);
  }

  #pickBootstrappers(): Contact[] {
    const found: Contact[] = [];
    for (let tries = 0; tries < BOOTSTRAPPER_TRIES && found.length < BOOTSTRAPPERS; tries++) {
      const one = this.living[this.random.below(this.living.length)];
      if (one && isHost(one)) found.push(one.node.self);
    }
    // A node that nobody takes in would be a network of its own.
    const host = found.length === 0 ? this.living.find(isHost) : undefined;
    return host ? [host.node.self] : found;
  }

  /** The shared clock, or one that is off by a time of its own. */
  #clock(): Clock {
    const { skewMs = 0 } = this.options;
    if (skewMs === 0) return this.queue;
    const offset = Math.round((2 * this.random.next() - 1) * skewMs);
    const { queue } = this;
    return {
      now: () => queue.now(),
      unixNow: () => queue.unixNow() + offset,
      runAt: (time, callback) => queue.runAt(time, callback),
    };
  }

  #delayMs(latency: LatencyProfile, from: Contact, to: Contact): number {
    const delay = sampleLatencyMs(latency, from.id, to.id, this.random);
    if (this.#slow.size === 0) return delay;
    return this.#slow.has(idKey(from.id)) || this.#slow.has(idKey(to.id))
      ? SLOW_FACTOR * delay
      : delay;
  }
}

/**
 * A simulated network of nodes: the node that ships, on virtual time, under faults, from a seed.
 *
 * All that happens follows from the options. Nodes join by the real protocol through random living
 * nodes; for very large networks `seeded_tables.ts` fills their tables at once instead.
 *
 * @module
 */

import { type Address, makeAddress } from "../core/kademlia/address.ts";
import { type Contact, makeContact } from "../core/kademlia/contact.ts";
import { idKey } from "../core/kademlia/node_id.ts";
import { sha256 } from "../hash/sha256.ts";
import { Node } from "../node/node.ts";
import type { HandoverReport } from "../node/replication/handover.ts";
import { NODE_OPTIONS_DEFAULT } from "../node/options.ts";
import { EventQueue } from "./event_queue.ts";
import { Conspiracy } from "./faults/conspiracy.ts";
import { type Cut, Cuts } from "./faults/cuts.ts";
import { LATENCY_PROFILES, type LatencyProfile, sampleLatencyMs } from "./faults/latency.ts";
import { SimNetwork } from "./network.ts";
import { SeededRandom } from "./random/seeded_random.ts";
import { type ClockFaults, SimClock } from "./sim_clock.ts";
import type { RestartOptions, WorldOptions } from "./world_options.ts";
import { type AddOptions, type Kept, keptBy, type SimNode } from "./sim_node.ts";

export type { AddOptions, SimNode, WorldOptions };

/** Length of the certificates that simulated nodes have, as of real ones. */
const CERTIFICATE_BYTES = 311;
/** Nodes through which a new one joins. */
const BOOTSTRAPPERS = 3;
/** Nodes to look at for these; nearly all that live will do. */
const BOOTSTRAPPER_TRIES = 100;
const SLOW_FACTOR = 10;

/** The start of a process. */
interface Start extends Pick<SimNode, "index" | "isAdversary" | "clock" | "options"> {
  readonly self: Contact;
  /** What the process finds on its disk. */
  readonly kept?: Kept | null;
}

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
  readonly #cuts = new Cuts();
  #born = 0;

  constructor(options: WorldOptions) {
    this.options = options;
    this.random = new SeededRandom(options.seed);
    const { loss = 0, latency = LATENCY_PROFILES.lan, inboundMax, toContact } = options;
    const { delayMs = (from, to) => this.#delayMs(latency, from, to) } = options;
    this.network = new SimNetwork({
      queue: this.queue,
      sha256,
      throughCodec: options.throughCodec ?? true,
      ...(toContact && { toContact }),
      ...(inboundMax !== undefined && { inboundMax }),
      delayMs,
      isLost: () => loss > 0 && this.random.next() < loss,
      isCut: (from, to) => this.#cuts.isCut(from, to),
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
    const { adversaryShare = 0, slowShare = 0 } = this.options;
    const isAdversary = index >= BOOTSTRAPPERS && this.random.next() < adversaryShare;
    const { self = this.#contactOf(index, isAdversary) } = options;
    if (this.random.next() < slowShare) this.#slow.add(idKey(self.id));
    const clock = new SimClock(this.queue, this.#drawClockFaults(options.clock));
    return this.#start({ index, self, isAdversary, clock, options });
  }

  /**
   * Starts the process of a node again, under its address and certificate; one that still runs is killed.
   * It has joined anew only after a time, and holds what it held if its data were kept.
   */
  restart(
    sim: SimNode,
    { keepsData = false, kept, via }: RestartOptions = {},
  ): SimNode {
    if (sim.alive) this.kill(sim);
    const { index, isAdversary, clock: { offsetMs, driftPpm } } = sim;
    return this.#start({
      index,
      self: sim.node.self,
      isAdversary,
      clock: new SimClock(this.queue, { offsetMs, driftPpm }),
      options: { ...sim.options, ...(via && { via }) },
      kept: kept ?? (keepsData ? keptBy(sim) : null),
    });
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
  leave(sim: SimNode, onEnd: (report: HandoverReport) => void = () => {}): void {
    this.#bury(sim);
    sim.node.leave((report) => {
      void sim.node.halt();
      onEnd(report);
    });
  }

  /** A node is gone at once; its system closes its connections. */
  kill(sim: SimNode): void {
    this.#bury(sim);
    void sim.node.halt();
  }

  /** A node's machine is off at once: nobody closes its connections, and nobody refuses others. */
  cutPower(sim: SimNode): void {
    this.network.switchOff(sim.node.self);
    this.kill(sim);
  }

  /** A node's process is stopped, for a time or for good; it then finds all that has come meanwhile. */
  freeze({ clock }: SimNode, durationMs = Infinity): void {
    clock.stop();
    if (durationMs < Infinity) this.queue.runAt(this.now + durationMs, () => clock.resume());
  }

  /** A node's machine sleeps for a time, which its clock does not count. */
  suspend({ clock }: SimNode, durationMs: number): void {
    clock.sleep();
    this.queue.runAt(this.now + durationMs, () => clock.resume());
  }

  /** Lets nothing pass from one node to another where a rule says so; what it returns undoes it. */
  cut(rule: Cut): () => void {
    return this.#cuts.add(rule);
  }

  /** Whether messages of one of two nodes do not reach the other. */
  isCut({ node: a }: SimNode, { node: b }: SimNode): boolean {
    return this.#cuts.isCut(a.self, b.self) || this.#cuts.isCut(b.self, a.self);
  }

  /** Parts the network into groups that cannot reach each other; null heals it. */
  partition(groupOf: ((contact: Contact) => number) | null): void {
    this.#cuts.partition(groupOf);
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

  #contactOf(index: number, isAdversary = false): Contact {
    return makeContact(this.#addressOf(index, isAdversary), this.#certificate, sha256);
  }

  #addressOf(index: number, isAdversary: boolean): Address {
    const { addresses = "private" } = this.options;
    const [high, middle, low] = [index >>> 16 & 255, index >>> 8 & 255, index & 255];
    if (addresses === "private") {
      return makeAddress(`10.${high}.${middle}.${low}`, 1 + (index >>> 24));
    }
    if (addresses === "equal" && isAdversary) return makeAddress(`203.0.113.${low}`, 1 + middle);
    return makeAddress(`20.${middle}.${low}.1`, 1 + high);
  }

  #start({ index, self, isAdversary, clock, options, kept = null }: Start): SimNode {
    const { joins = true, makeNode = Node.create, source } = options;
    const transport = this.network.open(self, { clock, saysWho: true, ...(source && { source }) });
    const via = options.via ?? (joins ? this.#pickBootstrappers() : []);
    const node = makeNode(
      {
        self,
        options: {
          ...NODE_OPTIONS_DEFAULT,
          proofOfWorkBits: 0,
          ...this.options.node,
          ...options.options,
        },
        bootstrappers: via.map(({ record }) => transport.toContact(record)),
        onJoined: () => {
          sim.joined = true;
        },
      },
      {
        transport: isAdversary ? this.conspiracy.corrupt(transport) : transport,
        clock,
        random: this.random,
        sha256,
        log: () => {},
      },
    );
    const sim: SimNode = {
      index,
      node,
      transport,
      clock,
      isAdversary,
      bornAt: this.now,
      options,
      alive: true,
      joined: via.length === 0 && !kept?.contacts.length,
    };
    this.living.push(sim);
    if (kept) node.followed.noteKeptAt(kept.keptAt);
    for (const replica of kept?.replicas ?? []) node.followed.restore(replica);
    node.start(kept?.contacts.map(({ record }) => transport.toContact(record)));
    if (isAdversary) this.conspiracy.members.push(self);
    return sim;
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

  /** What is wrong with a node's clock: as said, or as much as the whole network's may be. */
  #drawClockFaults({ offsetMs, driftPpm }: ClockFaults = {}): ClockFaults {
    const { skewMs = 0, driftPpm: driftMaxPpm = 0 } = this.options;
    const draw = (max: number) => max === 0 ? 0 : Math.round((2 * this.random.next() - 1) * max);
    return { offsetMs: offsetMs ?? draw(skewMs), driftPpm: driftPpm ?? draw(driftMaxPpm) };
  }

  #delayMs(latency: LatencyProfile, from: Contact, to: Contact): number {
    const delay = sampleLatencyMs(latency, from.id, to.id, this.random);
    if (this.#slow.size === 0) return delay;
    return this.#slow.has(idKey(from.id)) || this.#slow.has(idKey(to.id))
      ? SLOW_FACTOR * delay
      : delay;
  }
}

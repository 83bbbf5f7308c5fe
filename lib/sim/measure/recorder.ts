/**
 * Clients of a simulated network that note all they do in a history, to be judged when the run is over.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import type { NodeId } from "../../core/kademlia/node_id.ts";
import { isWell, type SimNode } from "../sim_node.ts";
import type { World } from "../world.ts";
import { History } from "./history.ts";

/** How long after a node is back the others may still take it for gone. */
const NOTICED_MS = 5_000;

/** What is put. */
export interface RecorderOptions {
  /** Life of a value whose PUT says nothing else, in milliseconds. */
  readonly ttlMs: number;
  /** Replicas of such a value; the nodes' default if nothing is said. */
  readonly replication?: number;
  /**
   * Whether a value may be missed, or an older one found, if no running node holds the newest when the GET
   * begins or ends. A node that was away counts once the others may have noticed that it is back.
   */
  readonly excusesLost?: boolean;
}

/** One PUT; a new key and a random node if nothing is said. */
export interface RecordedPut {
  readonly key?: NodeId;
  readonly from?: SimNode;
  readonly ttlMs?: number;
  readonly replication?: number;
}

/** Requests over a time. */
export interface WorkOptions {
  /** Time between two requests in milliseconds. */
  readonly everyMs: number;
  /** Share of the requests that are PUTs. */
  readonly putShare: number;
  /** Share of the PUTs that overwrite a key. */
  readonly overwriteShare: number;
  /** What such a PUT is like. */
  readonly draw?: () => RecordedPut;
}

/** Time between two of many requests. */
const EVERY_MS = 5;
/** Nothing that is asked of a node takes longer, if its machine does not sleep for longer. */
const CALL_LIMIT_MS = 1_800_000;
const PICKS_MAX = 10_000;

/** Puts and gets through the nodes of a world. */
export class Recorder {
  readonly history = new History();
  /** Keys that were put. */
  readonly keys: NodeId[] = [];
  /** Requests that have not ended. */
  underWay = 0;
  /** Requests that were not answered: their node was gone, or refused. */
  failed = 0;
  readonly #world: World;
  readonly #options: RecorderOptions;
  readonly #known = new Set<string>();
  /** The last PUT of each key that was acknowledged, by number. */
  readonly #newest = new Map<string, number>();
  /** A node that held each key when somebody was last looked for: it mostly does still. */
  readonly #holders = new Map<string, SimNode>();
  #values = 0;

  constructor(world: World, options: RecorderOptions) {
    this.#world = world;
    this.#options = options;
  }

  /** A node that clients ask: honest, joined, and running. */
  pick(): SimNode {
    for (let i = 0; i < PICKS_MAX; i++) {
      const sim = this.#world.pick();
      if (isWell(sim)) return sim;
    }
    throw new Error("Cannot pick a node to ask: none is well");
  }

  /** One of the keys that were put. */
  pickKey(): NodeId {
    return this.keys[this.#world.random.below(this.keys.length)]!;
  }

  /** Puts bytes that no other PUT has. */
  put({ key = this.#newKey(), from = this.pick(), ...more }: RecordedPut = {}): void {
    const { ttlMs = this.#options.ttlMs } = more;
    const replication = more.replication ?? this.#options.replication ?? 0;
    const startedAt = this.#world.now;
    const number = ++this.#values;
    const value = `${number}`;
    const name = encodeHex(key);
    if (!this.#known.has(name)) this.keys.push(key);
    this.#known.add(name);
    this.underWay++;
    const bytes = new TextEncoder().encode(value);
    from.node.putWith({ key, value: bytes, ttlMs, replication }, (receipt) => {
      this.underWay--;
      const isStored = from.alive && (receipt?.holders.length ?? 0) > 0;
      if (!isStored) this.failed++;
      else this.#newest.set(name, Math.max(number, this.#newest.get(name) ?? 0));
      const acknowledgedAt = isStored ? this.#world.now : null;
      this.history.put({ key: name, value, startedAt, acknowledgedAt, ttlMs, node: nameOf(from) });
    });
  }

  /** Gets a value. */
  get(key: NodeId, from: SimNode = this.pick()): void {
    const startedAt = this.#world.now;
    const name = encodeHex(key);
    const newest = this.#newest.get(name) ?? 0;
    const isExcused = () => this.#options.excusesLost === true && !this.#isHeld(key, newest, from);
    const excuse = () => this.history.excuse(name, startedAt, startedAt);
    if (isExcused()) excuse();
    this.underWay++;
    from.node.getWith(key, (result, error) => {
      this.underWay--;
      if (error || !from.alive) return void this.failed++;
      if (isExcused()) excuse();
      const value = result && new TextDecoder().decode(result.value);
      const endedAt = this.#world.now;
      this.history.get({ key: name, node: nameOf(from), startedAt, endedAt, value });
    });
  }

  /** Puts new values one after another, and runs until all have ended. */
  putMany(count: number, put: RecordedPut = {}): void {
    this.#runMany(count, () => this.put(put));
  }

  /** Gets each key once through each of some nodes, or through one at random, and runs until the end. */
  readAll(sims?: readonly SimNode[]): void {
    const askers = sims?.length ?? 1;
    this.#runMany(askers * this.keys.length, (i) => {
      this.get(this.keys[Math.floor(i / askers)]!, sims?.[i % askers]);
    });
  }

  /** Puts and gets for a time, while other things happen; returns at once. */
  work(durationMs: number, { everyMs, putShare, overwriteShare, draw }: WorkOptions): void {
    const { random } = this.#world;
    this.#world.repeat(durationMs, everyMs, () => {
      if (this.keys.length > 0 && random.next() >= putShare) return this.get(this.pickKey());
      const isOverwrite = this.keys.length > 0 && random.next() < overwriteShare;
      this.put({ ...(isOverwrite && { key: this.pickKey() }), ...draw?.() });
    });
  }

  /** Runs until all requests have ended. */
  settle(): void {
    const { queue } = this.#world;
    if (!queue.runWhile(() => this.underWay === 0, queue.now() + CALL_LIMIT_MS)) {
      throw new Error(`Cannot end all requests: ${this.underWay} were never answered`);
    }
  }

  #runMany(count: number, start: (i: number) => void): void {
    const { queue } = this.#world;
    const beginning = queue.now();
    for (let i = 0; i < count; i++) queue.runAt(beginning + i * EVERY_MS, () => start(i));
    queue.runUntil(beginning + count * EVERY_MS);
    this.settle();
  }

  #newKey(): NodeId {
    const key = new Uint8Array(32);
    this.#world.random.fill(key);
    return key;
  }

  /** Whether a running node that an asker can reach has a replica of a PUT, or of a later one. */
  #isHeld(key: NodeId, number: number, asker: SimNode): boolean {
    const name = encodeHex(key);
    const holds = (sim: SimNode) => this.#holds(sim, key, number, asker);
    const earlier = this.#holders.get(name);
    if (earlier?.alive && holds(earlier)) return true;
    const holder = this.#world.living.find(holds);
    if (holder) this.#holders.set(name, holder);
    return holder !== undefined;
  }

  #holds(sim: SimNode, key: NodeId, number: number, asker: SimNode): boolean {
    const { node, clock, isAdversary, bornAt } = sim;
    if (isAdversary || this.#world.isCut(asker, sim)) return false;
    const isNoticed = clock.isRunning &&
      (clock.runningSince <= bornAt || this.#world.now - clock.runningSince >= NOTICED_MS);
    const held = isNoticed ? node.held(key) : null;
    return held !== null && !held.isCached && numberOf(held.value) >= number;
  }
}

/** The number of the PUT whose bytes these are. */
function numberOf(value: Uint8Array): number {
  return Number(new TextDecoder().decode(value));
}

/** Names a process: one that was started again is another. */
function nameOf({ index, bornAt }: SimNode): string {
  return `node ${index} of ${Math.round(bornAt)} ms`;
}

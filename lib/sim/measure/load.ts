/**
 * A load on a network: values put through random nodes and got through others, remembering until when
 * each is to be found.
 *
 * @module
 */

import { equals } from "@std/bytes/equals";
import { compareDistance, equalIds, idKey, type NodeId } from "../../core/kademlia/node_id.ts";
import type { GetResult } from "../../node/values/operations.ts";
import { GetTally, type GetVerdict, type JudgedGet, LookupTally, PutTally } from "./tally.ts";
import { isWell, type SimNode } from "../sim_node.ts";
import type { World } from "../world.ts";

/** A value that was put. */
export interface PutValue {
  readonly key: NodeId;
  readonly value: Uint8Array;
  /** End of its life, in virtual milliseconds. */
  readonly expiresAt: number;
}

/** What is put, and how fast. */
export interface LoadOptions {
  /** Life of the values in milliseconds. */
  readonly ttlMs: number;
  /** Copies; the default of the nodes if nothing is said. */
  readonly replication?: number;
  /** Holders that end a PUT; all of them if nothing is said. */
  readonly writeQuorum?: number;
  readonly valueBytes?: number;
  /** Time between two PUTs or two GETs in milliseconds. */
  readonly everyMs?: number;
  /** Lets things happen until nothing remains to be waited for, or until a time. */
  readonly drive?: (remaining: () => number, until: number) => void;
}

/** What is put, and through whom; random if nothing is said. */
export interface LoadPut {
  readonly key?: NodeId;
  readonly from?: SimNode;
}

/** Which GETs are made. */
export interface LoadGets {
  /** All values if nothing is said. */
  readonly values?: readonly PutValue[];
  /** Through which node; a random one if nothing is said. */
  readonly from?: (value: PutValue) => SimNode;
}

const VALUE_BYTES = 64;
const EVERY_MS = 2;
/** Nothing that is asked of a node takes longer. */
const CALL_LIMIT_MS = 600_000;
const ASKERS_TRIED_MAX = 10_000;

/** Clients of a network. */
export class Load {
  readonly values: PutValue[] = [];
  readonly puts = new PutTally();
  readonly #world: World;
  readonly #options: LoadOptions;

  constructor(world: World, options: LoadOptions) {
    this.#world = world;
    this.#options = options;
  }

  /** When the last life ends, in virtual milliseconds. */
  get expiresAt(): number {
    return this.values.reduce((last, { expiresAt }) => Math.max(last, expiresAt), 0);
  }

  /** A node that clients ask: honest, joined, not frozen. */
  pick(): SimNode {
    for (let i = 0; i < ASKERS_TRIED_MAX; i++) {
      const sim = this.#world.pick();
      if (isWell(sim)) return sim;
    }
    throw new Error("Cannot pick a node to ask: none is well");
  }

  /** Puts a value of random bytes; one that was put under the same key before is forgotten. */
  put({ key: known, from = this.pick() }: LoadPut, onEnd = () => {}): PutValue {
    const { ttlMs, replication = 0, writeQuorum, valueBytes = VALUE_BYTES } = this.#options;
    const quorum = writeQuorum === undefined ? {} : { writeQuorum };
    const startedAt = this.#world.now;
    const value = new Uint8Array(valueBytes);
    this.#world.random.fill(value);
    const key = known ?? this.#randomKey();
    const put = { key, value, expiresAt: startedAt + ttlMs };
    const at = known ? this.values.findIndex((other) => equalIds(other.key, known)) : -1;
    this.values[at < 0 ? this.values.length : at] = put;
    from.node.putWith({ key, value, ttlMs, replication, ...quorum }, (receipt) => {
      if (!receipt?.holders.length || !from.alive) this.puts.failed++;
      else {
        this.puts.replicas.add(receipt.holders.length);
        this.puts.latencyMs.add(this.#world.now - startedAt);
      }
      onEnd();
    });
    return put;
  }

  /** Puts new values one after another, and runs until all are put. */
  putMany(count: number): void {
    this.#runMany(count, (_, onEnd) => void this.put({}, onEnd));
  }

  /** Gets one value. */
  get(value: PutValue, onEnd: (outcome: JudgedGet) => void, from = this.pick()): void {
    const startedAt = this.#world.now;
    from.node.getWith(value.key, (result) => {
      const endedAt = this.#world.now;
      const verdict = from.alive ? judge(value, result, startedAt, endedAt) : "void";
      const lateMs = startedAt - value.expiresAt;
      onEnd({ verdict, startedAt, endedAt, hops: result?.hops ?? 0, lateMs });
    });
  }

  /** Gets values one after another, and runs until all have been answered. */
  getMany({ values = this.values, from = () => this.pick() }: LoadGets = {}): GetTally {
    const tally = new GetTally();
    this.#runMany(values.length, (i, onEnd) => {
      const value = values[i]!;
      this.get(value, (outcome) => {
        tally.add(outcome);
        onEnd();
      }, from(value));
    });
    return tally;
  }

  /** Gets random values of those put, one every so often for a time. */
  getFor(durationMs: number, everyMs: number, onEnd: (outcome: JudgedGet) => void): void {
    const { random } = this.#world;
    this.#world.repeat(durationMs, everyMs, () => {
      this.get(this.values[random.below(this.values.length)]!, onEnd);
    });
  }

  /** Looks random ids up one after another, and runs until all have been found. */
  lookUpMany(count: number): LookupTally {
    const tally = new LookupTally();
    this.#runMany(count, (_, onEnd) => {
      const target = this.#randomKey();
      const { node } = this.pick();
      const startedAt = this.#world.now;
      node.lookUpWith(target, (result) => {
        if (result) {
          tally.hops.add(result.hops);
          tally.requests.add(result.requests);
          tally.latencyMs.add(this.#world.now - startedAt);
          const truth = closestLiving(this.#world, target, node.options.bucketSize, node.id);
          const found = new Set(result.closest.map(({ id }) => idKey(id)));
          tally.recall.add(truth.filter((id) => found.has(idKey(id))).length / truth.length);
        }
        onEnd();
      });
    });
    return tally;
  }

  #randomKey(): NodeId {
    const key = new Uint8Array(32);
    this.#world.random.fill(key);
    return key;
  }

  #runMany(count: number, start: (i: number, onEnd: () => void) => void): void {
    const { queue } = this.#world;
    const { everyMs = EVERY_MS } = this.#options;
    const standard: LoadOptions["drive"] = (remaining, until) =>
      void queue.runWhile(() => remaining() === 0, until);
    const { drive = standard } = this.#options;
    const beginning = this.#world.now;
    let ended = 0;
    for (let i = 0; i < count; i++) {
      queue.runAt(beginning + i * everyMs, () => start(i, () => ended++));
    }
    drive(() => count - ended, beginning + count * everyMs + CALL_LIMIT_MS);
    if (ended < count) {
      throw new Error(`Cannot end ${count} calls: ${count - ended} were never answered`);
    }
  }
}

function judge(
  { value, expiresAt }: PutValue,
  result: GetResult | null,
  startedAt: number,
  endedAt: number,
): GetVerdict {
  if (result && !equals(result.value, value)) return "wrong";
  if (startedAt >= expiresAt) return result ? "late" : "expired";
  if (result) return "found";
  return endedAt < expiresAt ? "missed" : "void";
}

/** The ids of the living nodes that answer and are closest to a target, without one of them. */
export function closestLiving(
  world: World,
  target: NodeId,
  count: number,
  without: NodeId,
): NodeId[] {
  const found: NodeId[] = [];
  for (const { node: { id }, clock } of world.living) {
    if (id === without || !clock.isRunning) continue;
    if (found.length >= count && compareDistance(target, id, found.at(-1)!) >= 0) continue;
    const at = found.findIndex((other) => compareDistance(target, id, other) < 0);
    found.splice(at < 0 ? found.length : at, 0, id);
    if (found.length > count) found.pop();
  }
  return found;
}

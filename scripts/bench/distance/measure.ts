/**
 * What operations take in a simulated network whose nodes are far from each other, beside what the distances allow.
 *
 * @module
 */

import type { NodeId } from "../../../lib/core/kademlia/node_id.ts";
import { LATENCY_PROFILES, pairLatencyMs } from "../../../lib/sim/faults/latency.ts";
import { closestLiving, Load } from "../../../lib/sim/measure/load.ts";
import { Samples } from "../../../lib/sim/measure/samples.ts";
import type { LookupTally } from "../../../lib/sim/measure/tally.ts";
import { seedNodes } from "../../../lib/sim/seeded_tables.ts";
import { type SimNode, World } from "../../../lib/sim/world.ts";

/** Which network, and how much is asked of it. */
export interface DistanceOptions {
  readonly nodes: number;
  readonly operations: number;
  /** Nodes that join in the end. */
  readonly newcomers: number;
  readonly seed: number;
  /** Whether tables are filled without joining. */
  readonly seededTables: boolean;
}

/** One kind of operation. Times are virtual milliseconds. */
export interface Operation {
  readonly ms: Samples;
  /**
   * What it would take if the right nodes were known and asked at once: one round trip to those that are connected,
   * three to the others.
   */
  readonly possibleMs: Samples;
  /** Requests and answers of each, on average. */
  readonly messages: number;
}

/** All that is measured. */
export interface Distances {
  /** Until all replicas are acknowledged. */
  readonly put: Operation;
  /** Until most are. */
  readonly putMost: Operation;
  /** The same after a quarter of all nodes has vanished without a word, from that moment on. */
  readonly putLeft: Operation;
  readonly getLeft: Operation;
  readonly foundLeft: number;
  /** From the start of a node until it has joined, one node at a time. */
  readonly join: Samples;
  /** The GET that each of these makes at once, and the share of them that found their value. */
  readonly firstGet: Samples;
  readonly firstFound: number;
  /** By a node that holds nothing of the value. */
  readonly get: Operation;
  readonly lookups: LookupTally;
  /** Share of the GETs that found their value. */
  readonly found: number;
  /** Nodes that hold a value, on average. */
  readonly copies: number;
  /** The median of the round trips between two nodes. */
  readonly roundTripMs: number;
}

const PROFILE = LATENCY_PROFILES.internet;
const JOIN_EVERY_MS = 20;
const MINUTE_MS = 60_000;
const EVERY_MS = 100;
const APART_MS = 5_000;
/** Most of twenty. */
const MOST = 11;
/** Connecting takes two round trips. */
const COLD_ROUND_TRIPS = 3;

/** Lets nodes join, and makes PUTs, GETs by nodes that hold nothing of the value, and lookups of random ids. */
export function measureDistance(options: DistanceOptions): Distances {
  const { nodes, operations, newcomers, seed, seededTables } = options;
  const world = new World({ seed, latency: PROFILE, throughCodec: false });
  if (seededTables) seedNodes(world, nodes);
  else world.grow(nodes, JOIN_EVERY_MS);
  world.run(MINUTE_MS);
  const load = new Load(world, { ttlMs: 60 * MINUTE_MS });
  const put = putMany(world, load, operations, (costs) => Math.max(...costs));
  const copies = new Samples();
  for (const count of world.holderCounts().values()) copies.add(count);
  const { get, found } = getMany(world, load, operations);
  const voting = new Load(world, { ttlMs: 60 * MINUTE_MS, writeQuorum: MOST });
  const middle = (costs: number[]) => costs.sort((a, b) => a - b)[MOST - 1]!;
  const putMost = putMany(world, voting, operations, middle);
  const lookups = load.lookUpMany(operations);
  return {
    ...measureNewcomers(world, load, newcomers),
    ...measureDeaths(world, operations),
    put,
    get,
    putMost,
    lookups,
    found,
    copies: copies.mean,
    roundTripMs: 2 * PROFILE.medianMs,
  };
}

/** PUTs by random nodes; what is possible follows from what a request to each of those takes that should hold a value. */
function putMany(
  world: World,
  load: Load,
  count: number,
  possible: (costs: number[]) => number,
): Operation {
  return runMany(world, count, (_, possibleMs, onEnd) => {
    const from = load.pick();
    const { key } = load.put({ from }, onEnd);
    possibleMs.add(possible(costs(world, from, key)));
  });
}

/** GETs of the values that were put, by nodes that hold nothing of them. */
function getMany(world: World, load: Load, count: number): { get: Operation; found: number } {
  let found = 0;
  const get = runMany(world, count, (i, possibleMs, onEnd) => {
    const value = load.values[i]!;
    const from = pickReader(load, value.key);
    possibleMs.add(Math.min(...costs(world, from, value.key)));
    load.get(value, ({ verdict }) => {
      if (verdict === "found") found++;
      onEnd();
    }, from);
  });
  return { get, found: found / count };
}

/** PUTs, then GETs of other values, from the moment on at which a quarter of the nodes vanish. */
function measureDeaths(
  world: World,
  count: number,
): Pick<Distances, "putLeft" | "getLeft" | "foundLeft"> {
  const before = new Load(world, { ttlMs: 60 * MINUTE_MS });
  before.putMany(count);
  for (let i = Math.floor(world.living.length / 4); i > 0; i--) world.cutPower(world.pick());
  const after = new Load(world, { ttlMs: 60 * MINUTE_MS });
  const { get, found } = getMany(world, before, count);
  const putLeft = putMany(world, after, count, (costs) => Math.max(...costs));
  return { putLeft, getLeft: get, foundLeft: found };
}

/** Nodes that join, one after another, each with a GET at once. */
function measureNewcomers(
  world: World,
  load: Load,
  count: number,
): Pick<Distances, "join" | "firstGet" | "firstFound"> {
  const [join, firstGet] = [new Samples(), new Samples()];
  let found = 0;
  for (let i = 0; i < count; i++) {
    const startedAt = world.now;
    const sim = world.add();
    load.get(load.values[i % load.values.length]!, ({ verdict }) => {
      firstGet.add(world.now - startedAt);
      if (verdict === "found") found++;
    }, sim);
    world.queue.runWhile(() => sim.joined, startedAt + MINUTE_MS);
    join.add(world.now - startedAt);
    world.run(APART_MS);
  }
  return { join, firstGet, firstFound: found / count };
}

/** Starts operations one after another, and waits for all of them. */
function runMany(
  world: World,
  count: number,
  start: (index: number, possibleMs: Samples, onEnd: () => void) => void,
): Operation {
  const { queue, network: { counts: { requests } } } = world;
  const countRequests = () => requests.findNode + requests.findValue + requests.store;
  const before = countRequests();
  const [ms, possibleMs] = [new Samples(), new Samples()];
  let ended = 0;
  for (let i = 0; i < count; i++) {
    queue.runAt(world.now + i * EVERY_MS, () => {
      const startedAt = world.now;
      start(i, possibleMs, () => {
        ms.add(world.now - startedAt);
        ended++;
      });
    });
  }
  queue.runWhile(() => ended === count, world.now + count * EVERY_MS + MINUTE_MS);
  return { ms, possibleMs, messages: 2 * (countRequests() - before) / count };
}

/** A node that holds nothing of a value. */
function pickReader(load: Load, key: NodeId): SimNode {
  for (;;) {
    const sim = load.pick();
    if (!sim.node.held(key)) return sim;
  }
}

/** What one request to each of the nodes closest to a key takes from a node that is none of them. */
function costs(world: World, from: SimNode, key: NodeId): number[] {
  const { node, transport } = from;
  const ids = new Set(closestLiving(world, key, node.options.replication, node.id));
  return world.living.filter(({ node: { id } }) => ids.has(id)).map(({ node: { self } }) => {
    const trips = transport.isConnected(self) ? 1 : COLD_ROUND_TRIPS;
    return trips * 2 * pairLatencyMs(PROFILE, node.id, self.id);
  });
}

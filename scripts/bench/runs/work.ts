/**
 * The work that every network is put to, step for step that of the peers' harness: up, warm, 500 PUTs and
 * 500 GETs one by one, then again 32 at a time.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { equals } from "@std/bytes/equals";
import { SeededRandom } from "../../../lib/sim/random/seeded_random.ts";
import type { BenchNetwork } from "../networks/measured_network.ts";
import { measurePhase, type OperationOutcome } from "./phase.ts";
import { type PhaseResult, rounded, type RunResult } from "../report/run_result.ts";

const MIB = 1_024 ** 2;
const WARM_CONCURRENCY = 8;
/** Between "all are up" and the reading of their memory, as with the peers. */
const SETTLE_MS = 500;
/** Attempts to find a reader at random that does not hold the value. */
const PICKS_MAX = 200;

/** How much work. */
export interface WorkOptions {
  readonly operations: number;
  readonly warmUp: number;
  readonly valueBytes: number;
  readonly seed: number;
}

/** A value, its key, and the nodes that put and get it. */
export interface Item {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly putter: number;
  stored: boolean;
}

/** What may differ for some GETs. */
export interface GetPhaseOptions {
  /** Whether a node may be asked at all. */
  readonly isReader?: (node: number) => boolean;
  /** Called when it is known who will be asked for what, just before the first GET. */
  readonly onReady?: () => void;
}

/** What the work measures of a run. */
export type WorkResult = Omit<
  RunResult,
  "id" | "peer" | "mode" | "runtime" | "versions" | "replication" | "proof_of_work_bits"
>;

/** Does the work on a network that has not been started yet. */
export async function doWork(network: BenchNetwork, options: WorkOptions): Promise<WorkResult> {
  const { nodes, processes } = network;
  const work = new Work(network, options);
  const base = await network.usage();
  const startedAt = performance.now();
  await network.start();
  const bringUpMs = performance.now() - startedAt;
  const tables = await network.tableSizes();
  await delay(SETTLE_MS);
  const up = await network.usage();
  const connectionsUp = network.connections();
  await work.warmUp();
  const [put_c1, one] = await work.put(options.operations, 1);
  const get_c1 = await work.get(one, 1);
  const [put_c32, many] = await work.put(options.operations, 32);
  const get_c32 = await work.get(many, 32);
  const end = await network.usage();
  const connectionsEnd = network.connections();
  const mib = (bytes: number, digits: number) => rounded(bytes / MIB, digits)!;
  return {
    nodes,
    processes,
    value_bytes: options.valueBytes,
    bring_up_ms: rounded(bringUpMs, 1)!,
    table_min: Math.min(...tables),
    table_max: Math.max(...tables),
    put_c1,
    get_c1,
    put_c32,
    get_c32,
    rss_base_mib: mib(base.residentBytes, 1),
    rss_up_mib: mib(up.residentBytes, 1),
    rss_end_mib: mib(end.residentBytes, 1),
    rss_per_node_up_mib: mib((up.residentBytes - base.residentBytes) / nodes, 2),
    rss_per_node_end_mib: mib((end.residentBytes - base.residentBytes) / nodes, 2),
    handshakes_up: connectionsUp?.handshakes ?? null,
    pairs_up: connectionsUp?.pairs ?? null,
    handshakes_end: connectionsEnd?.handshakes ?? null,
    pairs_end: connectionsEnd?.pairs ?? null,
    notes: network.notes,
  };
}

/** The phases on one network. */
export class Work {
  readonly #network: BenchNetwork;
  readonly #options: WorkOptions;
  readonly #random: SeededRandom;

  constructor(network: BenchNetwork, options: WorkOptions) {
    this.#network = network;
    this.#options = options;
    this.#random = new SeededRandom(options.seed);
  }

  /** Some of both, not reported. */
  async warmUp(): Promise<void> {
    const [, items] = await this.put(this.#options.warmUp, WARM_CONCURRENCY);
    await this.get(items, WARM_CONCURRENCY);
  }

  /** Puts new values through random nodes; returns those that were stored, too. */
  async put(count: number, concurrency: number): Promise<[PhaseResult, Item[]]> {
    const items = Array.from({ length: count }, () => this.#newItem());
    const result = await measurePhase(this.#network, {
      name: `put_c${concurrency}`,
      count,
      concurrency,
      run: async (index) => {
        const item = items[index]!;
        const acks = await this.#network.put(item.putter, item.key, item.value);
        item.stored = true;
        return acks ?? "ok";
      },
    });
    return [result, items.filter(({ stored }) => stored)];
  }

  /**
   * Gets each value once, through a random node that has not put it and, if there is any such, does not
   * hold it. Every byte is compared.
   */
  async get(
    items: readonly Item[],
    concurrency: number,
    { isReader = () => true, onReady = () => {} }: GetPhaseOptions = {},
  ): Promise<PhaseResult> {
    const held = await this.#network.holders(items.map(({ key }) => key));
    const readers = items.map(({ putter }, i) => this.#pickReader(putter, held[i]!, isReader));
    onReady();
    const result = await measurePhase(this.#network, {
      name: `get_c${concurrency}`,
      count: items.length,
      concurrency,
      run: async (index): Promise<OperationOutcome> => {
        const { key, value } = items[index]!;
        const found = await this.#network.get(readers[index]!, key);
        if (!found) return "missing";
        return equals(found, value) ? "ok" : "wrong";
      },
    });
    const holding = readers.filter((reader, i) => held[i]!.has(reader)).length;
    const copies = held.reduce((sum, { size }) => sum + size, 0);
    return {
      ...result,
      reader_holds_share: rounded(holding / Math.max(1, items.length), 3),
      copies_per_value: rounded(copies / Math.max(1, items.length)),
    };
  }

  #newItem(): Item {
    const key = new Uint8Array(32);
    const value = new Uint8Array(this.#options.valueBytes);
    this.#random.fill(key);
    this.#random.fill(value);
    return { key, value, putter: this.#random.below(this.#network.nodes), stored: false };
  }

  #pickReader(
    putter: number,
    holders: ReadonlySet<number>,
    isReader: (node: number) => boolean,
  ): number {
    let fallback = -1;
    for (let pick = 0; pick < PICKS_MAX; pick++) {
      const reader = this.#random.below(this.#network.nodes);
      if (reader === putter || !isReader(reader)) continue;
      if (!holders.has(reader)) return reader;
      fallback = reader;
    }
    if (fallback < 0) throw new Error("There is no node to read through");
    return fallback;
  }
}

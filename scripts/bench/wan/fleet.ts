/**
 * The nodes of one system on a wide-area network, and the work that they are put to.
 *
 * @module
 */

import { encodeBase64 } from "@std/encoding/base64";
import { encodeHex } from "@std/encoding/hex";
import { delay } from "@std/async/delay";
import { SeededRandom } from "../../../lib/sim/random/seeded_random.ts";
import { WideAreaNetwork } from "./emulator.ts";
import { type GetAnswer, Host, type PutAnswer, type System } from "./host.ts";

/** Operations under way at once. */
const CONCURRENCY = 4;
const START_LIMIT_MS = 60_000;
/** Between the starts of two nodes, so that they do not all start their processes at once. */
const START_GAP_MS = 500;

/** A value that was put. */
export interface Item {
  readonly key: string;
  /** In base64. */
  readonly value: string;
  readonly putter: Host;
}

/** What became of some PUTs. */
export interface Puts {
  readonly items: readonly Item[];
  readonly answers: readonly (PutAnswer | null)[];
}

/** How a fleet is made. */
export interface FleetOptions {
  readonly system: System;
  readonly hosts: number;
  /** Hosts without a node at first. */
  readonly spare: number;
  readonly seed: number;
}

/** The hosts of a network, on which nodes run. */
export class Fleet implements AsyncDisposable {
  readonly network: WideAreaNetwork;
  /** Those with a node. */
  living: readonly Host[];
  readonly spare: readonly Host[];
  /** The invite of the first node. */
  invite = "";
  readonly #all: readonly Host[];
  readonly #random: SeededRandom;
  readonly #folder: string;

  private constructor(network: WideAreaNetwork, folder: string, options: FleetOptions) {
    const { system, hosts, spare, seed } = options;
    this.network = network;
    this.#folder = folder;
    this.#random = new SeededRandom(seed);
    this.#all = Array.from(
      { length: hosts + spare },
      (_, i) => new Host(i + 1, system, network, folder),
    );
    this.living = this.#all.slice(0, hosts);
    this.spare = this.#all.slice(hosts);
  }

  /** Makes the network; no node runs yet. */
  static async make(options: FleetOptions): Promise<Fleet> {
    const network = await WideAreaNetwork.start(options.hosts + options.spare, options.seed);
    const folder = await Deno.makeTempDir({ prefix: "voidkad-wan-nodes-" });
    return new Fleet(network, folder, options);
  }

  /** Starts all nodes; returns what each but the first needed to join, in milliseconds. */
  async start(): Promise<number[]> {
    const [first, ...others] = this.living;
    first!.start(null);
    const started = await first!.event("started", START_LIMIT_MS);
    if (!started) throw new Error("The first node does not start");
    this.invite = String(started["invite"]);
    for (const host of others) {
      await delay(START_GAP_MS);
      host.start(this.invite);
    }
    const joined = await Promise.all(others.map((host) => host.event("joined", START_LIMIT_MS)));
    return joined.flatMap((event) => event ? [Number(event["ms"])] : []);
  }

  /**
   * Puts values of random bytes through nodes taken at random.
   *
   * @param replication replicas of each; 0, the default, for what the system does by itself.
   */
  async put(count: number, bytes: number, replication = 0): Promise<Puts> {
    const tasks = Array.from({ length: count }, () => ({
      key: encodeHex(this.#bytes(32)),
      value: encodeBase64(this.#bytes(bytes)),
      putter: this.pick(this.living),
    }));
    const answers = await allAtMost(
      CONCURRENCY,
      tasks,
      (task) => task.putter.put(task.key, task.value, replication),
    );
    const items = tasks.flatMap((task, i) => {
      const answer = answers[i];
      return answer?.ok ? [{ ...task, key: answer.key }] : [];
    });
    return { items, answers };
  }

  /** Gets each value once, through a node that neither put it nor holds it, as long as there is one. */
  async get(items: readonly Item[]): Promise<(GetAnswer | null)[]> {
    const keys = items.map(({ key }) => key);
    const held = new Map(
      await Promise.all(
        this.living.map(async (host) => [host, await host.holds(keys)] as const),
      ),
    );
    const readers = items.map(({ putter }, i) => {
      const others = this.living.filter((host) => host !== putter);
      const without = others.filter((host) => !held.get(host)!.has(i));
      return this.pick(without.length > 0 ? without : others);
    });
    return await allAtMost(
      CONCURRENCY,
      items.map((item, i) => ({ ...item, reader: readers[i]! })),
      ({ reader, key, value }) => reader.get(key, value),
    );
  }

  /** One of some hosts. */
  pick(hosts: readonly Host[]): Host {
    return hosts[this.#random.below(hosts.length)]!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all.map((host) => host.kill()));
    await this.network[Symbol.asyncDispose]();
    await Deno.remove(this.#folder, { recursive: true });
  }

  #bytes(count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    this.#random.fill(bytes);
    return bytes;
  }
}

/** Carries tasks out, so many at once; the results are in the order of the tasks. */
async function allAtMost<Task, Result>(
  amount: number,
  tasks: readonly Task[],
  act: (task: Task) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const rest = tasks.entries();
  const work = async () => {
    for (const [i, task] of rest) results[i] = await act(task);
  };
  await Promise.all(Array.from({ length: amount }, work));
  return results;
}

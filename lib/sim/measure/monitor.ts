/**
 * Watches a network over virtual time: success, replicas, tables, traffic.
 *
 * It draws from a generator of its own, so that watching changes nothing of what happens.
 *
 * @module
 */

import { idKey } from "../../core/kademlia/node_id.ts";
import type { Load } from "./load.ts";
import { Samples } from "./samples.ts";
import { SeededRandom } from "../random/seeded_random.ts";
import { GetTally, type JudgedGet } from "./tally.ts";
import type { World } from "../world.ts";

/** What a network was like at a time, or from the sample before until then. */
export interface NetworkSample {
  /** Virtual milliseconds. */
  readonly time: number;
  readonly living: number;
  /** GETs since the sample before. */
  readonly gets: GetTally;
  readonly replicas: ReplicaCounts;
  readonly tables: TableCounts;
  readonly traffic: TrafficRates;
}

/** How many living nodes hold a value, over the values whose life is not over. */
export interface ReplicaCounts {
  readonly values: number;
  readonly mean: number;
  readonly min: number;
  /** Values that nobody holds. */
  readonly lost: number;
}

/** Contacts in routing tables. */
export interface TableCounts {
  /** Contacts a node knows, in the mean. */
  readonly size: number;
  /** Share of the contacts that do not live any more. */
  readonly deadShare: number;
}

/** What one node and one hour account for; NaN if no time has passed. */
export interface TrafficRates {
  readonly messages: number;
  readonly bytes: number;
}

/** Tables that are looked at; more say nothing more. */
const TABLES_MAX = 500;
const HOUR_MS = 3_600_000;

/** Takes samples of one network. */
export class Monitor {
  readonly samples: NetworkSample[] = [];
  /** All GETs that were noted. */
  readonly gets = new GetTally();
  readonly #world: World;
  readonly #load: Load;
  readonly #random: SeededRandom;
  #recent = new GetTally();
  #since = { time: 0, messages: 0, bytes: 0 };

  constructor(world: World, load: Load) {
    this.#world = world;
    this.#load = load;
    this.#random = new SeededRandom(world.options.seed ^ 0x6d6f6e69);
    this.#since = this.#traffic();
  }

  /** Counts a GET for the next sample. */
  note(outcome: JudgedGet): void {
    this.#recent.add(outcome);
    this.gets.add(outcome);
  }

  /** Takes a sample now. */
  take(): NetworkSample {
    const sample = {
      time: this.#world.now,
      living: this.#world.living.length,
      gets: this.#recent,
      replicas: countReplicas(this.#world, this.#load),
      tables: countTables(this.#world, this.#random),
      traffic: this.#rates(),
    };
    this.#recent = new GetTally();
    this.#since = this.#traffic();
    this.samples.push(sample);
    return sample;
  }

  /** Takes a sample every so often for a time. */
  takeFor(durationMs: number, everyMs: number): void {
    this.#world.repeat(durationMs, everyMs, () => void this.take());
  }

  #traffic(): { time: number; messages: number; bytes: number } {
    const { counts: { messages, bytes } } = this.#world.network;
    return { time: this.#world.now, messages, bytes };
  }

  #rates(): TrafficRates {
    const { time, messages, bytes } = this.#traffic();
    const nodeHours = this.#world.living.length * (time - this.#since.time) / HOUR_MS;
    return {
      messages: (messages - this.#since.messages) / nodeHours,
      bytes: (bytes - this.#since.bytes) / nodeHours,
    };
  }
}

/** Counts who holds the values of a load whose life is not over. */
export function countReplicas(world: World, { values }: Load): ReplicaCounts {
  const holders = world.holderCounts();
  const counts = new Samples();
  let lost = 0;
  for (const { key, expiresAt } of values) {
    if (expiresAt <= world.now) continue;
    const count = holders.get(idKey(key)) ?? 0;
    counts.add(count);
    if (count === 0) lost++;
  }
  if (counts.count === 0) return { values: 0, mean: NaN, min: NaN, lost };
  return { values: counts.count, mean: counts.mean, min: counts.quantile(0), lost };
}

/** Looks at the tables of honest nodes, at most {@linkcode TABLES_MAX} of them. */
export function countTables(world: World, random: SeededRandom): TableCounts {
  const honest = world.living.filter(({ isAdversary }) => !isAdversary);
  const count = Math.min(TABLES_MAX, honest.length);
  let [size, dead] = [0, 0];
  for (let i = 0; i < count; i++) {
    const sim = honest.length <= TABLES_MAX ? honest[i]! : honest[random.below(honest.length)]!;
    for (const contact of sim.node.contacts()) {
      size++;
      if (world.network.at(contact) === null) dead++;
    }
  }
  return { size: size / count, deadShare: size === 0 ? 0 : dead / size };
}

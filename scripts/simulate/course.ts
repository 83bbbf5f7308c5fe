/**
 * The course of a simulation: nodes join, values are put and got, faults begin, time passes.
 *
 * @module
 */

import { NODE_OPTIONS_DEFAULT } from "../../lib/node/options.ts";
import { Churn } from "../../lib/sim/faults/churn.ts";
import { LATENCY_PROFILES } from "../../lib/sim/faults/latency.ts";
import { Load } from "../../lib/sim/measure/load.ts";
import { Monitor } from "../../lib/sim/measure/monitor.ts";
import { seedNodes } from "../../lib/sim/seeded_tables.ts";
import { freezeShare, halfOf, killShare } from "../../lib/sim/faults/strike.ts";
import { type SimNode, World } from "../../lib/sim/world.ts";
import type { SimulateOptions } from "./simulate_flags.ts";
import type { GetPhase, LookupPhase, Mark, Results } from "./results.ts";

/** Is called as a course goes on. */
export interface Onlooker {
  /** A stretch of so many steps begins. */
  begin(what: string, total: number, world: World): void;
  /** Called after each event, with the steps that are done. */
  look(done: number): void;
  /** All nodes live, and nothing has been put yet. */
  onGrown(world: World): void;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const JOIN_EVERY_MS = 20;
const JOIN_LIMIT_MS = 10 * MINUTE_MS;
const LOOKUPS_MAX = 500;
/** Points of the curves over time, at most one a minute. */
const SAMPLES_MAX = 96;
const GETS_PER_SAMPLE = 250;

/** Runs a course to its end. */
export function runCourse(options: SimulateOptions, onlooker: Onlooker): Results {
  return new Course(options, onlooker).run();
}

class Course {
  readonly #options: SimulateOptions;
  readonly #onlooker: Onlooker;
  readonly #world: World;
  readonly #load: Load;
  readonly #gets: GetPhase[] = [];
  readonly #lookups: LookupPhase[] = [];
  readonly #marks: Mark[] = [];
  #churn: Churn | null = null;
  #steps = 0;

  constructor(options: SimulateOptions, onlooker: Onlooker) {
    this.#options = options;
    this.#onlooker = onlooker;
    this.#world = makeWorld(options);
    this.#load = new Load(this.#world, {
      ttlMs: 1_000 * options.ttlSeconds,
      drive: (remaining, until) => this.#drive(remaining, until),
    });
  }

  run(): Results {
    const { hours } = this.#options;
    this.#grow();
    this.#onlooker.onGrown(this.#world);
    this.#begin("putting", this.#options.values);
    this.#load.putMany(this.#options.values);
    this.#readAll("before");
    const monitor = new Monitor(this.#world, this.#load);
    monitor.take();
    this.#strike();
    if (hours > 0) this.#watch(monitor, hours * HOUR_MS);
    this.#churn?.stop();
    if (hours > 0 || this.#marks.length > 0) this.#readAll("at the end");
    const { queue, network: { trace } } = this.#world;
    return {
      puts: this.#load.puts,
      gets: this.#gets,
      lookups: this.#lookups,
      samples: monitor.samples,
      marks: this.#marks,
      endedAt: queue.now(),
      sessions: this.#churn?.counts ?? { left: 0, killed: 0 },
      events: queue.count,
      trace,
    };
  }

  #grow(): void {
    const { nodes, seededTables } = this.#options;
    const world = this.#world;
    this.#begin("joining", nodes);
    if (seededTables) {
      seedNodes(world, nodes, () => this.#onlooker.look(world.living.length));
      return;
    }
    const added: SimNode[] = [];
    for (let i = 0; i < nodes; i++) {
      world.queue.runAt(i * JOIN_EVERY_MS, () => void added.push(world.add()));
    }
    let joined = 0;
    this.#drive(() => {
      while (added[joined]?.joined) joined++;
      return nodes - joined;
    }, nodes * JOIN_EVERY_MS + JOIN_LIMIT_MS);
  }

  /** Gets all values and looks some random ids up. */
  #readAll(name: string): void {
    this.#begin(`getting ${name}`, this.#options.values);
    const costs = this.#countCosts();
    const gets = this.#load.getMany();
    this.#gets.push({ name, gets, messages: costs() / this.#options.values });
    const count = Math.min(this.#options.values, LOOKUPS_MAX);
    this.#begin(`looking up ${name}`, count);
    this.#lookups.push({ name, lookups: this.#load.lookUpMany(count) });
  }

  /** All faults that are wanted, at once. */
  #strike(): void {
    const { killShare: killed, frozenShare, partitionMinutes, churnMinutes } = this.#options;
    const world = this.#world;
    if (killed > 0) {
      killShare(world, killed);
      this.#mark(`${percent(killed)} killed`);
    }
    if (frozenShare > 0) {
      freezeShare(world, frozenShare);
      this.#mark(`${percent(frozenShare)} frozen`);
    }
    if (partitionMinutes > 0) {
      world.partition(halfOf);
      this.#mark("partition");
      world.queue.runAt(world.now + partitionMinutes * MINUTE_MS, () => {
        world.partition(null);
        this.#mark("healed");
      });
    }
    if (churnMinutes > 0) {
      this.#churn = new Churn(world, {
        medianMs: churnMinutes * MINUTE_MS,
        shape: this.#options.churnShape,
        killedShare: this.#options.churnKilledShare,
      });
      this.#churn.start();
      this.#mark("churn begins");
    }
  }

  /** Gets values all the time, and takes samples. */
  #watch(monitor: Monitor, durationMs: number): void {
    const world = this.#world;
    const start = world.now;
    const everyMs = Math.max(MINUTE_MS, durationMs / SAMPLES_MAX);
    const costs = this.#countCosts();
    this.#load.getFor(
      durationMs,
      everyMs / GETS_PER_SAMPLE,
      (outcome) => monitor.note(outcome),
    );
    monitor.takeFor(durationMs, everyMs);
    this.#begin("watching", durationMs);
    this.#drive(() => start + durationMs - world.now, start + durationMs);
    world.queue.runUntil(start + durationMs);
    const { gets } = monitor;
    const name = this.#marks.length > 0 ? "under faults" : "meanwhile";
    this.#gets.push({ name, gets, messages: costs() / gets.count });
  }

  /** Begins to count messages of lookups for values; what it returns says how many there were. */
  #countCosts(): () => number {
    const { requests } = this.#world.network.counts;
    const before = requests.findValue;
    return () => 2 * (requests.findValue - before);
  }

  #mark(label: string): void {
    this.#marks.push({ time: this.#world.now, label });
  }

  #begin(what: string, total: number): void {
    this.#steps = total;
    this.#onlooker.begin(what, total, this.#world);
  }

  #drive(remaining: () => number, until: number): void {
    this.#world.queue.runWhile(() => {
      const left = remaining();
      this.#onlooker.look(this.#steps - left);
      return left <= 0;
    }, until);
  }
}

function makeWorld(options: SimulateOptions): World {
  const ttlMs = 1_000 * options.ttlSeconds;
  return new World({
    seed: options.seed,
    latency: LATENCY_PROFILES[options.latency],
    loss: options.lossShare,
    skewMs: 1_000 * options.skewSeconds,
    slowShare: options.slowShare,
    adversaryShare: options.adversaryShare,
    adversaryKind: options.adversaryKind,
    throughCodec: options.throughCodec,
    node: {
      prefixLength: options.prefixLength,
      bucketSize: options.bucketSize,
      parallelism: options.parallelism,
      replication: options.replication,
      republishIntervalMs: 1_000 * options.republishSeconds,
      ttlMaxMs: Math.max(ttlMs, NODE_OPTIONS_DEFAULT.ttlMaxMs),
    },
  });
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(1))} %`;
}

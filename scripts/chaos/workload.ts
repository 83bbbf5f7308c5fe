/**
 * PUTs and GETs through the nodes of a fleet, all noted in a history.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { encodeHex } from "@std/encoding/hex";
import { askHttp, type HttpAnswer, type HttpQuestion } from "../../lib/cli/clients/http_client.ts";
import type { History, PutRecord } from "../../lib/sim/measure/history.ts";
import type { SeededRandom } from "../../lib/sim/random/seeded_random.ts";
import type { Fleet } from "./fleet.ts";
import type { Member } from "./member.ts";

const REQUEST_LIMIT_MS = 10_000;
/** Shares of the requests: the rest are GETs. */
const PUT_SHARE = 0.2;
/** Of the PUTs, how many overwrite a key. */
const OVERWRITE_SHARE = 0.3;
/** Of the keys, how many have values of a short life, so that some end during a run. */
const SHORT_SHARE = 0.1;
/** Longer than any run. */
const TTL_SECONDS = 86_400;
const SHORT_TTL_SECONDS = 20;
const FILLER_BYTES_MAX = 8_192;
/** Nodes through which each key is read at the end. */
const READERS = 4;
/** Requests under way while all is read. */
const READS_AT_ONCE = 6;
/** The same after a restart, when each answer waits for a while. */
const SLOW_READS_AT_ONCE = 48;

/** What a workload is made of. */
export interface WorkloadOptions {
  readonly fleet: Fleet;
  readonly history: History;
  readonly random: SeededRandom;
  readonly replication: number;
  readonly writeQuorum: number;
}

/** Puts and gets until it is stopped. */
export class Workload {
  /** Requests that got no answer: their node was in trouble, mostly. */
  failed = 0;
  readonly #options: WorkloadOptions;
  /** Keys that were put, with the lifetime of their values in seconds. */
  readonly #keys = new Map<string, number>();
  /** Of each key the last PUT that was acknowledged. */
  readonly #newest = new Map<string, PutRecord>();
  #values = 0;

  constructor(options: WorkloadOptions) {
    this.#options = options;
  }

  /** Sends so many requests a second until the signal; requests under way end first. */
  async run(perSecond: number, signal: AbortSignal): Promise<void> {
    const underWay = new Set<Promise<void>>();
    while (!signal.aborted) {
      const task = this.#one().finally(() => underWay.delete(task));
      underWay.add(task);
      await delay(1_000 / perSecond);
    }
    await Promise.all(underWay);
  }

  /** Puts values under keys of their own. */
  async fill(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.#put(this.#newKey());
  }

  /** Reads every key through a few nodes. */
  async readAll(): Promise<void> {
    const reads = [...this.#keys.keys()].flatMap((key) => Array<string>(READERS).fill(key));
    await inParallel(reads, READS_AT_ONCE, async (key) => {
      const member = this.#pick();
      if (member) await this.#get(key, member);
    });
  }

  /** Keys of values that were acknowledged, and do not end during the run. */
  livingKeys(): string[] {
    return [...this.#newest.keys()].filter((key) => this.#keys.get(key) === TTL_SECONDS);
  }

  /** Looks keys up, each through one of some nodes; returns those not found, and what was answered instead. */
  async findMissing(
    keys: readonly string[],
    members: readonly Member[],
  ): Promise<Map<string, string>> {
    const missing = new Map<string, string>();
    await inParallel(keys, SLOW_READS_AT_ONCE, async (key) => {
      const member = members[this.#options.random.below(members.length)]!;
      const answer = await ask(member, { path: `/v1/values/${key}` });
      if (answer?.status === 200) return;
      missing.set(key, `${answer ? `status ${answer.status}` : "no answer"} from ${member.name}`);
    });
    return missing;
  }

  /** What was acknowledged at a time or later may be lost, for good: neither a reader nor this misses it. */
  excuseSince(time: number): void {
    for (const [key, { acknowledgedAt }] of this.#newest) {
      if (acknowledgedAt! < time) continue;
      this.#newest.delete(key);
      this.#options.history.excuse(key, time, Infinity);
    }
  }

  async #one(): Promise<void> {
    const { random } = this.#options;
    const key = [...this.#keys.keys()][random.below(this.#keys.size)];
    if (key === undefined || random.next() < PUT_SHARE) {
      const overwrite = key !== undefined && random.next() < OVERWRITE_SHARE;
      return await this.#put(overwrite ? key : this.#newKey());
    }
    const member = this.#pick();
    if (member) await this.#get(key, member);
  }

  #newKey(): string {
    const bytes = new Uint8Array(32);
    this.#options.random.fill(bytes);
    return encodeHex(bytes);
  }

  #pick(): Member | undefined {
    const { fleet: { up }, random } = this.#options;
    return up[random.below(up.length)];
  }

  async #put(key: string): Promise<void> {
    const { history, replication, writeQuorum, random } = this.#options;
    const member = this.#pick();
    if (!member) return;
    const node = member.name;
    const bytes = random.below(FILLER_BYTES_MAX);
    const value = `${++this.#values} and ${bytes} bytes`;
    const ttlSeconds = this.#keys.get(key) ??
      (random.next() < SHORT_SHARE ? SHORT_TTL_SECONDS : TTL_SECONDS);
    this.#keys.set(key, ttlSeconds);
    const query = `ttl=${ttlSeconds}&replication=${replication}&write_quorum=${writeQuorum}`;
    const startedAt = performance.now();
    let acknowledgedAt: number | null = null;
    const body = new TextEncoder().encode(`${value}\n${".".repeat(bytes)}`);
    const path = `/v1/values/${key}?${query}`;
    const answer = await ask(member, { path, method: "PUT", body });
    if (answer?.status === 201) acknowledgedAt = performance.now();
    else this.failed++;
    if (!answer) this.#expectTrouble(member, node, startedAt, "PUT");
    const ttlMs = 1_000 * ttlSeconds;
    const record: PutRecord = { key, value, startedAt, acknowledgedAt, ttlMs, node };
    history.put(record);
    if (acknowledgedAt !== null) this.#newest.set(key, record);
  }

  async #get(key: string, member: Member): Promise<void> {
    const node = member.name;
    const startedAt = performance.now();
    const answer = await ask(member, { path: `/v1/values/${key}` });
    const endedAt = performance.now();
    if (answer?.status !== 200 && answer?.status !== 404) {
      this.failed++;
      return this.#expectTrouble(member, node, startedAt, "GET");
    }
    const value = answer.status === 200 ? nameOf(answer.body) : null;
    this.#options.history.get({ key, node, startedAt, endedAt, value });
  }

  /** A node that nothing has befallen answers. */
  #expectTrouble(member: Member, node: string, startedAt: number, what: string): void {
    if (member.calmSince === null || member.calmSince >= startedAt) return;
    const ms = Math.round(performance.now() - startedAt);
    this.#options.fleet.broken.push(
      `${node} gave no answer to a ${what} at ${Math.round(startedAt)} ms, for ${ms} ms`,
    );
  }
}

async function inParallel<Item>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const left = items.values();
  const workSome = async () => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, workSome));
}

/** The name of a value, if all of its bytes are there. */
function nameOf(body: Uint8Array): string {
  const [name = "", filler = ""] = new TextDecoder().decode(body).split("\n");
  return name.endsWith(` and ${filler.length} bytes`) ? name : `damaged: ${name}`;
}

/** Asks a node; null if it does not answer. */
async function ask(
  member: Member,
  question: Omit<HttpQuestion, "limitMs">,
): Promise<HttpAnswer | null> {
  try {
    return await askHttp(member.http, { ...question, limitMs: REQUEST_LIMIT_MS });
  } catch {
    return null;
  }
}

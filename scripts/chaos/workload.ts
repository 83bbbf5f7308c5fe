/**
 * PUTs and GETs through the nodes of a fleet, all noted in a history.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { encodeHex } from "@std/encoding/hex";
import { askHttp, type HttpQuestion } from "../../lib/cli/clients/http_client.ts";
import type { Address } from "../../lib/core/kademlia/address.ts";
import type { History, PutRecord } from "../../lib/sim/measure/history.ts";
import type { SeededRandom } from "../../lib/sim/random/seeded_random.ts";
import type { Fleet, Member } from "./fleet.ts";

const REQUEST_LIMIT_MS = 10_000;
/** Shares of the requests: the rest are GETs. */
const PUT_SHARE = 0.2;
/** Of the PUTs, how many overwrite a key. */
const OVERWRITE_SHARE = 0.3;

/** What a workload is made of. */
export interface WorkloadOptions {
  readonly fleet: Fleet;
  readonly history: History;
  readonly random: SeededRandom;
  readonly replication: number;
  readonly ttlSeconds: number;
}

/** Puts and gets until it is stopped. */
export class Workload {
  readonly #options: WorkloadOptions;
  /** Keys that were put. */
  readonly #keys: string[] = [];
  #values = 0;
  #failed = 0;

  constructor(options: WorkloadOptions) {
    this.#options = options;
  }

  /** Requests that got no answer: their node was down, mostly. */
  get failed(): number {
    return this.#failed;
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

  /** Reads every key once through each of some nodes. */
  async readAll(members: readonly Member[]): Promise<void> {
    for (const key of this.#keys) {
      for (const member of members) await this.#get(key, member);
    }
  }

  async #one(): Promise<void> {
    const { random } = this.#options;
    const key = this.#keys[random.below(this.#keys.length)];
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
    const { history, replication, ttlSeconds } = this.#options;
    const member = this.#pick();
    if (!member) return;
    const value = `value ${++this.#values}`;
    const query = `ttl=${ttlSeconds}&replication=${replication}&write_quorum=1`;
    const startedAt = performance.now();
    let acknowledgedAt: number | null = null;
    const body = new TextEncoder().encode(value);
    const path = `/v1/values/${key}?${query}`;
    const answer = await ask(member.http, { path, method: "PUT", body });
    if (answer?.status === 201) acknowledgedAt = performance.now();
    else this.#failed++;
    const record: PutRecord = {
      ...{ key, value, startedAt, acknowledgedAt },
      ttlMs: 1_000 * ttlSeconds,
      node: member.name,
    };
    history.put(record);
    if (!this.#keys.includes(key)) this.#keys.push(key);
  }

  async #get(key: string, member: Member): Promise<void> {
    const startedAt = performance.now();
    const answer = await ask(member.http, { path: `/v1/values/${key}` });
    const endedAt = performance.now();
    if (answer?.status !== 200 && answer?.status !== 404) {
      this.#failed++;
      return;
    }
    const value = answer.status === 200 ? new TextDecoder().decode(answer.body) : null;
    this.#options.history.get({ key, node: member.name, startedAt, endedAt, value });
  }
}

/** Asks a node; null if it does not answer. */
async function ask(node: Address, question: Omit<HttpQuestion, "limitMs">) {
  try {
    return await askHttp(node, { ...question, limitMs: REQUEST_LIMIT_MS });
  } catch {
    return null;
  }
}

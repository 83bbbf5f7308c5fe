/**
 * What is measured on the wide-area network, in this order: each phase begins with what the one before has left.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { Samples } from "../../../lib/sim/measure/samples.ts";
import type { GetAnswer } from "./host.ts";
import type { Fleet, Puts } from "./fleet.ts";

/** Times of operations, in milliseconds. */
export interface Times {
  readonly count: number;
  /** How many of them did what they were asked to. */
  readonly succeeded: number;
  /** Of those that did; NaN if none did. */
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

/** One figure. */
export interface Row {
  readonly name: string;
  /** Null for a figure that is no time. */
  readonly times: Times | null;
  /** What else is to be said. */
  readonly note: string;
}

/** What the phases take. */
export interface PhaseOptions {
  readonly operations: number;
  readonly valueBytes: number;
  /** How long the network rests after joining, and for its traffic to be measured. */
  readonly restMs: number;
}

/** Measures; gives a row as soon as it is known. */
export type Phase = (fleet: Fleet, options: PhaseOptions) => AsyncGenerator<Row>;

/** All phases by name. */
export const PHASES: Readonly<Record<string, Phase>> = {
  base: async function* (fleet, options) {
    yield* putAndGet(fleet, "", options);
  },
  loss1: (fleet, options) => underLoss(fleet, 0.01, options),
  loss5: (fleet, options) => underLoss(fleet, 0.05, options),
  large: async function* (fleet, options) {
    const operations = Math.ceil(options.operations / 5);
    yield* putAndGet(fleet, " of 60 KB", { ...options, operations, valueBytes: 60_000 });
  },
  cold: newcomers,
  vanish: vanished,
  rest: atRest,
};

/** Bytes that hosts send a minute while nobody asks for anything. */
async function* atRest({ network, living }: Fleet, { restMs }: PhaseOptions): AsyncGenerator<Row> {
  const sum = async () => (await network.traffic()).tx_bytes.reduce((all, one) => all + one, 0);
  const before = await sum();
  await delay(restMs);
  const bytes = (await sum() - before) / living.length / (restMs / 60_000);
  yield { name: "at rest", times: null, note: `${Math.round(bytes)} bytes a host a minute` };
}

async function* underLoss(
  fleet: Fleet,
  share: number,
  options: PhaseOptions,
): AsyncGenerator<Row> {
  await fleet.network.lose(share);
  yield* putAndGet(fleet, ` at ${100 * share} % loss`, options);
  await fleet.network.lose(0);
}

async function* putAndGet(
  fleet: Fleet,
  what: string,
  { operations, valueBytes }: PhaseOptions,
): AsyncGenerator<Row> {
  const before = await requestsOf(fleet);
  const puts = await fleet.put(operations, valueBytes);
  const between = await requestsOf(fleet);
  yield putRow(`PUT${what}`, puts, requestsEach(before, between, operations));
  const gets = await fleet.get(puts.items);
  const note = requestsEach(between, await requestsOf(fleet), operations);
  yield { name: `GET${what}`, times: timesOf(gets, isRight), note };
}

/** The first GETs of nodes that have just been started: until the value is found, whatever it takes. */
async function* newcomers(
  fleet: Fleet,
  { valueBytes }: PhaseOptions,
): AsyncGenerator<Row> {
  const { items } = await fleet.put(fleet.spare.length, valueBytes);
  const first: GetAnswer[] = [];
  const joined: number[] = [];
  let atOnce = 0;
  for (const [i, host] of fleet.spare.entries()) {
    const { key, value } = items[i]!;
    host.start(fleet.invite);
    await host.event("started", 10_000);
    const startedAt = performance.now();
    for (let tries = 1; tries <= 50; tries++) {
      const answer = await host.get(key, value);
      if (!answer || !isRight(answer)) {
        await delay(50);
        continue;
      }
      if (tries === 1) atOnce++;
      first.push({ ...answer, ms: performance.now() - startedAt });
      break;
    }
    const event = await host.event("joined", 10_000);
    if (event) joined.push(Number(event["ms"]));
    await host.kill();
  }
  const note = `${atOnce} of ${fleet.spare.length} found at the first try`;
  yield { name: "first GET of a newcomer", times: timesOf(first, isRight), note };
  yield { name: "joined", times: timesOfAll(joined), note: "one node that joins the rest" };
}

/** A quarter of the hosts is cut off, so that nobody is told, and comes back two minutes later. */
async function* vanished(
  fleet: Fleet,
  { operations, valueBytes }: PhaseOptions,
): AsyncGenerator<Row> {
  const { items } = await fleet.put(operations, valueBytes);
  const all = fleet.living;
  const gone = new Set(all.filter((_, i) => i % 4 === 3));
  for (const { index } of gone) await fleet.network.cut(index);
  await Promise.all([...gone].map((host) => host.kill()));
  fleet.living = all.filter((host) => !gone.has(host));
  const gets = await fleet.get(items);
  yield { name: "GET, a quarter gone at once", times: timesOf(gets, isRight), note: "" };
  yield putRow("PUT, the same", await fleet.put(operations, valueBytes), "");
  await delay(60_000);
  await fleet.network.heal();
  for (const host of gone) host.start(fleet.invite);
  const joined = await Promise.all([...gone].map((host) => host.event("joined", 60_000)));
  fleet.living = all;
  const ms = joined.flatMap((event) => event ? [Number(event["ms"])] : []);
  yield { name: "joined again", times: timesOfAll(ms), note: `${gone.size} nodes at once` };
  await delay(30_000);
  yield putRow("PUT, 30 s later", await fleet.put(operations, valueBytes), "");
}

function putRow(name: string, { answers, items }: Puts, note: string): Row {
  const copies = answers.reduce((sum, answer) => sum + (answer?.copies ?? 0), 0) / answers.length;
  const replicas = `${copies.toFixed(1)} replicas`;
  const times = timesOf(answers, ({ ok }) => ok);
  return {
    name,
    times,
    note: [replicas, note].filter((part) => part !== "").join(", ") +
      (items.length < answers.length ? `, ${answers.length - items.length} failed` : ""),
  };
}

function isRight({ found, equal }: GetAnswer): boolean {
  return found && equal;
}

function timesOf<Answer extends { readonly ms: number }>(
  answers: readonly (Answer | null)[],
  succeeds: (answer: Answer) => boolean,
): Times {
  const ms = answers.flatMap((answer) => answer && succeeds(answer) ? [answer.ms] : []);
  return { ...timesOfAll(ms), count: answers.length };
}

/** The quantiles of some times in milliseconds. */
export function timesOfAll(ms: readonly number[]): Times {
  const samples = new Samples();
  for (const one of ms) samples.add(one);
  const [p50, p90, p99] = [0.5, 0.9, 0.99].map((share) => samples.quantile(share));
  return { count: ms.length, succeeded: ms.length, p50: p50!, p90: p90!, p99: p99! };
}

/** Requests that all nodes have sent; null if they do not count them. */
async function requestsOf({ living }: Fleet): Promise<number | null> {
  const counts = await Promise.all(living.map((host) => host.requests()));
  return counts.includes(null) ? null : counts.reduce<number>((sum, one) => sum + one!, 0);
}

function requestsEach(before: number | null, after: number | null, operations: number): string {
  if (before === null || after === null) return "";
  return `${((after - before) / operations).toFixed(1)} requests each`;
}

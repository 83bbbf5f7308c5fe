/**
 * Counts of what a node does, from its start, and how long the last operations of each kind took.
 *
 * @module
 */

import type { StoreStatus } from "../core/wire/messages.ts";
import type {
  ComparisonOutcome,
  EndedHandshake,
  EndedLookup,
  EndedPut,
  EndedRequest,
  GetOutcome,
  Observer,
  RequestType,
} from "../node/observer.ts";

/** Operations whose times are kept. */
const WINDOW = 512;

/** How long the last operations of one kind took. */
export class RecentTimes {
  readonly #times = new Float64Array(WINDOW);
  #count = 0;

  /** Adds a time in milliseconds. */
  add(ms: number): void {
    this.#times[this.#count++ % WINDOW] = ms;
  }

  /** The median and the 99th percentile; null if there were no operations. */
  percentiles(): { readonly p50: number | null; readonly p99: number | null } {
    const length = Math.min(this.#count, WINDOW);
    if (length === 0) return { p50: null, p99: null };
    const sorted = this.#times.slice(0, length).sort();
    const at = (share: number) => sorted[Math.min(length - 1, Math.floor(share * length))]!;
    return { p50: at(0.5), p99: at(0.99) };
  }
}

/** Counts by word. A word that was never counted is missing. */
export type Tally = Record<string, number>;

/** What has been counted. Sums of times are in milliseconds. */
export class Counts implements Observer {
  /** Sums are of the lookups for a value, which end `found` or `notFound`. */
  readonly lookups = {
    ended: 0,
    found: 0,
    notFound: 0,
    closest: 0,
    failed: 0,
    valueHopsSum: 0,
    valueRequestsSum: 0,
  };
  readonly gets = { asked: 0, here: 0, found: 0, missed: 0, failed: 0, msSum: 0 };
  readonly puts = { asked: 0, stored: 0, partly: 0, nowhere: 0, failed: 0, msSum: 0 };
  /** By type, then by outcome. */
  readonly requestsOut = new Map<RequestType, Tally>();
  readonly requestsIn: Tally = {};
  readonly stores: Tally = {};
  readonly handshakes = { out: 0, in: 0, outFailed: 0, inFailed: 0 };
  readonly bytes = { in: 0, out: 0 };
  readonly times = {
    get: new RecentTimes(),
    put: new RecentTimes(),
    request: new RecentTimes(),
  };
  expiredValues = 0;
  republications = 0;
  /** Comparisons with neighbours by their outcome. */
  readonly comparisons: Tally = {};
  /** Values that comparisons have brought here and to neighbours. */
  readonly repairs = { in: 0, out: 0, bytesIn: 0, bytesOut: 0 };

  requestEnded({ type, outcome, ms }: EndedRequest): void {
    let tally = this.requestsOut.get(type);
    if (!tally) this.requestsOut.set(type, tally = {});
    tally[outcome] = (tally[outcome] ?? 0) + 1;
    if (outcome === "answered") this.times.request.add(ms);
  }

  requestHandled(type: RequestType): void {
    this.requestsIn[type] = (this.requestsIn[type] ?? 0) + 1;
  }

  storeJudged(status: StoreStatus): void {
    this.stores[status] = (this.stores[status] ?? 0) + 1;
  }

  lookupEnded({ outcome, hops, requests }: EndedLookup): void {
    const { lookups } = this;
    lookups.ended++;
    lookups[outcome]++;
    if (outcome !== "found" && outcome !== "notFound") return;
    lookups.valueHopsSum += hops;
    lookups.valueRequestsSum += requests;
  }

  getEnded(outcome: GetOutcome, ms: number): void {
    this.gets.asked++;
    this.gets[outcome]++;
    this.gets.msSum += ms;
    this.times.get.add(ms);
  }

  putEnded({ outcome, ms }: EndedPut): void {
    this.puts.asked++;
    this.puts[outcome]++;
    this.puts.msSum += ms;
    this.times.put.add(ms);
  }

  /** It has a distribution only. */
  workProven(_ms: number): void {}

  expired(count: number): void {
    this.expiredValues += count;
  }

  republished(): void {
    this.republications++;
  }

  compared(outcome: ComparisonOutcome): void {
    this.comparisons[outcome] = (this.comparisons[outcome] ?? 0) + 1;
  }

  repaired(direction: "in" | "out", bytes: number): void {
    this.repairs[direction]++;
    this.repairs[direction === "in" ? "bytesIn" : "bytesOut"] += bytes;
  }

  handshakeEnded({ direction, succeeded }: EndedHandshake): void {
    if (succeeded) this.handshakes[direction]++;
    else this.handshakes[direction === "in" ? "inFailed" : "outFailed"]++;
  }

  bytesMoved(direction: "in" | "out", count: number): void {
    this.bytes[direction] += count;
  }
}

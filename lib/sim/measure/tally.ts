/**
 * What came of GETs, PUTs and lookups, and the count of it.
 *
 * @module
 */

import { Samples } from "./samples.ts";

/** What a GET should have found, and did. */
export type GetVerdict =
  /** The value, within its life. */
  | "found"
  /** Nothing, though its life was not over. */
  | "missed"
  /** Bytes that were never put under this key. */
  | "wrong"
  /** Nothing, after its life. */
  | "expired"
  /** The value, after its life. */
  | "late"
  /** The asking node was gone before the end, or the life ended meanwhile: it says nothing. */
  | "void";

/** One GET. Times are virtual milliseconds. */
export interface JudgedGet {
  readonly verdict: GetVerdict;
  readonly startedAt: number;
  readonly endedAt: number;
  /** Requests in a row that led to the value; 0 if the asking node held it. */
  readonly hops: number;
  /** How long before the GET the life of the value had ended; 0 or less if it had not. */
  readonly lateMs: number;
}

/** The count of some GETs. */
export class GetTally {
  readonly verdicts: Record<GetVerdict, number> = {
    found: 0,
    missed: 0,
    wrong: 0,
    expired: 0,
    late: 0,
    void: 0,
  };
  /** Of those found. */
  readonly hops = new Samples();
  /** Of those found or missed. */
  readonly latencyMs = new Samples();
  /** How long after the end of its life a value was still found, at most. */
  lateMsMax = 0;

  add({ verdict, startedAt, endedAt, hops, lateMs }: JudgedGet): void {
    this.verdicts[verdict]++;
    if (verdict === "found") this.hops.add(hops);
    if (verdict === "found" || verdict === "missed") this.latencyMs.add(endedAt - startedAt);
    if (verdict === "late") this.lateMsMax = Math.max(this.lateMsMax, lateMs);
  }

  /** Adds what another tally has counted. */
  addAll(other: GetTally): void {
    for (const [verdict, count] of Object.entries(other.verdicts)) {
      this.verdicts[verdict as GetVerdict] += count;
    }
    for (const hops of other.hops.values) this.hops.add(hops);
    for (const time of other.latencyMs.values) this.latencyMs.add(time);
    this.lateMsMax = Math.max(this.lateMsMax, other.lateMsMax);
  }

  /** All GETs. */
  get count(): number {
    return Object.values(this.verdicts).reduce((sum, count) => sum + count);
  }

  /** GETs that should have found a value. */
  get asked(): number {
    const { found, missed, wrong } = this.verdicts;
    return found + missed + wrong;
  }

  /** Share of those that did; 1 of none. */
  get success(): number {
    return this.asked === 0 ? 1 : this.verdicts.found / this.asked;
  }
}

/** The count of some PUTs. */
export class PutTally {
  /** All that have ended. */
  get ended(): number {
    return this.replicas.count + this.failed;
  }

  /** Nodes that acknowledged the value. */
  readonly replicas = new Samples();
  readonly latencyMs = new Samples();
  /** PUTs that nobody acknowledged, or whose node was gone before the end. */
  failed = 0;
}

/** The count of some lookups of random ids. */
export class LookupTally {
  /** Share of the closest living nodes that were found. */
  readonly recall = new Samples();
  /** Requests in a row that led to the closest node. */
  readonly hops = new Samples();
  readonly requests = new Samples();
  readonly latencyMs = new Samples();
}

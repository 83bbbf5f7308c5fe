/**
 * What a simulation measures.
 *
 * @module
 */

import type { NetworkSample } from "../../lib/sim/measure/monitor.ts";
import type { GetTally, LookupTally, PutTally } from "../../lib/sim/measure/tally.ts";

/** Something that happened to the network. */
export interface Mark {
  /** Virtual milliseconds. */
  readonly time: number;
  readonly label: string;
}

/** GETs of one stretch of the course, with what they cost. */
export interface GetPhase {
  readonly name: string;
  readonly gets: GetTally;
  /** Messages of lookups for values per GET, answers included. */
  readonly messages: number;
}

/** Lookups of random ids before and after the faults. */
export interface LookupPhase {
  readonly name: string;
  readonly lookups: LookupTally;
}

/** All that was measured; times are virtual milliseconds. */
export interface Results {
  readonly puts: PutTally;
  readonly gets: readonly GetPhase[];
  readonly lookups: readonly LookupPhase[];
  readonly samples: readonly NetworkSample[];
  readonly marks: readonly Mark[];
  readonly endedAt: number;
  /** Sessions that have ended by churn. */
  readonly sessions: { readonly left: number; readonly killed: number };
  /** Events that happened, and the hash of all that was carried: equal for equal runs. */
  readonly events: number;
  readonly trace: number;
}

/** What the run took of the real machine; differs from run to run. */
export interface Effort {
  readonly seconds: number;
  /** Heap that one node takes when all have joined, its table and connections included. */
  readonly bytesPerNode: number;
  /** Memory of the process at most, as far as it was looked at. */
  readonly rssBytesMax: number;
}

/**
 * What a run measures: the fields of the peers' harness, under their names, and some of our own.
 *
 * @module
 */

/** One phase: some operations, so many at a time. */
export interface PhaseResult {
  readonly concurrency: number;
  readonly asked: number;
  readonly issued: number;
  readonly ok: number;
  readonly missing: number;
  readonly wrong_bytes: number;
  /** How often each error came. */
  readonly errors: Readonly<Record<string, number>>;
  readonly success_rate: number;
  readonly wall_s: number;
  readonly ops_per_s: number;
  readonly p50_ms: number | null;
  readonly p99_ms: number | null;
  readonly max_ms: number | null;
  readonly cpu_ms_per_op: number;
  readonly lo_packets_per_op: number | null;
  readonly lo_bytes_per_op: number | null;
  /** Nodes that have acknowledged a value; the own one counts if it is among them. */
  readonly acks_per_op: number | null;
  /** Share of GETs whose reader held the value already. */
  readonly reader_holds_share?: number | null;
  readonly copies_per_value?: number | null;
}

/** The names of the phases, in their order. */
export const PHASES = ["put_c1", "get_c1", "put_c32", "get_c32"] as const;

/** One run of one network. Other systems leave out what they do not measure. */
export interface RunResult extends Readonly<Record<(typeof PHASES)[number], PhaseResult>> {
  readonly id: string;
  readonly peer: string;
  readonly mode: string | null;
  readonly nodes: number;
  readonly processes: number;
  readonly value_bytes: number;
  readonly runtime: string;
  readonly versions: Readonly<Record<string, string | null>>;
  readonly bring_up_ms: number;
  readonly table_min: number | null;
  readonly table_max: number | null;
  readonly rss_base_mib: number;
  readonly rss_up_mib: number;
  readonly rss_end_mib: number;
  readonly rss_per_node_up_mib: number;
  readonly rss_per_node_end_mib: number;
  readonly notes: readonly string[];
  /** Replicas that each PUT asked for. */
  readonly replication?: number;
  readonly proof_of_work_bits?: number;
  /** Handshakes in the whole network, and ordered pairs of nodes of which one has asked the other. */
  readonly handshakes_up?: number | null;
  readonly pairs_up?: number | null;
  readonly handshakes_end?: number | null;
  readonly pairs_end?: number | null;
}

/** A run that came to nothing. */
export interface FailedBenchRun {
  readonly id: string;
  readonly nodes: number;
  readonly failed: true;
  readonly reason: string;
}

/** A number with so many digits after the point; null for what is none. */
export function rounded(value: number | null, digits = 2): number | null {
  return value === null || !Number.isFinite(value) ? null : Number(value.toFixed(digits));
}

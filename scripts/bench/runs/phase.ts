/**
 * Measures one phase of the work, as the peers' harness does.
 *
 * @module
 */

import { deadline } from "@std/async/deadline";
import { Samples } from "../../../lib/sim/measure/samples.ts";
import { showProgress } from "../../common/progress_bar.ts";
import type { BenchNetwork } from "../networks/measured_network.ts";
import { type PhaseResult, rounded } from "../report/run_result.ts";
import { loopbackCounts } from "../system_counters.ts";

/** No phase begins an operation after this. */
const LIMIT_MS = 120_000;
/** How long operations under way at the limit may still take. */
const GRACE_MS = 30_000;

/** What came of one operation; a number says how many have acknowledged. */
export type OperationOutcome = "ok" | "missing" | "wrong" | number;

/** One phase. */
export interface Phase {
  readonly name: string;
  readonly count: number;
  readonly concurrency: number;
  /** Does the operation of this number; throws if it fails. */
  readonly run: (index: number) => Promise<OperationOutcome>;
}

/** What is counted while a phase runs. */
class PhaseCounts {
  next = 0;
  ok = 0;
  missing = 0;
  wrong = 0;
  readonly errors: Record<string, number> = {};
  readonly times = new Samples();
  readonly acks = new Samples();

  note(outcome: OperationOutcome, ms: number): void {
    if (outcome === "missing") this.missing++;
    else if (outcome === "wrong") this.wrong++;
    else {
      this.ok++;
      this.times.add(ms);
      if (outcome !== "ok") this.acks.add(outcome);
    }
  }

  noteError(error: unknown): void {
    const text = (error as Error).message.slice(0, 80);
    this.errors[text] = (this.errors[text] ?? 0) + 1;
  }
}

/** Runs a phase and says what it took. Successful operations make up the times. */
export async function measurePhase(network: BenchNetwork, phase: Phase): Promise<PhaseResult> {
  const { count, concurrency } = phase;
  const counts = new PhaseCounts();
  const loopback = loopbackCounts();
  const cpu = await network.cpuMs();
  const startedAt = performance.now();
  await runAll(phase, counts, startedAt);
  const seconds = (performance.now() - startedAt) / 1_000;
  const cpuMs = await network.cpuMs() - cpu;
  const loopbackAfter = loopbackCounts();
  const issued = Math.min(counts.next, count);
  const perOperation = (part: "bytes" | "packets", digits: number) =>
    loopback && loopbackAfter
      ? rounded((loopbackAfter[part] - loopback[part]) / Math.max(1, issued), digits)
      : null;
  return {
    concurrency,
    asked: count,
    issued,
    ok: counts.ok,
    missing: counts.missing,
    wrong_bytes: counts.wrong,
    errors: counts.errors,
    success_rate: rounded(counts.ok / Math.max(1, issued), 4)!,
    wall_s: rounded(seconds, 3)!,
    ops_per_s: rounded(counts.ok / seconds, 1)!,
    p50_ms: rounded(counts.times.quantile(0.5), 3),
    p99_ms: rounded(counts.times.quantile(0.99), 3),
    max_ms: rounded(counts.times.quantile(1), 3),
    cpu_ms_per_op: rounded(cpuMs / Math.max(1, issued), 3)!,
    lo_packets_per_op: perOperation("packets", 1),
    lo_bytes_per_op: perOperation("bytes", 0),
    acks_per_op: rounded(counts.acks.mean),
  };
}

/** Runs the operations, so many at a time. Fails if some do not end. */
async function runAll(phase: Phase, counts: PhaseCounts, startedAt: number): Promise<void> {
  const { name, count, concurrency, run } = phase;
  using progress = showProgress(name, count);
  const work = async () => {
    while (counts.next < count && performance.now() - startedAt < LIMIT_MS) {
      const index = counts.next++;
      const before = performance.now();
      try {
        const outcome = await run(index);
        counts.note(outcome, performance.now() - before);
      } catch (error) {
        counts.noteError(error);
      }
      progress.step();
    }
  };
  await deadline(Promise.all(Array.from({ length: concurrency }, work)), LIMIT_MS + GRACE_MS)
    .catch((error) => {
      if (error.name !== "TimeoutError") throw error;
      throw new Error(`${name}: an operation does not end`);
    });
}

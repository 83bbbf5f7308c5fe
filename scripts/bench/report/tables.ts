/**
 * Tables of what was measured, a row for each network and contender.
 *
 * @module
 */

import { formatTable } from "../../../lib/format/table.ts";
import { type PhaseResult, PHASES, type RunResult } from "./run_result.ts";
import { formatSpread } from "./statistics.ts";

/** The runs of one contender on networks of one size. */
export interface Group {
  readonly id: string;
  readonly nodes: number;
  readonly runs: readonly RunResult[];
}

/** Gathers runs; the order is that in which each group first appears. */
export function groupRuns(runs: readonly RunResult[]): Group[] {
  const groups = new Map<string, RunResult[]>();
  for (const run of runs) {
    const name = `${run.nodes} ${run.id}`;
    const group = groups.get(name) ?? [];
    group.push(run);
    groups.set(name, group);
  }
  return [...groups.values()].map((all) => ({ id: all[0]!.id, nodes: all[0]!.nodes, runs: all }))
    .sort((a, b) => a.nodes - b.nodes);
}

/** The lines of all tables. */
export function formatTables(groups: readonly Group[]): string[] {
  return [
    "Median [lowest-highest] of the runs. ok: lowest share of operations that succeeded, byte for byte.",
    ...PHASES.flatMap((phase) => ["", ...formatPhase(phase, groups)]),
    "",
    ...formatTable([
      ["bring-up and memory", "ms", "contacts", "MiB/node up", "MiB/node after", ...CONNECTIONS],
      ...groups.map(({ id, nodes, runs }) => [
        `${nodes} ${id}`,
        formatSpread(runs.map((run) => run.bring_up_ms)),
        `${formatSpread(runs.map((run) => run.table_min))}..${
          formatSpread(runs.map((run) => run.table_max))
        }`,
        formatSpread(runs.map((run) => run.rss_per_node_up_mib)),
        formatSpread(runs.map((run) => run.rss_per_node_end_mib)),
        formatSpread(runs.map((run) => run.handshakes_up)),
        formatSpread(runs.map((run) => run.handshakes_end)),
        formatSpread(runs.map((run) => run.pairs_end)),
      ]),
    ]),
  ];
}

const CONNECTIONS = ["handshakes up", "after", "pairs"];

function formatPhase(phase: (typeof PHASES)[number], groups: readonly Group[]): string[] {
  const isGet = phase.startsWith("get");
  const last = isGet ? ["replicas", "reader holds"] : ["acks"];
  const heading = [phase, "ops/s", "p50 ms", "p99 ms", "CPU ms/op", "packets/op", "bytes/op", "ok"];
  const rows = groups.map(({ id, nodes, runs }) => {
    const spread = (field: keyof PhaseResult) =>
      formatSpread(runs.map((run) => run[phase][field] as number | null | undefined));
    return [
      `${nodes} ${id}`,
      spread("ops_per_s"),
      spread("p50_ms"),
      spread("p99_ms"),
      spread("cpu_ms_per_op"),
      spread("lo_packets_per_op"),
      spread("lo_bytes_per_op"),
      String(Math.min(...runs.map((run) => run[phase].success_rate))),
      ...isGet
        ? [spread("copies_per_value"), spread("reader_holds_share")]
        : [spread("acks_per_op")],
    ];
  });
  return formatTable([[...heading, ...last], ...rows]);
}

/**
 * What this project wants to reach beside its peers, as ratios of medians of runs in one go.
 *
 * @module
 */

import { formatTable } from "../../../lib/format/table.ts";
import { HYPERDHT, LIBP2P, OPENDHT } from "./contenders.ts";
import { PHASES, type RunResult } from "../report/run_result.ts";
import { formatFigure, formatSpread, median, present } from "../report/statistics.ts";
import type { Group } from "../report/tables.ts";

/** One goal: a figure, and the factor by which it has to differ from the peer's. */
interface Goal {
  readonly name: string;
  readonly peers: readonly string[];
  readonly figure: (run: RunResult) => number | null | undefined;
  /** What the ratio of ours to theirs has to be. */
  readonly bound: Bound;
}

/** A bound of a ratio, in words and as a check. */
interface Bound {
  readonly text: string;
  readonly holds: (ratio: number) => boolean;
}

const atLeast = (bound: number): Bound => ({
  text: `at least ${bound}`,
  holds: (ratio) => ratio >= bound,
});
const atMost = (bound: number): Bound => ({
  text: `at most ${bound}`,
  holds: (ratio) => ratio <= bound,
});
const below = (bound: number): Bound => ({
  text: `below ${bound}`,
  holds: (ratio) => ratio < bound,
});

const FAST = [HYPERDHT.id, OPENDHT.id];

const GOALS: readonly Goal[] = [
  { name: "GET ops/s, 1", peers: FAST, figure: (run) => run.get_c1.ops_per_s, bound: atLeast(3) },
  { name: "GET ops/s, 32", peers: FAST, figure: (run) => run.get_c32.ops_per_s, bound: atLeast(3) },
  {
    name: "GET p50 ms, 1",
    peers: [HYPERDHT.id],
    figure: (run) => run.get_c1.p50_ms,
    bound: atMost(0.4),
  },
  { name: "PUT ops/s, 1", peers: FAST, figure: (run) => run.put_c1.ops_per_s, bound: atLeast(1.5) },
  { name: "PUT ops/s, 32", peers: FAST, figure: (run) => run.put_c32.ops_per_s, bound: atLeast(2) },
  {
    name: "GET CPU ms/op, 1",
    peers: [HYPERDHT.id],
    figure: (run) => run.get_c1.cpu_ms_per_op,
    bound: below(1),
  },
  {
    name: "GET CPU ms/op, 32",
    peers: [HYPERDHT.id],
    figure: (run) => run.get_c32.cpu_ms_per_op,
    bound: below(1),
  },
  {
    name: "PUT CPU ms/op, 1",
    peers: [HYPERDHT.id],
    figure: (run) => run.put_c1.cpu_ms_per_op,
    bound: atMost(1),
  },
  {
    name: "PUT CPU ms/op, 32",
    peers: [HYPERDHT.id],
    figure: (run) => run.put_c32.cpu_ms_per_op,
    bound: atMost(1),
  },
  {
    name: "MiB/node after the work",
    peers: [HYPERDHT.id],
    figure: (run) => run.rss_per_node_end_mib,
    bound: atMost(1),
  },
  { name: "bring-up ms", peers: [LIBP2P.id], figure: (run) => run.bring_up_ms, bound: below(0.1) },
];

/**
 * Compares our groups with the peers'.
 *
 * @param partner the group of ours, of the same size, that has the same number of replicas.
 * @returns the lines of a table.
 */
export function formatGoals(
  groups: readonly Group[],
  partner: (peer: Group) => Group | undefined,
): string[] {
  const heading = ["figure", "nodes", "peer", "ours", "theirs", "ratio", "goal", "reached"];
  const rows: string[][] = [];
  for (const goal of GOALS) {
    for (const peer of groups.filter(({ id }) => goal.peers.includes(id))) {
      const ours = partner(peer);
      if (ours) rows.push(formatGoal(goal, ours, peer));
    }
  }
  return formatTable([heading, ...rows, ...handshakeRows(groups)]);
}

/** What keeping connections gains over a handshake for each request, which is a run of its own. */
export function formatPooling(groups: readonly Group[]): string[] {
  const rows: string[][] = [];
  const goal = atLeast(20);
  for (const unpooled of groups.filter(({ runs }) => runs[0]?.mode === "no pooling")) {
    const pooled = groups.find(({ nodes, runs }) =>
      nodes === unpooled.nodes && runs[0]?.mode !== "no pooling"
    );
    if (!pooled) continue;
    for (const phase of PHASES) {
      const [kept, fresh] = [pooled, unpooled].map(({ runs }) =>
        runs.map((run) => run[phase].ops_per_s)
      );
      const ratio = median(kept!) / median(fresh!);
      rows.push([
        `${phase} ops/s`,
        String(unpooled.nodes),
        formatSpread(kept!),
        formatSpread(fresh!),
        formatFigure(ratio),
        goal.text,
        goal.holds(ratio) ? "yes" : "no",
      ]);
    }
  }
  return formatTable([
    ["figure", "nodes", "pooled", "a handshake per request", "ratio", "goal", "reached"],
    ...rows,
  ]);
}

/** No pair of nodes needs a second handshake: a goal that has no peer. */
function handshakeRows(groups: readonly Group[]): string[][] {
  return groups.filter(({ runs }) => runs.some((run) => typeof run.pairs_end === "number"))
    .map(({ id, nodes, runs }) => {
      const handshakes = runs.map((run) => run.handshakes_end);
      const pairs = runs.map((run) => run.pairs_end);
      const ratio = median(present(handshakes)) / median(present(pairs));
      return [
        "handshakes",
        String(nodes),
        `${id} / pairs that talk`,
        formatSpread(handshakes),
        formatSpread(pairs),
        formatFigure(ratio),
        atMost(1).text,
        atMost(1).holds(ratio) ? "yes" : "no",
      ];
    });
}

function formatGoal(goal: Goal, ours: Group, peer: Group): string[] {
  const { name, figure, bound } = goal;
  const [own, their] = [ours, peer].map(({ runs }) => runs.map(figure));
  const ratio = median(present(own!)) / median(present(their!));
  return [
    name,
    String(peer.nodes),
    `${ours.id} / ${peer.id}`,
    formatSpread(own!),
    formatSpread(their!),
    formatFigure(ratio),
    bound.text,
    bound.holds(ratio) ? "yes" : "no",
  ];
}

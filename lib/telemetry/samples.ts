/**
 * The counters and gauges of a node for Prometheus, read from what is counted and from its state.
 *
 * @module
 */

import type { Counts } from "./counts.ts";
import type { Family, Sample } from "./text_format.ts";

const REACHABILITIES = ["unknown", "reached", "unreachable"];
const VERDICTS = ["alone", "joining", "healthy", "degraded"];

/** What can be read off a node at any time. */
export interface NodeState {
  /** Contacts by level of their buckets. */
  readonly levels: ReadonlyMap<number, number>;
  /** Values held as one of their replicas, and those that are only cached. */
  readonly replicas: number;
  readonly cached: number;
  readonly storeBytes: number;
  readonly storeBytesMax: number;
  /** Neighbours that hold something else, and values that are to come from neighbours. */
  readonly repair: { readonly differing: number; readonly awaited: number };
  readonly connections: { readonly inbound: number; readonly outbound: number };
  readonly verdict: string;
  /** Whether other nodes reach this one. */
  readonly reachability: string;
  /** What the node's wall clock lacks to the network's time. */
  readonly clockOffsetMs: number;
  /** Lines of the log that could not be written. */
  readonly logLinesDropped: number;
  /** How keeping on the disk goes; null if nothing is to be kept. */
  readonly journal: { readonly failure: string | null; readonly waitingBytes: number } | null;
}

/** Describes what has been counted. */
export function countersOf(counts: Counts): Family[] {
  const { found, notFound, closest, failed } = counts.lookups;
  const { here, found: gotten, missed, failed: failedGets } = counts.gets;
  const { stored, partly, nowhere, failed: failedPuts } = counts.puts;
  const { out, in: into, outFailed, inFailed } = counts.handshakes;
  const type = "counter";
  return [
    {
      name: "voidkad_requests_total",
      type,
      help: "Requests to peers",
      samples: [...counts.requestsOut].flatMap(([type, tally]) =>
        Object.entries(tally).map(([outcome, count]): Sample => [{ type, outcome }, count])
      ),
    },
    {
      name: "voidkad_requests_received_total",
      type,
      help: "Requests of peers",
      samples: by("type", counts.requestsIn),
    },
    {
      name: "voidkad_stores_received_total",
      type,
      help: "STOREs of peers",
      samples: by("status", counts.stores),
    },
    {
      name: "voidkad_lookups_total",
      type,
      help: "Lookups",
      samples: by("outcome", { found, notFound, closest, failed }),
    },
    {
      name: "voidkad_gets_total",
      type,
      help: "GETs of clients",
      samples: by("outcome", { here, found: gotten, missed, failed: failedGets }),
    },
    {
      name: "voidkad_puts_total",
      type,
      help: "PUTs of clients",
      samples: by("outcome", { stored, partly, nowhere, failed: failedPuts }),
    },
    {
      name: "voidkad_handshakes_total",
      type,
      help: "Connections made or not",
      samples: [
        [{ direction: "out", outcome: "succeeded" }, out],
        [{ direction: "out", outcome: "failed" }, outFailed],
        [{ direction: "in", outcome: "succeeded" }, into],
        [{ direction: "in", outcome: "failed" }, inFailed],
      ],
    },
    {
      name: "voidkad_peer_bytes_total",
      type,
      help: "Bytes of frames from and to peers",
      samples: by("direction", counts.bytes),
    },
    {
      name: "voidkad_values_expired_total",
      type,
      help: "Values that have expired",
      samples: [[{}, counts.expiredValues]],
    },
    {
      name: "voidkad_values_republished_total",
      type,
      help: "Values republished",
      samples: [[{}, counts.republications]],
    },
    {
      name: "voidkad_comparisons_total",
      type,
      help: "Comparisons with neighbours by outcome",
      samples: by("outcome", counts.comparisons),
    },
    {
      name: "voidkad_values_repaired_total",
      type,
      help: "Values that comparisons have brought here and to neighbours",
      samples: by("direction", { in: counts.repairs.in, out: counts.repairs.out }),
    },
    {
      name: "voidkad_repair_bytes_total",
      type,
      help: "Bytes of these values",
      samples: by("direction", { in: counts.repairs.bytesIn, out: counts.repairs.bytesOut }),
    },
  ];
}

/** Describes how keeping on the disk goes, if anything is to be kept. */
function journalGauges({ journal }: NodeState): Family[] {
  if (!journal) return [];
  return [
    {
      name: "voidkad_journal_failing",
      type: "gauge",
      help: "1 if nothing can be kept on the disk",
      samples: [[{}, Number(journal.failure !== null)]],
    },
    {
      name: "voidkad_journal_waiting_bytes",
      type: "gauge",
      help: "Bytes that are still to be written to the disk",
      samples: [[{}, journal.waitingBytes]],
    },
  ];
}

/** Describes a state. */
export function gaugesOf(state: NodeState): Family[] {
  const { connections: { inbound, outbound }, reachability } = state;
  const type = "gauge";
  return [
    {
      name: "voidkad_contacts",
      type,
      help: "Contacts in the routing table by level",
      samples: [...state.levels].map(([level, count]) => [{ level: `${level}` }, count]),
    },
    {
      name: "voidkad_values",
      type,
      help: "Values held",
      samples: by("kind", { replica: state.replicas, cached: state.cached }),
    },
    {
      name: "voidkad_store_bytes",
      type,
      help: "Bytes of the values held",
      samples: [[{}, state.storeBytes]],
    },
    {
      name: "voidkad_store_limit_bytes",
      type,
      help: "Limit of the bytes held",
      samples: [[{}, state.storeBytesMax]],
    },
    {
      name: "voidkad_connections",
      type,
      help: "Connections from and to peers",
      samples: by("direction", { in: inbound, out: outbound }),
    },
    {
      name: "voidkad_health",
      type,
      help: "1 for the verdict that holds",
      samples: VERDICTS.map((verdict) => [{ verdict }, Number(verdict === state.verdict)]),
    },
    {
      name: "voidkad_reachability",
      type,
      help: "1 for what other nodes say of reaching this one",
      samples: REACHABILITIES.map((state) => [{ state }, Number(state === reachability)]),
    },
    {
      name: "voidkad_neighbours_differing",
      type,
      help:
        "Neighbours that held other values, or did not answer, when they were last compared with",
      samples: [[{}, state.repair.differing]],
    },
    {
      name: "voidkad_values_awaited",
      type,
      help: "Values that neighbours are about to send",
      samples: [[{}, state.repair.awaited]],
    },
    {
      name: "voidkad_clock_offset_seconds",
      type,
      help: "What the wall clock lacks to the network's time",
      samples: [[{}, state.clockOffsetMs / 1_000]],
    },
    {
      name: "voidkad_log_lines_dropped_total",
      type: "counter",
      help: "Lines of the log that were not read in time",
      samples: [[{}, state.logLinesDropped]],
    },
    ...journalGauges(state),
  ];
}

/** One sample for each count, with its name as the value of a label. */
function by(label: string, counts: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(counts).map(([word, count]) => [{ [label]: word }, count]);
}

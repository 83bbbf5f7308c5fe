/**
 * The node's figures for Prometheus.
 *
 * Counters and gauges are read when they are asked for; only what has a distribution is taken in event by
 * event. Names, units (seconds, bytes) and the suffix `_total` follow the conventions of Prometheus.
 *
 * @module
 */

import type {
  EndedHandshake,
  EndedLookup,
  EndedPut,
  EndedRequest,
  GetOutcome,
} from "../node/observer.ts";
import { Counts } from "./counts.ts";
import { countersOf, gaugesOf, type NodeState } from "./samples.ts";
import { type Family, formatFamily, Histogram, type Labels } from "./text_format.ts";

const MS_PER_SECOND = 1_000;
const DURATIONS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const DELAYS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const HOPS = [1, 2, 3, 4, 5, 6, 8, 10];
const REQUESTS = [1, 2, 4, 8, 16, 32, 64, 128, 256];
const HOLDERS = [0, 1, 2, 3, 5, 8, 10, 15, 20, 40];

/** Counts what a node does, and the distributions of it. */
export class Metrics extends Counts {
  readonly #state: () => NodeState;
  readonly #request = {
    ping: new Histogram(DURATIONS),
    store: new Histogram(DURATIONS),
    findNode: new Histogram(DURATIONS),
    findValue: new Histogram(DURATIONS),
    digest: new Histogram(DURATIONS),
    offer: new Histogram(DURATIONS),
  };
  readonly #handshake = { in: new Histogram(DURATIONS), out: new Histogram(DURATIONS) };
  readonly #lookup = new Histogram(DURATIONS);
  readonly #lookupHops = { value: new Histogram(HOPS), nodes: new Histogram(HOPS) };
  readonly #lookupRequests = { value: new Histogram(REQUESTS), nodes: new Histogram(REQUESTS) };
  readonly #get = new Histogram(DURATIONS);
  readonly #put = new Histogram(DURATIONS);
  readonly #putHolders = new Histogram(HOLDERS);
  readonly #work = new Histogram(DURATIONS);
  readonly #eventLoop = new Histogram(DELAYS);

  /** @param state read when the figures are asked for. */
  constructor(state: () => NodeState) {
    super();
    this.#state = state;
  }

  /** All figures in the text format of Prometheus. */
  text(): string {
    const families = [...this.#histograms(), ...countersOf(this), ...gaugesOf(this.#state())];
    return families.map(formatFamily).join("");
  }

  /** Takes a measured delay of the event loop in. */
  eventLoopDelayed(ms: number): void {
    this.#eventLoop.observe(ms / MS_PER_SECOND);
  }

  override requestEnded(request: EndedRequest): void {
    super.requestEnded(request);
    const { type, outcome, ms } = request;
    if (outcome === "answered") this.#request[type].observe(ms / MS_PER_SECOND);
  }

  override lookupEnded(lookup: EndedLookup): void {
    super.lookupEnded(lookup);
    const { outcome, hops, requests, ms } = lookup;
    this.#lookup.observe(ms / MS_PER_SECOND);
    if (outcome === "failed") return;
    const target = outcome === "closest" ? "nodes" : "value";
    this.#lookupHops[target].observe(hops);
    this.#lookupRequests[target].observe(requests);
  }

  override getEnded(outcome: GetOutcome, ms: number): void {
    super.getEnded(outcome, ms);
    this.#get.observe(ms / MS_PER_SECOND);
  }

  override putEnded(put: EndedPut): void {
    super.putEnded(put);
    const { holders, ms } = put;
    this.#put.observe(ms / MS_PER_SECOND);
    this.#putHolders.observe(holders);
  }

  override workProven(ms: number): void {
    this.#work.observe(ms / MS_PER_SECOND);
  }

  override handshakeEnded(handshake: EndedHandshake): void {
    super.handshakeEnded(handshake);
    const { direction, succeeded, ms } = handshake;
    if (succeeded) this.#handshake[direction].observe(ms / MS_PER_SECOND);
  }

  #histograms(): Family[] {
    const type = "histogram";
    return [
      {
        name: "voidkad_request_duration_seconds",
        type,
        help: "Answered requests to peers",
        histograms: labelled("type", this.#request),
      },
      {
        name: "voidkad_handshake_duration_seconds",
        type,
        help: "Connections made, with their handshakes",
        histograms: labelled("direction", this.#handshake),
      },
      {
        name: "voidkad_lookup_duration_seconds",
        type,
        help: "Lookups",
        histograms: [[{}, this.#lookup]],
      },
      {
        name: "voidkad_lookup_hops",
        type,
        help: "Requests in a row that led to the result of a lookup",
        histograms: labelled("target", this.#lookupHops),
      },
      {
        name: "voidkad_lookup_requests",
        type,
        help: "Requests of a lookup",
        histograms: labelled("target", this.#lookupRequests),
      },
      {
        name: "voidkad_get_duration_seconds",
        type,
        help: "GETs of clients",
        histograms: [[{}, this.#get]],
      },
      {
        name: "voidkad_put_duration_seconds",
        type,
        help: "PUTs of clients, to the last holder",
        histograms: [[{}, this.#put]],
      },
      {
        name: "voidkad_put_holders",
        type,
        help: "Nodes that hold a value after its PUT",
        histograms: [[{}, this.#putHolders]],
      },
      {
        name: "voidkad_proof_of_work_duration_seconds",
        type,
        help: "Proofs of work found",
        histograms: [[{}, this.#work]],
      },
      {
        name: "voidkad_event_loop_delay_seconds",
        type,
        help: "Delay of the event loop",
        histograms: [[{}, this.#eventLoop]],
      },
    ];
  }
}

/** Histograms with their names as the values of a label. */
function labelled(
  label: string,
  histograms: Readonly<Record<string, Histogram>>,
): (readonly [Labels, Histogram])[] {
  return Object.entries(histograms).map(([word, histogram]) => [{ [label]: word }, histogram]);
}

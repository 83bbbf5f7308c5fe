/**
 * The node's figures in the text format of Prometheus.
 *
 * What is counted anyway is copied when it is asked for; only what has a distribution is told event by
 * event. Names, units (seconds, bytes) and the suffix `_total` follow Prometheus' conventions.
 *
 * @module
 */

import { Counter, Gauge, Histogram, type Registry } from "./prom_client.ts";
import type {
  EndedHandshake,
  EndedLookup,
  EndedPut,
  EndedRequest,
  RequestType,
} from "../node/observer.ts";
import { Counts } from "./counts.ts";

const MS_PER_SECOND = 1_000;
const DURATIONS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const DELAYS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const HOPS = [1, 2, 3, 4, 5, 6, 8, 10];
const REQUESTS = [1, 2, 4, 8, 16, 32, 64, 128, 256];
const HOLDERS = [0, 1, 2, 3, 5, 8, 10, 15, 20, 40];

/** What can be read off a node at any time. */
export interface State {
  /** Contacts by level of their buckets. */
  readonly levels: ReadonlyMap<number, number>;
  /** Values held as one of their replicas, and those that are only cached. */
  readonly replicas: number;
  readonly cached: number;
  readonly storeBytes: number;
  readonly storeBytesMax: number;
  readonly connections: { readonly inbound: number; readonly outbound: number };
  readonly verdict: string;
}

/** Counts what a node does, and the distributions of it. */
export class Metrics extends Counts {
  readonly #registry: Registry;
  readonly #request: Record<RequestType, { observe(value: number): void }>;
  readonly #lookupMs: Histogram;
  readonly #lookupHops: Histogram;
  readonly #lookupRequests: Histogram;
  readonly #getMs: Histogram;
  readonly #putMs: Histogram;
  readonly #putHolders: Histogram;
  readonly #workMs: Histogram;
  readonly #handshake: Record<"in" | "out", { observe(value: number): void }>;
  readonly #delay: Histogram;

  /** @param state read when the figures are asked for. */
  constructor(registry: Registry, state: () => State) {
    super();
    this.#registry = registry;
    const requests = this.#histogram("request_duration_seconds", "Answered requests to peers", {
      labels: ["type"],
    });
    this.#request = {
      ping: requests.labels("ping"),
      store: requests.labels("store"),
      findNode: requests.labels("findNode"),
      findValue: requests.labels("findValue"),
    };
    this.#lookupMs = this.#histogram("lookup_duration_seconds", "Lookups");
    this.#lookupHops = this.#histogram("lookup_hops", "Hops of lookups: requests in a row", {
      buckets: HOPS,
    });
    this.#lookupRequests = this.#histogram("lookup_requests", "Requests that lookups took", {
      buckets: REQUESTS,
    });
    this.#getMs = this.#histogram("get_duration_seconds", "GETs of clients");
    this.#putMs = this.#histogram("put_duration_seconds", "PUTs of clients, to the last holder");
    this.#putHolders = this.#histogram("put_holders", "Nodes that hold a value after its PUT", {
      buckets: HOLDERS,
    });
    this.#workMs = this.#histogram("proof_of_work_duration_seconds", "Proofs of work found");
    const handshakes = this.#histogram(
      "handshake_duration_seconds",
      "Connections made, with their handshakes",
      { labels: ["direction"] },
    );
    this.#handshake = { in: handshakes.labels("in"), out: handshakes.labels("out") };
    this.#delay = this.#histogram("event_loop_delay_seconds", "How late the event loop is", {
      buckets: DELAYS,
    });
    this.#addCounters();
    this.#addGauges(state);
  }

  /** The media type of {@linkcode text}. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All figures. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** Takes a measured delay of the event loop in. */
  eventLoopDelayed(ms: number): void {
    this.#delay.observe(ms / MS_PER_SECOND);
  }

  override requestEnded(request: EndedRequest): void {
    super.requestEnded(request);
    const { type, outcome, ms } = request;
    if (outcome === "answered") this.#request[type].observe(ms / MS_PER_SECOND);
  }

  override lookupEnded(lookup: EndedLookup): void {
    super.lookupEnded(lookup);
    const { hops, requests, ms } = lookup;
    this.#lookupMs.observe(ms / MS_PER_SECOND);
    this.#lookupHops.observe(hops);
    this.#lookupRequests.observe(requests);
  }

  override getEnded(outcome: "here" | "found" | "missed" | "failed", ms: number): void {
    super.getEnded(outcome, ms);
    this.#getMs.observe(ms / MS_PER_SECOND);
  }

  override putEnded(put: EndedPut): void {
    super.putEnded(put);
    const { holders, ms } = put;
    this.#putMs.observe(ms / MS_PER_SECOND);
    this.#putHolders.observe(holders);
  }

  override workProven(ms: number): void {
    this.#workMs.observe(ms / MS_PER_SECOND);
  }

  override handshakeEnded(handshake: EndedHandshake): void {
    super.handshakeEnded(handshake);
    const { direction, succeeded, ms } = handshake;
    if (succeeded) this.#handshake[direction].observe(ms / MS_PER_SECOND);
  }

  #histogram(
    name: string,
    help: string,
    { labels = [], buckets = DURATIONS }: { labels?: string[]; buckets?: number[] } = {},
  ): Histogram {
    const registers = [this.#registry];
    return new Histogram({ name: `voidkad_${name}`, help, labelNames: labels, buckets, registers });
  }

  /** Counters that are what {@linkcode Counts} has at the time of asking. */
  #addCounters(): void {
    this.#counter("requests_total", "Requests to peers", ["type", "outcome"], (set) => {
      for (const [type, tally] of this.requestsOut) {
        for (const [outcome, count] of Object.entries(tally)) set(count, type, outcome);
      }
    });
    this.#tally("requests_received_total", "Requests of peers", "type", () => this.requestsIn);
    this.#tally("stores_received_total", "STOREs of peers", "status", () => this.stores);
    this.#tally("lookups_total", "Lookups", "outcome", () => {
      const { found, notFound, closest, failed } = this.lookups;
      return { found, notFound, closest, failed };
    });
    this.#tally("gets_total", "GETs of clients", "outcome", () => {
      const { here, found, missed, failed } = this.gets;
      return { here, found, missed, failed };
    });
    this.#tally("puts_total", "PUTs of clients", "outcome", () => {
      const { stored, partly, nowhere, failed } = this.puts;
      return { stored, partly, nowhere, failed };
    });
    this.#counter(
      "handshakes_total",
      "Connections made or not",
      ["direction", "outcome"],
      (set) => {
        const { out, in: into, outFailed, inFailed } = this.handshakes;
        set(out, "out", "succeeded");
        set(outFailed, "out", "failed");
        set(into, "in", "succeeded");
        set(inFailed, "in", "failed");
      },
    );
    this.#tally("peer_bytes_total", "Bytes of frames to and from peers", "direction", () => {
      return { in: this.bytes.in, out: this.bytes.out };
    });
    this.#counter("values_expired_total", "Values that have expired", [], (set) => {
      set(this.expiredValues);
    });
    this.#counter("values_republished_total", "Values republished", [], (set) => {
      set(this.republications);
    });
  }

  #tally(name: string, help: string, label: string, read: () => Record<string, number>): void {
    this.#counter(name, help, [label], (set) => {
      for (const [word, count] of Object.entries(read())) set(count, word);
    });
  }

  #counter(
    name: string,
    help: string,
    labelNames: string[],
    read: (set: (count: number, ...labels: string[]) => void) => void,
  ): void {
    new Counter({
      name: `voidkad_${name}`,
      help,
      labelNames,
      registers: [this.#registry],
      collect() {
        this.reset();
        read((count, ...labels) => this.labels(...labels).inc(count));
      },
    });
  }

  #addGauges(state: () => State): void {
    const gauge = (
      name: string,
      help: string,
      labelNames: string[],
      read: (set: (value: number, ...labels: string[]) => void) => void,
    ) =>
      new Gauge({
        name: `voidkad_${name}`,
        help,
        labelNames,
        registers: [this.#registry],
        collect() {
          this.reset();
          read((value, ...labels) => this.labels(...labels).set(value));
        },
      });
    gauge("contacts", "Contacts in the routing table by level", ["level"], (set) => {
      for (const [level, count] of state().levels) set(count, `${level}`);
    });
    gauge("values", "Values held", ["kind"], (set) => {
      const { replicas, cached } = state();
      set(replicas, "replica");
      set(cached, "cached");
    });
    gauge("store_bytes", "Bytes of the values held", [], (set) => set(state().storeBytes));
    gauge("store_limit_bytes", "Limit of the bytes held", [], (set) => {
      set(state().storeBytesMax);
    });
    gauge("connections", "Connections to and from peers", ["direction"], (set) => {
      const { inbound, outbound } = state().connections;
      set(inbound, "in");
      set(outbound, "out");
    });
    gauge("health", "1 for the verdict that holds", ["verdict"], (set) => {
      const { verdict } = state();
      for (const one of ["alone", "joining", "healthy", "degraded"]) {
        set(Number(one === verdict), one);
      }
    });
  }
}

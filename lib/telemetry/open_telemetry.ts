/**
 * Reports what a node does to OpenTelemetry, as spans and as metrics.
 *
 * It uses the API only: the program's provider decides what becomes of it, such as the exporter that Deno
 * has built in (`OTEL_DENO=true`). A span is made when its operation is over, with the times of its start
 * and its end, so that nothing has to be kept in between. Loaded only if the environment asks for it.
 *
 * @module
 */

import {
  type Attributes,
  type Counter,
  type Histogram,
  metrics,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from "@opentelemetry/api";
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

const NAME = "voidkad";
const MS_PER_SECOND = 1_000;

/** A span without its times. */
interface SpanDetails {
  readonly attributes: Attributes;
  readonly kind?: SpanKind;
  /** What went wrong. */
  readonly error?: string | null;
}

/** Reports every event that it hears. */
export class Telemetry implements Observer {
  readonly #tracer: Tracer;
  readonly #durations: Record<
    "request" | "lookup" | "get" | "put" | "work" | "handshake",
    Histogram
  >;
  readonly #hops: Histogram;
  readonly #handled: Counter;
  readonly #stores: Counter;
  readonly #expired: Counter;
  readonly #republished: Counter;
  readonly #compared: Counter;
  readonly #repaired: Counter;
  readonly #bytes: Counter;
  readonly #directions = { in: { direction: "in" }, out: { direction: "out" } };

  constructor(version: string) {
    this.#tracer = trace.getTracer(NAME, version);
    const meter = metrics.getMeter(NAME, version);
    const duration = (name: string, description: string) =>
      meter.createHistogram(`voidkad.${name}.duration`, { description, unit: "s" });
    this.#durations = {
      request: duration("request", "Requests to peers"),
      lookup: duration("lookup", "Lookups"),
      get: duration("get", "GETs of clients"),
      put: duration("put", "PUTs of clients, to the last holder"),
      work: duration("proof_of_work", "Proofs of work found"),
      handshake: duration("handshake", "Connections made or not"),
    };
    this.#hops = meter.createHistogram("voidkad.lookup.hops", {
      description: "Hops of lookups: requests in a row",
      unit: "{hop}",
    });
    const counter = (name: string, description: string, unit: string) =>
      meter.createCounter(`voidkad.${name}`, { description, unit });
    this.#handled = counter("requests.received", "Requests of peers", "{request}");
    this.#stores = counter("stores.received", "STOREs of peers by status", "{request}");
    this.#expired = counter("values.expired", "Values that have expired", "{value}");
    this.#republished = counter("values.republished", "Values republished", "{value}");
    this.#compared = counter("comparisons", "Comparisons with neighbours", "{comparison}");
    this.#repaired = counter("repair.bytes", "Bytes of values moved by comparisons", "By");
    this.#bytes = counter("peer.bytes", "Bytes of frames to and from peers", "By");
  }

  requestEnded({ type, outcome, ms }: EndedRequest): void {
    const attributes = { type, outcome };
    const error = outcome === "answered" ? null : outcome;
    this.#durations.request.record(ms / MS_PER_SECOND, attributes);
    this.#span(`request ${type}`, ms, { attributes, kind: SpanKind.CLIENT, error });
  }

  requestHandled(type: RequestType): void {
    this.#handled.add(1, { type });
  }

  storeJudged(status: StoreStatus): void {
    this.#stores.add(1, { status });
  }

  lookupEnded({ outcome, hops, requests, ms }: EndedLookup): void {
    this.#durations.lookup.record(ms / MS_PER_SECOND, { outcome });
    this.#hops.record(hops);
    const error = outcome === "failed" ? "the node is busy or closing" : null;
    this.#span("lookup", ms, { attributes: { outcome, hops, requests }, error });
  }

  getEnded(outcome: GetOutcome, ms: number): void {
    this.#durations.get.record(ms / MS_PER_SECOND, { outcome });
    this.#span("get", ms, { attributes: { outcome } });
  }

  putEnded({ outcome, holders, ms }: EndedPut): void {
    this.#durations.put.record(ms / MS_PER_SECOND, { outcome });
    const error = outcome === "nowhere" || outcome === "failed" ? "no node holds the value" : null;
    this.#span("put", ms, { attributes: { outcome, holders }, error });
  }

  workProven(ms: number): void {
    this.#durations.work.record(ms / MS_PER_SECOND);
    this.#span("proof of work", ms, { attributes: {} });
  }

  expired(count: number): void {
    this.#expired.add(count);
  }

  republished(): void {
    this.#republished.add(1);
  }

  compared(outcome: ComparisonOutcome): void {
    this.#compared.add(1, { outcome });
  }

  repaired(direction: "in" | "out", bytes: number): void {
    this.#repaired.add(bytes, this.#directions[direction]);
  }

  handshakeEnded({ direction, succeeded, ms }: EndedHandshake): void {
    const attributes = { direction, outcome: succeeded ? "succeeded" : "failed" };
    this.#durations.handshake.record(ms / MS_PER_SECOND, attributes);
    this.#span("handshake", ms, { attributes, error: succeeded ? null : "no connection was made" });
  }

  bytesMoved(direction: "in" | "out", count: number): void {
    this.#bytes.add(count, this.#directions[direction]);
  }

  #span(
    name: string,
    ms: number,
    { attributes, kind = SpanKind.INTERNAL, error }: SpanDetails,
  ): void {
    const end = Date.now();
    const span = this.#tracer.startSpan(name, { startTime: end - ms, kind, attributes });
    if (error) span.setStatus({ code: SpanStatusCode.ERROR, message: error });
    span.end(end);
  }
}

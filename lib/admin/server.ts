/**
 * The operator's surface of one node: its HTTP server, and what is counted for it.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import { type Address, formatAddress } from "../core/kademlia/address.ts";
import type { RunningNode } from "../net/serve.ts";
import type { Observer } from "../node/observer.ts";
import type { Log } from "../node/ports.ts";
import { answer, answerError, HttpError, json } from "./http/responses.ts";
import type { ErrorDocument, HealthDocument } from "./contract.ts";
import { describeExplanation, describeNode, describeTable } from "./json.ts";
import { EventLoopWatch } from "../telemetry/event_loop.ts";
import { type HttpAnswer, type HttpRequest, HttpServer } from "./http/http_server.ts";
import { RequestGuard } from "./http/request_guard.ts";
import { CHALLENGE, type HttpTokens, TokenGuard } from "./http/token_guard.ts";
import { Metrics } from "../telemetry/prometheus.ts";
import type { NodeState } from "../telemetry/samples.ts";
import { CONTENT_TYPE } from "../telemetry/text_format.ts";
import { readPageFile } from "./page_files.ts";
import { route, type Routes } from "./http/router.ts";
import { forgetContact } from "./contact_routes.ts";
import { exportReplicas, importReplicas } from "./replica_routes.ts";
import { banMember } from "./ban_route.ts";
import { getValue, putValue } from "./value_routes.ts";

/** Names the node that a request is for; without it, it is for any. */
const NODE_HEADER = "X-Voidkad-Node";

/** What serving takes. */
export interface AdminServerOptions extends HttpTokens {
  /** Where to listen; port 0 means any free one. */
  readonly address: Address;
  /** The version that the node states. */
  readonly version: string;
  readonly log: Log;
  /** Lines of the log that could not be written; none if it is not given. */
  readonly logLinesDropped?: (() => number) | undefined;
}

/** Serves one node. It counts from its making on, so that the node can be started with its observer. */
export class AdminServer implements AsyncDisposable {
  readonly #options: AdminServerOptions;
  readonly #metrics: Metrics;
  readonly #server: HttpServer;
  readonly #startedAt = Date.now();
  readonly #routes: Routes;
  #eventLoop: EventLoopWatch | null = null;
  #running: RunningNode | null = null;
  #address: Address;
  #guard: RequestGuard;
  readonly #tokens: TokenGuard;
  #closing: Promise<void> | null = null;

  /** Counts; serves nothing yet. */
  constructor(options: AdminServerOptions) {
    this.#options = options;
    this.#address = options.address;
    this.#server = new HttpServer((request) => this.#answer(request), { log: options.log });
    this.#guard = new RequestGuard(options.address);
    this.#tokens = new TokenGuard(options);
    this.#metrics = new Metrics(() => this.#state());
    this.#routes = this.#makeRoutes();
  }

  /** Counts what the node does. */
  get observer(): Observer {
    return this.#metrics;
  }

  /** Where it is served, once it is. */
  get address(): Address {
    return this.#address;
  }

  /**
   * Takes the address before the node is there. Until then answers say that it is starting.
   *
   * @throws {Error} if it cannot listen, with the address and the reason in its message.
   */
  async listen(): Promise<void> {
    this.#address = await this.#server.listen(this.#options.address);
    this.#guard = new RequestGuard(this.#address);
    this.#eventLoop = new EventLoopWatch((ms) => this.#metrics.eventLoopDelayed(ms));
  }

  /** Answers for this node from now on. */
  attach(running: RunningNode): void {
    this.#running = running;
  }

  /** Ends all connections and what is under way. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** The same as {@linkcode close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#eventLoop?.close();
    await this.#server.close();
  }

  async #answer(request: HttpRequest): Promise<HttpAnswer> {
    try {
      return await this.#find(request);
    } catch (error) {
      return answerError(error) ?? this.#answerFailure(error);
    }
  }

  async #find(request: HttpRequest): Promise<HttpAnswer> {
    const { method, target, headers } = request;
    const url = URL.parse(target.startsWith("/") ? `http://node${target}` : target);
    if (!url) throw new HttpError(400, "the request has no valid path");
    const asked = { method, path: url.pathname, headers };
    const refused = this.#guard.check(asked) ?? this.#tokens.check(asked);
    if (refused) {
      throw new HttpError(refused.status, refused.error, refused.status === 401 ? CHALLENGE : {});
    }
    this.#checkMeant(headers.get(NODE_HEADER));
    const found = route(this.#routes, { request, url });
    if (found) return await found();
    if (method !== "GET" && method !== "HEAD") {
      throw new HttpError(405, `${method} is not allowed here`, { "Allow": "GET, HEAD" });
    }
    const file = await readPageFile(url.pathname);
    if (!file) throw new HttpError(404, `there is nothing at ${url.pathname}`);
    return answer(file.body, { type: file.type });
  }

  /** A node that has ended may have left its port to another one. */
  #checkMeant(id: string | null): void {
    if (id === null || !this.#running) return;
    const own = encodeHex(this.#running.node.id);
    if (id !== own) throw new HttpError(421, `the node ${id} is not here: this is ${own}`);
  }

  #answerFailure(error: unknown): HttpAnswer {
    const text = error instanceof Error ? error.stack : String(error);
    this.#options.log("error", `Internal error while answering over HTTP: ${text}`);
    const document = { error: "internal error: see the node's log" } satisfies ErrorDocument;
    return json(document, { status: 500 });
  }

  #makeRoutes(): Routes {
    return {
      "GET /healthz": () => {
        const health = this.#health();
        const isWell = health.verdict === "healthy" || health.verdict === "alone";
        return Promise.resolve(
          json(health satisfies HealthDocument, { status: isWell ? 200 : 503 }),
        );
      },
      "GET /metrics": () => Promise.resolve(answer(this.#metrics.text(), { type: CONTENT_TYPE })),
      "PUT /v1/values/{key}": (asked) => putValue(this.#node.node, asked),
      "GET /v1/values/{key}": (asked) => getValue(this.#node.node, asked),
      "GET /v1/replicas": (asked) => Promise.resolve(exportReplicas(this.#node.node, asked)),
      "PUT /v1/bans/{key}": ({ key }) => Promise.resolve(banMember(this.#node, key)),
      "PUT /v1/replicas": (asked) => importReplicas(this.#node.node, asked),
      "GET /v1/explain/{key}": async ({ key }) =>
        json(describeExplanation(await this.#node.node.explain(key))),
      "DELETE /v1/contacts": (asked) => Promise.resolve(forgetContact(this.#node.node, asked)),
      "GET /v1/contacts": () => Promise.resolve(json(describeTable(this.#node))),
      "GET /v1/node": () => Promise.resolve(json(this.#describeNode())),
    };
  }

  get #node(): RunningNode {
    if (this.#running) return this.#running;
    throw new HttpError(503, "the node is starting");
  }

  #health() {
    const { node, transport } = this.#node;
    const eventLoopDelayMs = this.#eventLoop?.delayMs ?? 0;
    return node.health({ eventLoopDelayMs, full: transport.whyFull });
  }

  #describeNode() {
    return describeNode(this.#node, {
      counts: this.#metrics,
      version: this.#options.version,
      http: formatAddress(this.#address),
      startedAt: this.#startedAt,
      now: Date.now(),
      health: this.#health(),
      eventLoopDelayMs: this.#eventLoop?.delayMs ?? 0,
    });
  }

  #state(): NodeState {
    const { node, transport } = this.#node;
    const { contactsByLevel: levels, store, repair, ...figures } = node.figures();
    const { clockOffsetMs, reachability, journal } = figures;
    return {
      levels,
      replicas: store.replicas,
      cached: store.cached,
      storeBytes: store.bytes,
      storeBytesMax: store.bytesMax,
      repair,
      connections: transport.connections,
      verdict: this.#health().verdict,
      clockOffsetMs,
      reachability,
      logLinesDropped: this.#options.logLinesDropped?.() ?? 0,
      journal,
    };
  }
}

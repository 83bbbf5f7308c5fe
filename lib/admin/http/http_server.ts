/**
 * The HTTP server of a node: requests and answers as plain data, over connections with limits.
 *
 * It is a server of `node:http`, whose sockets can be closed one by one: `Deno.serve` shows none of them, and
 * has no limit on their number or their time. A runtime before Deno 2.8 shows no sockets here either; requests
 * are answered there, without limits.
 *
 * @module
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type Address, formatAddress, makeAddress } from "../../core/kademlia/address.ts";
import { ListenerCheck } from "../../net/listener_check.ts";
import { ListenError } from "../../net/listen_error.ts";
import type { Log } from "../../node/ports.ts";
import {
  CONNECTION_LIMITS,
  ConnectionLimiter,
  type ConnectionLimits,
} from "./connection_limiter.ts";

/** A request, as it is answered. */
export interface HttpRequest {
  readonly method: string;
  /** What the request line names: a path with its query, mostly. */
  readonly target: string;
  readonly headers: Headers;
  /** The body, chunk by chunk. Left early, it is not read further. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** An answer to a request. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}

/** Answers requests. If it throws, the connection is closed. */
export type HttpHandler = (request: HttpRequest) => Promise<HttpAnswer>;

/** What may differ between servers. */
export interface HttpServerOptions {
  readonly limits?: ConnectionLimits;
  readonly log?: Log;
  /** How often it makes sure that it still accepts connections, in milliseconds. */
  readonly checkEveryMs?: number;
}

/** A server for one handler. */
export class HttpServer {
  readonly #server: Server;
  readonly #handler: HttpHandler;
  readonly #options: HttpServerOptions;
  readonly #connections: ConnectionLimiter;
  #check: ListenerCheck | null = null;

  constructor(handler: HttpHandler, options: HttpServerOptions = {}) {
    this.#handler = handler;
    this.#options = options;
    this.#connections = new ConnectionLimiter(options.limits ?? CONNECTION_LIMITS);
    // The connections have limits of their own.
    const noLimits = { headersTimeout: 0, requestTimeout: 0, keepAliveTimeout: 0 };
    this.#server = createServer(noLimits, (request, response) => this.#serve(request, response));
    // A client that has said all it will say is answered; this property is missing in the types.
    Object.assign(this.#server, { httpAllowHalfOpen: true });
    this.#server.on("connection", (socket) => {
      this.#check?.note();
      this.#connections.admit(socket);
    });
  }

  /**
   * Listens; port 0 means any free one.
   *
   * @returns where it listens.
   * @throws {Error} if it cannot, with the address and the reason in its message.
   */
  listen({ hostname, port }: Address): Promise<Address> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", (error: Error) => {
        reject(new ListenError("HTTP", { hostname, port }, error));
      });
      this.#server.listen({ port, host: hostname }, () => {
        const bound = this.#server.address() as { port: number };
        const address = makeAddress(hostname, bound.port);
        this.#checkListener(address);
        resolve(address);
      });
    });
  }

  #checkListener(address: Address): void {
    const { log = () => {}, checkEveryMs } = this.#options;
    this.#check = new ListenerCheck({
      address,
      log,
      ...checkEveryMs !== undefined && { everyMs: checkEveryMs },
      listenAnew: () => {
        const where = formatAddress(address);
        this.#server.once(
          "error",
          ({ message }) => log("error", `No HTTP on ${where}: ${message}`),
        );
        this.#server.close();
        this.#server.listen({ port: address.port, host: address.hostname });
      },
    });
  }

  /** Number of connections open. */
  get size(): number {
    return this.#connections.size;
  }

  /** Closes all connections, and accepts no more. Idempotent. */
  async close(): Promise<void> {
    this.#check?.close();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await Promise.all([closed, this.#connections.close()]);
  }

  #serve(message: IncomingMessage, response: ServerResponse): void {
    const write = async () => {
      const { status, headers, body } = await this.#handler({
        method: message.method ?? "",
        target: message.url ?? "",
        headers: readHeaders(message),
        body: message.iterator({ destroyOnReturn: false }),
      });
      const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
      response.writeHead(status, { ...headers, "Content-Length": bytes.length });
      response.end(bytes);
    };
    const connection = this.#connections.of(message.socket);
    if (connection) connection.answer(write);
    else if (!message.socket.destroyed) write().catch(() => message.socket.destroy());
  }
}

function readHeaders({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let i = 0; i < rawHeaders.length; i += 2) headers.append(rawHeaders[i]!, rawHeaders[i + 1]!);
  return headers;
}

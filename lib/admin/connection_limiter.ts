/**
 * Stands before the HTTP server and lets nobody keep it waiting.
 *
 * Deno's server knows no time limit for a request that is begun and never ended, nor a cap on connections
 * (Deno 2.8.3, measured with a thousand of them). So clients connect here; each connection is carried to
 * the server, which tells when a request has begun and ended. Between these, whoever takes too long is cut
 * off, and when too many are connected, whoever has waited longest. Node's sockets are used since closing
 * one of Deno's does not end it while a read is pending (denoland/deno#35292).
 *
 * @module
 */

import { connect, createServer, type Server, type Socket } from "node:net";
import { type Address, formatAddress, makeAddress } from "../core/kademlia/address.ts";
import {
  HTTP_CONNECTIONS_MAX,
  HTTP_LINGER_MS,
  HTTP_REQUEST_LIMIT_MS,
  HTTP_WAIT_LIMIT_MS,
} from "./limits.ts";

/** What a front allows. */
export interface FrontLimits {
  /** Connections open at once. */
  readonly connectionsMax: number;
  /** What a client may take until the head of its next request is there. */
  readonly waitMs: number;
  /** What a request may take in all. */
  readonly requestMs: number;
}

/** The limits of a node. */
export const FRONT_LIMITS: FrontLimits = {
  connectionsMax: HTTP_CONNECTIONS_MAX,
  waitMs: HTTP_WAIT_LIMIT_MS,
  requestMs: HTTP_REQUEST_LIMIT_MS,
};

/** Deno 2.6 counts all connections ever made against this, and accepts no more beyond it. */
const BACKLOG = 2 ** 30;

/** What a connection waits for. */
enum Wait {
  Client,
  Server,
}

/** One client. */
class FrontConnection {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #limits: FrontLimits;
  readonly #onClosed: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #underWay = 0;
  #wait = Wait.Client;
  /** When it began to wait. */
  since = 0;

  constructor(client: Socket, server: Socket, limits: FrontLimits, onClosed: () => void) {
    this.#client = client;
    this.#server = server;
    this.#limits = limits;
    this.#onClosed = onClosed;
    client.on("error", () => this.destroy());
    client.on("close", () => this.destroy());
    server.on("error", () => this.#linger());
    server.on("close", () => this.#linger());
    client.pipe(server);
    server.pipe(client);
    this.#waitFor(Wait.Client);
  }

  /** Whether the client has said nothing that it could be answered. */
  get waitsForClient(): boolean {
    return this.#wait === Wait.Client;
  }

  /** The head of a request has arrived. */
  begin(): void {
    this.#underWay++;
    this.#waitFor(Wait.Server);
  }

  /** A request has been answered: what follows is the client's reading, and its next request. */
  end(): void {
    if (--this.#underWay === 0) this.#waitFor(Wait.Client);
  }

  /** Cuts both ways off now. Idempotent. */
  destroy(): void {
    clearTimeout(this.#timer);
    this.#client.destroy();
    this.#server.destroy();
    this.#onClosed();
  }

  #waitFor(wait: Wait): void {
    this.#wait = wait;
    this.since = performance.now();
    this.#limit(wait === Wait.Client ? this.#limits.waitMs : this.#limits.requestMs);
  }

  #limit(ms: number): void {
    clearTimeout(this.#timer);
    if (!this.#client.destroyed) this.#timer = setTimeout(() => this.destroy(), ms);
  }

  /** The server is done with a client that may still send: what it has said is still to be read. */
  #linger(): void {
    if (this.#client.destroyed) return;
    this.#client.unpipe();
    this.#client.resume();
    this.#client.end();
    this.#limit(HTTP_LINGER_MS);
  }
}

/** The clients of one server. */
export class ConnectionLimiter {
  readonly #server: Server;
  readonly #limits: FrontLimits;
  /** By the port that a connection comes to the HTTP server from. */
  readonly #connections = new Map<number, FrontConnection>();
  readonly #sockets = new Set<Socket>();
  #target = 0;

  constructor(limits = FRONT_LIMITS) {
    this.#limits = limits;
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#admit(client));
  }

  /**
   * Listens for clients; they are carried to `port` of 127.0.0.1.
   *
   * @returns where it listens.
   * @throws {Error} if it cannot, with the address and the reason in its message.
   */
  listen({ hostname, port }: Address, target: number): Promise<Address> {
    this.#target = target;
    return new Promise((resolve, reject) => {
      this.#server.once("error", (error: Error & { code?: string }) => {
        const reason = error.code === "EADDRINUSE" ? "the address is in use" : error.message;
        const where = formatAddress({ hostname, port });
        reject(new Error(`Cannot listen for HTTP on ${where}: ${reason}`, { cause: error }));
      });
      this.#server.listen({ port, host: hostname, backlog: BACKLOG }, () => {
        const bound = this.#server.address() as { port: number };
        resolve(makeAddress(hostname, bound.port));
      });
    });
  }

  /** The connection that reaches the server from this port; null if it is none of a client's. */
  at(port: number): FrontConnection | null {
    return this.#connections.get(port) ?? null;
  }

  /** Clients connected now. */
  get size(): number {
    return this.#connections.size;
  }

  /** Ends all connections, and accepts no more. */
  async close(): Promise<void> {
    this.#server.close(); // which tells when all have ended, but not always (Deno 2.6)
    const ended = [...this.#sockets].map((socket) =>
      new Promise((resolve) => socket.once("close", resolve))
    );
    for (const connection of this.#connections.values()) connection.destroy();
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(ended);
  }

  #admit(client: Socket): void {
    if (this.#sockets.size >= this.#limits.connectionsMax) this.#makeRoom();
    client.setNoDelay(true);
    this.#sockets.add(client);
    client.on("close", () => this.#sockets.delete(client));
    client.on("error", () => client.destroy());
    const server = connect({ host: "127.0.0.1", port: this.#target, allowHalfOpen: true } as never);
    server.on("error", () => client.destroy());
    client.on("close", () => server.destroy());
    server.once("connect", () => {
      server.setNoDelay(true);
      const port = server.localPort!;
      if (client.destroyed) return void server.destroy();
      const connection = new FrontConnection(client, server, this.#limits, () => {
        this.#connections.delete(port);
      });
      this.#connections.set(port, connection);
    });
  }

  /** Cuts off the connection that has waited longest for its client, or for whatever there is. */
  #makeRoom(): void {
    let longest: FrontConnection | null = null;
    for (const connection of this.#connections.values()) {
      const better = !longest || (connection.waitsForClient && !longest.waitsForClient) ||
        (connection.waitsForClient === longest.waitsForClient && connection.since < longest.since);
      if (better) longest = connection;
    }
    longest?.destroy();
  }
}

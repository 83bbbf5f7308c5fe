/**
 * Limits on the connections of an HTTP server: how many there are, and how long each may take.
 *
 * A connection waits for its client from the start, and again from each answer on, until the head of the
 * next request is there: that limits a client which says nothing, or never ends a head, or does not read its
 * answer. From the head on a request has a limit of its own. When too many are connected, the one that has
 * waited longest for its client is closed.
 *
 * @module
 */

import type { Socket } from "node:net";
import {
  HTTP_CONNECTIONS_MAX,
  HTTP_LINGER_MS,
  HTTP_PIPELINED_MAX,
  HTTP_REQUEST_LIMIT_MS,
  HTTP_WAIT_LIMIT_MS,
} from "./limits.ts";

/** What connections may take. */
export interface ConnectionLimits {
  /** Connections open at once. */
  readonly connectionsMax: number;
  /** Time until the head of the next request is there, in milliseconds. */
  readonly waitMs: number;
  /** Time of a request from its head to its answer, in milliseconds. */
  readonly requestMs: number;
}

/** The limits of a node. */
export const CONNECTION_LIMITS: ConnectionLimits = {
  connectionsMax: HTTP_CONNECTIONS_MAX,
  waitMs: HTTP_WAIT_LIMIT_MS,
  requestMs: HTTP_REQUEST_LIMIT_MS,
};

/** One connection of a client. */
class Connection {
  readonly #socket: Socket;
  readonly #limits: ConnectionLimits;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #requests = 0;
  #lastAnswered: Promise<void> = Promise.resolve();
  #lingers = false;
  /** When it began to wait for its client or for an answer. */
  since = 0;

  constructor(socket: Socket, limits: ConnectionLimits) {
    this.#socket = socket;
    this.#limits = limits;
    // The HTTP server calls this after an answer that is the last.
    socket.destroySoon = () => this.#linger();
    this.#limit(limits.waitMs);
  }

  /** Whether no request is under way. */
  get waitsForClient(): boolean {
    return this.#requests === 0;
  }

  /** Answers a request whose head has arrived, when earlier ones have been answered. */
  answer(write: () => Promise<void>): void {
    if (this.#lingers) return;
    if (++this.#requests > HTTP_PIPELINED_MAX) return this.destroy();
    if (this.#requests === 1) this.#limit(this.#limits.requestMs);
    this.#lastAnswered = this.#lastAnswered.then(async () => {
      if (this.#socket.destroyed) return;
      await write();
      this.#requests--;
      if (this.#lingers) return;
      this.#limit(this.waitsForClient ? this.#limits.waitMs : this.#limits.requestMs);
    }).catch(() => this.destroy());
  }

  /** Closes the connection now. Idempotent. */
  destroy(): void {
    clearTimeout(this.#timer);
    this.#socket.destroy();
  }

  #limit(ms: number): void {
    clearTimeout(this.#timer);
    this.since = performance.now();
    if (!this.#socket.destroyed) this.#timer = setTimeout(() => this.destroy(), ms);
  }

  /**
   * Ends this side, and reads what the client is still sending: a system that closes a connection with
   * unread bytes discards the answer that is on its way.
   */
  #linger(): void {
    this.#lingers = true;
    this.#socket.resume();
    this.#socket.end();
    this.#limit(HTTP_LINGER_MS);
  }
}

/** The connections of one server. */
export class ConnectionLimiter {
  readonly #limits: ConnectionLimits;
  readonly #connections = new Map<Socket, Connection>();

  constructor(limits = CONNECTION_LIMITS) {
    this.#limits = limits;
  }

  /** Takes on a new connection; if there are too many, closes another. */
  admit(socket: Socket): void {
    if (this.#connections.size >= this.#limits.connectionsMax) this.#closeLongestWaiting();
    const connection = new Connection(socket, this.#limits);
    this.#connections.set(socket, connection);
    socket.setNoDelay(true);
    socket.on("close", () => {
      connection.destroy();
      this.#connections.delete(socket);
    });
  }

  /** The connection of a socket; null if it is closed. */
  of(socket: Socket): Connection | null {
    return this.#connections.get(socket) ?? null;
  }

  /** Number of connections open. */
  get size(): number {
    return this.#connections.size;
  }

  /** Closes all connections; resolves when they are closed. */
  async close(): Promise<void> {
    const closed = [...this.#connections.keys()].map((socket) =>
      new Promise((resolve) => socket.once("close", resolve))
    );
    for (const connection of this.#connections.values()) connection.destroy();
    await Promise.all(closed);
  }

  /** Closes the one that has waited longest, of those that wait for their client if there are any. */
  #closeLongestWaiting(): void {
    const all = [...this.#connections];
    const waiting = all.filter(([, { waitsForClient }]) => waitsForClient);
    const [socket, connection] = (waiting.length > 0 ? waiting : all)
      .reduce((longest, one) => one[1].since < longest[1].since ? one : longest);
    connection.destroy();
    this.#connections.delete(socket);
  }
}

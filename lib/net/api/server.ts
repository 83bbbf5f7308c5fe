/**
 * The module API: PUT and GET of VoidPhone modules over plain TCP.
 *
 * A connection carries any number of requests, cut into segments anywhere; a client that has said all it
 * has to say may close its half and still gets its answers. What is no request ends that connection, with
 * one line in the log.
 *
 * @module
 */

import { deadline } from "@std/async/deadline";
import { type Address, makeAddress } from "../../core/kademlia/address.ts";
import { type IpNetwork, isInNetwork } from "../../core/kademlia/ip_network.ts";
import { API_FRAME_BYTES_MAX } from "../../core/limits.ts";
import { API_FRAMES, decodeApiRequest, encodeApiAnswer } from "../../core/wire/api_codec.ts";
import {
  API_CLOSE_LIMIT_MS,
  API_CONNECTIONS_MAX,
  API_REQUESTS_PER_CONNECTION_MAX,
  API_UNSENT_BYTES_MAX,
} from "../limits.ts";
import type { Node } from "../../node/node.ts";
import type { NodeId } from "../../core/kademlia/node_id.ts";
import type { Clock, Log } from "../../node/ports.ts";
import type { Receipt } from "../../node/values/placement.ts";
import { acceptAll } from "../accept_all.ts";
import { leastRecentlyUsed } from "../tls/least_recently_used.ts";
import { FrameStream, logIfOurs } from "../frame_stream.ts";
import { LogLimit } from "../log_limit.ts";
import type { StreamGuard } from "../stream_guard.ts";

/** Called at the end of each PUT of a client; the receipt is null if the node did not carry it out. */
export type OnApiPut = (key: NodeId, receipt: Receipt | null) => void;

/** What serving the module API takes. */
export interface ApiServerOptions {
  /** Where clients connect; the server closes it. */
  readonly listener: Deno.TcpListener;
  readonly node: Node;
  readonly clock: Clock;
  readonly log: Log;
  /** What its connections share with those of peers. */
  readonly guard: StreamGuard;
  /** Clients at once; {@linkcode API_CONNECTIONS_MAX} by default. */
  readonly connectionsMax?: number | undefined;
  /** Networks whose clients may connect, beside those on the same machine; null for all. */
  readonly networks?: readonly IpNetwork[] | null | undefined;
  /** How long a client may say nothing, in milliseconds; 0 for as long as it likes. */
  readonly idleLimitMs?: number | undefined;
  /** Shortest life that a PUT gets, in milliseconds; 0, the default, for the one that it asks for. */
  readonly ttlMinMs?: number | undefined;
  /** Clients get no answer to PUT: this is how to learn what became of it. */
  readonly onPut?: OnApiPut | undefined;
}

/** Serves the module API on a listener, until closed. */
export class ApiServer {
  readonly #options: ApiServerOptions;
  readonly #logLimit: LogLimit;
  readonly #connections = new Set<ApiConnection>();
  readonly #accepting: Promise<void>;
  #stopSweep: () => void = () => {};
  #closed = false;

  /** Takes the listener over and begins to accept. */
  constructor(options: ApiServerOptions) {
    this.#options = options;
    const { clock, idleLimitMs, listener, log } = options;
    this.#logLimit = new LogLimit(log, clock);
    const own = makeAddress(listener.addr.hostname, listener.addr.port);
    this.#accepting = acceptAll(listener, {
      onConn: (conn) => this.#admit(conn),
      onError: ({ message }) =>
        this.#logLimit.write("warn", own, () => `Cannot accept an API client: ${message}`),
      isClosed: () => this.#closed,
    });
    if (idleLimitMs) this.#scheduleSweep(idleLimitMs);
  }

  /** Accepts no more connections and reads no more requests; those under way are still answered. */
  stop(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopSweep();
    this.#options.listener.close();
    for (const connection of this.#connections) connection.finish();
  }

  /** Ends all connections. Idempotent. */
  async close(): Promise<void> {
    this.stop();
    await this.#accepting;
    const connections = [...this.#connections];
    const ended = Promise.allSettled(connections.map((connection) => connection.close()));
    await deadline(ended, API_CLOSE_LIMIT_MS).catch(() => {
      for (const connection of connections) connection.abort();
    });
    await ended;
    this.#logLimit.close();
  }

  #admit(conn: Deno.TcpConn): void {
    if (this.#closed) return conn.close();
    const { log } = this.#options;
    const { hostname, port } = conn.remoteAddr;
    const client = makeAddress(hostname, port);
    if (!this.#mayConnect(client, conn.localAddr)) {
      conn.close();
      return this.#logLimit.write("warn", client, (client) => {
        return `Refused API client ${client}: it is of none of the networks that may connect`;
      });
    }
    if (!this.#makeRoom()) {
      conn.close();
      return this.#logLimit.write("warn", client, (client) => {
        return `Refused API client ${client}: ${this.#connections.size} are connected`;
      });
    }
    conn.setNoDelay(true);
    const options = { ...this.#options, client, logLimit: this.#logLimit };
    const connection: ApiConnection = new ApiConnection(conn, options, (error) => {
      this.#connections.delete(connection);
      if (!error || this.#closed) return;
      const { message } = error;
      this.#logLimit.write("warn", client, (client) => {
        return `Closed connection from API client ${client}: ${message}`;
      });
      logIfOurs(error, log);
    });
    this.#connections.add(connection);
  }

  /** A client on this machine reaches the server at the address that it comes from. */
  #mayConnect(client: Address, reachedAt: Deno.NetAddr): boolean {
    const { networks } = this.#options;
    if (!networks) return true;
    const isLocal = client.hostname === makeAddress(reachedAt.hostname, 0).hostname;
    return isLocal || networks.some((network) => isInNetwork(client, network));
  }

  /** Whether there is room for another client: the one that has been idle for longest gives way. */
  #makeRoom(): boolean {
    const { connectionsMax = API_CONNECTIONS_MAX, guard } = this.#options;
    if (guard.isClogged) return false;
    if (this.#connections.size < connectionsMax) return true;
    const longestIdle = leastRecentlyUsed(this.#connections);
    if (!longestIdle?.idle) return false;
    this.#connections.delete(longestIdle);
    longestIdle.abort();
    return true;
  }

  #scheduleSweep(idleLimitMs: number): void {
    const { clock } = this.#options;
    this.#stopSweep = clock.runAt(clock.now() + idleLimitMs / 2, () => {
      const since = clock.now() - idleLimitMs;
      for (const connection of this.#connections) {
        if (connection.idle && connection.usedAt <= since) connection.abort();
      }
      this.#scheduleSweep(idleLimitMs);
    });
  }
}

/** What a connection takes beside what its server does. */
interface ApiConnectionOptions extends ApiServerOptions {
  readonly client: Address;
  readonly logLimit: LogLimit;
}

/** One client. */
class ApiConnection {
  readonly #options: ApiConnectionOptions;
  readonly #stream: FrameStream;
  readonly #onClosed: (error: Error | null) => void;
  /** When it last asked, by the clock. */
  usedAt: number;
  #underWay = 0;
  /** Whether no more requests will come; the connection closes when the last one has been answered. */
  #finished = false;
  #error: Error | null = null;

  constructor(
    conn: Deno.TcpConn,
    options: ApiConnectionOptions,
    onClosed: (error: Error | null) => void,
  ) {
    this.#options = options;
    this.#onClosed = onClosed;
    this.usedAt = options.clock.now();
    this.#stream = new FrameStream(conn, API_FRAMES, {
      onFrame: (frame) => this.#onFrame(frame),
      onEnd: (error) => {
        this.#error = error;
        this.finish();
      },
      mayRead: () =>
        this.#underWay < API_REQUESTS_PER_CONNECTION_MAX &&
        this.#stream.unsentBytes <= API_UNSENT_BYTES_MAX &&
        options.guard.mayHold(this.#stream.heldBytes),
      onRead: () => this.usedAt = options.clock.now(),
      guard: options.guard,
    });
  }

  /** Whether nothing is under way. */
  get idle(): boolean {
    return this.#underWay === 0 && this.#stream.unsentBytes === 0;
  }

  /** Takes no more requests; closes when those under way are answered. */
  finish(): void {
    this.#finished = true;
    if (this.#underWay === 0) void this.close();
  }

  /** Closes once all that was answered has been written. */
  async close(): Promise<void> {
    void this.#stream.closeWhenSent();
    await this.#stream.ended;
    this.#onClosed(this.#error);
  }

  /** Closes now, read or not. */
  abort(): void {
    this.#finished = true;
    this.#stream.close();
  }

  #onFrame(frame: Uint8Array): void {
    if (this.#finished) return;
    const request = decodeApiRequest(frame);
    const { key } = request;
    const { logLimit, client } = this.#options;
    this.#underWay++;
    this.#stream.await(API_FRAME_BYTES_MAX);
    if (request.type === "put") {
      const { ttlSeconds, replication, value } = request;
      const put = { key, value, ttlMs: this.#ttlMs(ttlSeconds), replication };
      this.#options.node.putWith(put, (receipt) => {
        // PUT has no answer, so that the log is the only place to say it.
        if (!receipt?.holders.length) {
          logLimit.write("warn", client, () => "A PUT was stored by no node");
        }
        this.#done();
        this.#options.onPut?.(key, receipt);
      });
      return;
    }
    this.#options.node.getWith(key, (result) => {
      this.#stream.send((writer) =>
        encodeApiAnswer(
          writer,
          result ? { type: "success", key, value: result.value } : { type: "failure", key },
        )
      );
      this.#done();
    });
  }

  /** 0 is left to the node. */
  #ttlMs(seconds: number): number {
    const { ttlMinMs = 0 } = this.#options;
    return seconds === 0 ? 0 : Math.max(1_000 * seconds, ttlMinMs);
  }

  #done(): void {
    this.#underWay--;
    this.#stream.await(-API_FRAME_BYTES_MAX);
    if (this.#finished && this.#underWay === 0) void this.close();
    else this.#stream.wake();
  }
}

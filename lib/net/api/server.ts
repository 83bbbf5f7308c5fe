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
import { formatAddress } from "../../core/kademlia/address.ts";
import { API_FRAMES, decodeApiRequest, encodeApiAnswer } from "../../core/wire/api_codec.ts";
import {
  API_CLOSE_LIMIT_MS,
  API_CONNECTIONS_MAX,
  API_REQUESTS_PER_CONNECTION_MAX,
  API_UNSENT_BYTES_MAX,
} from "../limits.ts";
import type { Node } from "../../node/node.ts";
import type { NodeId } from "../../core/kademlia/node_id.ts";
import type { Log } from "../../node/ports.ts";
import type { Receipt } from "../../node/values/placement.ts";
import { acceptAll } from "../accept_all.ts";
import { FrameStream, logIfOurs } from "../frame_stream.ts";

/** Called at the end of each PUT of a client; the receipt is null if the node did not carry it out. */
export type OnApiPut = (key: NodeId, receipt: Receipt | null) => void;

/** What serving the module API takes. */
export interface ApiServerOptions {
  /** Where clients connect; the server closes it. */
  readonly listener: Deno.TcpListener;
  readonly node: Node;
  readonly log: Log;
  /** Clients get no answer to PUT: this is how to learn what became of it. */
  readonly onPut?: OnApiPut | undefined;
}

/** Serves the module API on a listener, until closed. */
export class ApiServer {
  readonly #options: ApiServerOptions;
  readonly #connections = new Set<ApiConnection>();
  readonly #accepting: Promise<void>;
  #closed = false;

  /** Takes the listener over and begins to accept. */
  constructor(options: ApiServerOptions) {
    this.#options = options;
    const { listener, log } = options;
    this.#accepting = acceptAll(listener, {
      onConn: (conn) => this.#admit(conn),
      onError: (error) => log("warn", `Cannot accept an API client: ${error.message}`),
      isClosed: () => this.#closed,
    });
  }

  /** Accepts no more connections and reads no more requests; those under way are still answered. */
  stop(): void {
    if (this.#closed) return;
    this.#closed = true;
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
  }

  #admit(conn: Deno.TcpConn): void {
    if (this.#closed) return conn.close();
    const { log } = this.#options;
    const client = formatAddress(conn.remoteAddr);
    if (this.#connections.size >= API_CONNECTIONS_MAX) {
      log("warn", `Refused API client ${client}: ${API_CONNECTIONS_MAX} are connected`);
      conn.close();
      return;
    }
    conn.setNoDelay(true);
    const connection: ApiConnection = new ApiConnection(conn, this.#options, (error) => {
      this.#connections.delete(connection);
      if (!error || this.#closed) return;
      log("warn", `Closed connection from API client ${client}: ${error.message}`);
      logIfOurs(error, log);
    });
    this.#connections.add(connection);
  }
}

/** One client. */
class ApiConnection {
  readonly #options: ApiServerOptions;
  readonly #stream: FrameStream;
  readonly #onClosed: (error: Error | null) => void;
  #underWay = 0;
  /** Whether no more requests will come; the connection closes when the last one has been answered. */
  #finished = false;
  #error: Error | null = null;

  constructor(
    conn: Deno.TcpConn,
    options: ApiServerOptions,
    onClosed: (error: Error | null) => void,
  ) {
    this.#options = options;
    this.#onClosed = onClosed;
    this.#stream = new FrameStream(conn, API_FRAMES, {
      onFrame: (frame) => this.#onFrame(frame),
      onEnd: (error) => {
        this.#error = error;
        this.finish();
      },
      mayRead: () =>
        this.#underWay < API_REQUESTS_PER_CONNECTION_MAX &&
        this.#stream.unsentBytes <= API_UNSENT_BYTES_MAX,
    });
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
    this.#stream.close();
  }

  #onFrame(frame: Uint8Array): void {
    if (this.#finished) return;
    const request = decodeApiRequest(frame);
    const { key } = request;
    this.#underWay++;
    if (request.type === "put") {
      const { ttlSeconds, replication, value } = request;
      const put = { key, value, ttlMs: 1_000 * ttlSeconds, replication };
      this.#options.node.putWith(put, (receipt) => {
        // PUT has no answer, so that the log is the only place to say it.
        if (!receipt?.holders.length) this.#options.log("warn", "A PUT was stored by no node");
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

  #done(): void {
    this.#underWay--;
    if (this.#finished && this.#underWay === 0) void this.close();
    else this.#stream.wake();
  }
}

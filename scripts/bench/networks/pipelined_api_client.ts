/**
 * A client of the module API that keeps one connection, with any number of requests in flight.
 *
 * @module
 */

import type { Address } from "../../../lib/core/kademlia/address.ts";
import { API_FRAMES, decodeApiAnswer, encodeApiRequest } from "../../../lib/core/wire/api_codec.ts";
import type { ApiRequest } from "../../../lib/core/wire/messages.ts";
import { idKey, type NodeId } from "../../../lib/core/kademlia/node_id.ts";
import { FrameStream } from "../../../lib/net/frame_stream.ts";

/** A GET that waits for its answer. */
interface Waiting {
  readonly resolve: (value: Uint8Array | null) => void;
  readonly reject: (error: Error) => void;
}

/** One connection to a node. Answers are matched by their key: no key may be asked twice at a time. */
export class PipelinedApiClient {
  readonly #stream: FrameStream;
  readonly #waiting = new Map<string, Waiting>();

  private constructor(conn: Deno.TcpConn) {
    this.#stream = new FrameStream(conn, API_FRAMES, {
      onFrame: (frame) => this.#onFrame(frame),
      onEnd: (error) => this.#onEnd(error),
      mayRead: () => true,
    });
  }

  /** Connects to the API of a node. */
  static async open({ hostname, port }: Address): Promise<PipelinedApiClient> {
    const conn = await Deno.connect({ hostname, port });
    conn.setNoDelay(true);
    return new PipelinedApiClient(conn);
  }

  /** Asks for a value. */
  get(key: NodeId): Promise<Uint8Array | null> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(idKey(key), { resolve, reject });
      this.#stream.send((writer) => encodeApiRequest(writer, { type: "get", key }));
    });
  }

  /** Hands a value over. The protocol knows no answer. */
  put(request: ApiRequest & { readonly type: "put" }): void {
    this.#stream.send((writer) => encodeApiRequest(writer, request));
  }

  /** Closes it. */
  async close(): Promise<void> {
    this.#stream.close();
    await this.#stream.ended;
  }

  #onFrame(frame: Uint8Array): void {
    const answer = decodeApiAnswer(frame);
    const name = idKey(answer.key);
    const waiting = this.#waiting.get(name);
    if (!waiting) throw new Error("The node answers what was not asked");
    this.#waiting.delete(name);
    waiting.resolve(answer.type === "success" ? answer.value : null);
  }

  #onEnd(error: Error | null): void {
    const reason = error ?? new Error("The node has closed the connection");
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
  }
}

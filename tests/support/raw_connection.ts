/**
 * A connection to a node that sends any bytes a test wants, and reads what comes back.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { ALPN_PROTOCOL } from "../../lib/core/wire/versions.ts";
import { apiGet, apiPut, findBody, join, peerFrame, type RawFrame, takeFrame } from "./frames.ts";
import { certificate, type TlsNode } from "./tls_nodes.ts";
import { bytesOf, keyOf } from "./values.ts";

const HELLO = 668;
/** What a client says first that is no node, in a network without a key. */
export const HELLO_OF_CLIENT = peerFrame(HELLO, 0, new Uint8Array(1));

/** One connection. Reads only when asked to. */
export class RawConnection implements Disposable {
  readonly conn: Deno.Conn;
  /** Whether what the other side says first is passed over. */
  readonly #dropsHello: boolean;
  readonly #sizeFieldBytes: 2 | 4;
  #bytes = new Uint8Array(0) as Uint8Array;
  #closed = false;

  constructor(conn: Deno.Conn, sizeFieldBytes: 2 | 4, dropsHello = false) {
    this.conn = conn;
    this.#dropsHello = dropsHello;
    this.#sizeFieldBytes = sizeFieldBytes;
  }

  /** To the module API. */
  static async toApi(port: number, hostname = "127.0.0.1"): Promise<RawConnection> {
    const conn = await Deno.connect({ hostname, port });
    conn.setNoDelay(true);
    return new RawConnection(conn, 2);
  }

  /** To the port for peers, with a HELLO of a client that is no node. */
  static async toPeer(port: number): Promise<RawConnection> {
    const connection = await RawConnection.toPeerSilently(port, [ALPN_PROTOCOL], true);
    await connection.write(HELLO_OF_CLIENT);
    return connection;
  }

  /** To the port for peers; nothing is said yet. */
  static async toPeerSilently(
    port: number,
    alpnProtocols = [ALPN_PROTOCOL],
    dropsHello = false,
  ): Promise<RawConnection> {
    const { certificatePem } = await certificate();
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    conn.setNoDelay(true);
    const tls = await Deno.startTls(conn, {
      hostname: "127.0.0.1",
      caCerts: [certificatePem],
      ...(alpnProtocols.length > 0 ? { alpnProtocols } : {}),
    });
    try {
      await tls.handshake();
    } catch (error) {
      tls.close();
      throw error;
    }
    return new RawConnection(tls, 4, dropsHello);
  }

  /** Writes all of it, or throws since the other side has closed. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.conn.write(bytes.subarray(at));
  }

  /** Writes; a connection closed by the other side is what was expected. */
  async tryWrite(bytes: Uint8Array): Promise<void> {
    try {
      await this.write(bytes);
    } catch {
      // Closed while writing.
    }
  }

  /** The next frame, or null when the other side has closed. */
  async next(): Promise<RawFrame | null> {
    for (;;) {
      const taken = takeFrame(this.#bytes, this.#sizeFieldBytes);
      if (taken) {
        this.#bytes = taken.rest;
        if (taken.frame.type === HELLO && this.#dropsHello) continue;
        return taken.frame;
      }
      const buffer = new Uint8Array(65_536);
      const count = await this.#read(buffer);
      if (count === null) return null;
      const joined = new Uint8Array(this.#bytes.length + count);
      joined.set(this.#bytes);
      joined.set(buffer.subarray(0, count), this.#bytes.length);
      this.#bytes = joined;
    }
  }

  /** So many frames. */
  async take(count: number): Promise<RawFrame[]> {
    const frames: RawFrame[] = [];
    while (frames.length < count) {
      const frame = await this.next();
      if (!frame) throw new Error(`closed after ${frames.length} of ${count} frames`);
      frames.push(frame);
    }
    return frames;
  }

  /** All frames until the other side closes. */
  async all(): Promise<RawFrame[]> {
    const frames: RawFrame[] = [];
    for (let frame = await this.next(); frame; frame = await this.next()) frames.push(frame);
    return frames;
  }

  /** Says that no more will come, and goes on listening. */
  async finish(): Promise<void> {
    await this.conn.closeWrite();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      this.conn.close();
    } catch {
      // Closed already.
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #read(buffer: Uint8Array): Promise<number | null> {
    try {
      return await this.conn.read(buffer);
    } catch {
      return null; // reset, or without a proper goodbye
    }
  }
}

/** Makes sure that a node serves on both of its ports. */
export async function assertServes(node: TlsNode): Promise<void> {
  const key = keyOf("serves on");
  using client = await RawConnection.toApi(node.apiAddress.port);
  await client.write(join(apiPut(key, bytesOf("value")), apiGet(key)));
  assertEquals((await client.next())?.type, 652);
  using peer = await RawConnection.toPeer(node.p2pAddress.port);
  await peer.write(peerFrame(662, 77, findBody(keyOf("other"))));
  const answer = await peer.next();
  assertEquals([answer?.type, answer?.id], [674, 77]);
}

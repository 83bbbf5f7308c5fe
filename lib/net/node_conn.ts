/**
 * A socket of `node:net` or `node:tls` as a connection: it can be ended whatever is under way on it, which the
 * runtime's own connections cannot.
 *
 * @module
 */

import type { Socket } from "node:net";
import { Buffer } from "node:buffer";
import { NODE_WRITE_BYTES_MAX, SOCKET_END_LIMIT_MS } from "./limits.ts";
import type { ByteConn } from "./frame_stream.ts";

/** A connection over a socket. */
export class NodeConn implements ByteConn {
  readonly #socket: Socket;
  readonly #plain: Socket;
  /** What a read has not taken of the last chunk. */
  #left: Uint8Array | null = null;
  #error: Error | null = null;
  #ended = false;
  #isWriting = false;
  #wake: () => void = () => {};

  /**
   * Takes a socket over.
   *
   * @param plain what carries it, if it is one of TLS.
   */
  constructor(socket: Socket, plain: Socket = socket) {
    this.#socket = socket;
    this.#plain = plain;
    socket.on("readable", () => this.#wake());
    socket.on("end", () => this.#finish(null));
    socket.on("error", (error) => this.#finish(error));
    plain.on("error", (error) => this.#finish(error));
    socket.on("close", () => this.#finish(new Deno.errors.ConnectionReset("connection is closed")));
  }

  /** Reads what is there into a buffer; null when the other side has said all. */
  async read(buffer: Uint8Array): Promise<number | null> {
    for (;;) {
      const chunk = this.#left ?? this.#socket.read() as Uint8Array | null;
      if (chunk) {
        const count = Math.min(chunk.length, buffer.length);
        buffer.set(count < chunk.length ? chunk.subarray(0, count) : chunk);
        this.#left = count < chunk.length ? chunk.subarray(count) : null;
        return count;
      }
      if (this.#error) throw this.#error;
      if (this.#ended) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** Writes a part at least; resolves when the system has taken it. The bytes must not change until then. */
  write(bytes: Uint8Array): Promise<number> {
    const part = bytes.subarray(0, NODE_WRITE_BYTES_MAX);
    this.#isWriting = true;
    return new Promise((resolve, reject) => {
      if (this.#error) return reject(this.#error);
      const buffer = Buffer.from(part.buffer, part.byteOffset, part.length);
      this.#socket.write(buffer, (error) => {
        this.#isWriting = false;
        if (error) reject(new Deno.errors.BrokenPipe(error.message));
        else resolve(part.length);
      });
    });
  }

  /** Says that no more will come. */
  closeWrite(): Promise<void> {
    return new Promise((resolve) => this.#socket.end(() => resolve()));
  }

  /** Ends it. The other side is told, unless it takes nothing. */
  close(): void {
    const destroy = () => this.#plain.destroy();
    if (this.#isWriting || this.#plain.destroyed) destroy();
    else {
      const timer = setTimeout(destroy, SOCKET_END_LIMIT_MS);
      this.#plain.once("close", () => clearTimeout(timer));
      this.#socket.end(destroy);
    }
    this.#finish(new Deno.errors.Interrupted("connection was closed"));
  }

  #finish(error: Error | null): void {
    if (error && !this.#ended) this.#error ??= asRuntimeError(error);
    if (!error) this.#ended = true;
    this.#wake();
  }
}

/** Errors of sockets are told from faults of this program by their class. */
function asRuntimeError(error: Error): Error {
  if (Object.values(Deno.errors).some((kind) => error instanceof kind)) return error;
  return new Deno.errors.ConnectionReset(error.message);
}

/**
 * A connection as a stream of frames: reads are cut into frames, writes are joined.
 *
 * Whatever is written during one turn of the event loop leaves in one write, and so does everything that
 * gathers while a write is under way. A side that does not read its answers is not read from either.
 *
 * @module
 */

import { deadline } from "@std/async/deadline";
import { FrameError, type Writer } from "../core/wire/bytes.ts";
import { type FrameFormat, Framer } from "../core/wire/framer.ts";
import {
  CONNECTION_END_LIMIT_MS,
  READ_BUFFER_MAX_BYTES,
  READ_BUFFER_MIN_BYTES,
  SMALL_READS_MAX,
} from "./limits.ts";
import type { Log } from "../node/ports.ts";
import { putWriterBack, takeWriter } from "./writer_pool.ts";

/** An error that neither the other side nor the network made is one of this program: say where. */
export function logIfOurs(error: Error, log: Log): void {
  if (error instanceof FrameError) return;
  if (Object.values(Deno.errors).some((kind) => error instanceof kind)) return;
  log("error", `Internal error, the connection is closed: ${error.stack}`);
}

/** What a stream tells its owner. */
export interface FrameStreamHandler {
  /** A whole frame; valid during the call. A {@linkcode FrameError} thrown here ends the stream. */
  onFrame(frame: Uint8Array): void;
  /** The other side will send no more: null if it said so, else what went wrong. Called once. */
  onEnd(error: Error | null): void;
  /** Called when what one read has brought has been taken. */
  onRead?(): void;
  /** Whether to take another frame; asked before each, and whenever {@linkcode FrameStream.wake} is called. */
  mayRead(): boolean;
  /** Counts bytes that have come or gone; nobody need. */
  readonly onBytes?: ((direction: "in" | "out", count: number) => void) | undefined;
}

/** One connection. */
export class FrameStream {
  readonly #conn: Deno.Conn;
  readonly #handler: FrameStreamHandler;
  readonly #framer: Framer;
  /** What waits to be written, and what is being written; null if there is nothing. */
  #out: Writer | null = null;
  #writing: Writer | null = null;
  #flushing = false;
  #closed = false;
  #resume: (() => void) | null = null;
  readonly #closing = Promise.withResolvers<void>();
  #connClosed: Promise<void> = Promise.resolve();
  /** Settles when it is closed, and neither reading nor writing goes on. */
  readonly ended: Promise<void>;
  #flushed: Promise<void> = Promise.resolve();

  /** Takes the connection over and begins to read. */
  constructor(conn: Deno.Conn, format: FrameFormat, handler: FrameStreamHandler) {
    this.#conn = conn;
    this.#handler = handler;
    this.#framer = new Framer(format);
    const read = this.#read();
    this.ended = this.#closing.promise.then(async () => {
      const tasks = Promise.allSettled([this.#connClosed, read, this.#flushed]);
      await deadline(tasks, CONNECTION_END_LIMIT_MS).catch(() => {});
    });
  }

  /** Whether {@linkcode close} was called, here or because of an error. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Bytes written to the stream that the system has not taken yet. */
  get unsentBytes(): number {
    return (this.#out?.length ?? 0) + (this.#writing?.length ?? 0);
  }

  /** Lets `encode` append frames; they are sent at the end of this turn of the event loop. */
  send(encode: (writer: Writer) => void): void {
    if (this.#closed) return;
    encode(this.#out ??= takeWriter());
    if (this.#flushing) return;
    this.#flushing = true;
    this.#flushed = this.#flush();
  }

  /** Asks the handler again whether to read on. */
  wake(): void {
    if (this.#resume && (this.#closed || this.#handler.mayRead())) {
      this.#resume();
      this.#resume = null;
    }
  }

  /** Closes when all that was sent has been written. */
  async closeWhenSent(): Promise<void> {
    while (this.#flushing) await this.#flushed;
    this.close();
  }

  /** Closes now. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#connClosed = this.#closeConn();
    this.#closing.resolve();
    this.wake();
  }

  /**
   * Deno 2.8.3 does not close a plain connection while a read is pending on it (denoland/deno#35292), not
   * even towards the other side; ending the own half first at least tells that side, which then closes.
   */
  async #closeConn(): Promise<void> {
    try {
      if ("setNoDelay" in this.#conn) await this.#conn.closeWrite();
    } catch {
      // The other side was faster.
    }
    try {
      this.#conn.close();
    } catch {
      // Likewise.
    }
  }

  async #read(): Promise<void> {
    let error: Error | null = null;
    try {
      await this.#readChunks();
    } catch (caught) {
      error = caught instanceof Error ? caught : new Error(String(caught));
    }
    this.#handler.onEnd(error);
  }

  async #readChunks(): Promise<void> {
    let buffer = new Uint8Array(READ_BUFFER_MIN_BYTES);
    let smallReads = 0;
    const onFrame = (frame: Uint8Array) => this.#handler.onFrame(frame);
    const mayGoOn = () => this.#closed || this.#handler.mayRead();
    for (;;) {
      const count = await this.#conn.read(buffer);
      if (count === null) {
        if (this.#framer.pendingBytes > 0) throw new FrameError("connection ends within a frame");
        return;
      }
      this.#handler.onBytes?.("in", count);
      let chunk = buffer.subarray(0, count);
      for (;;) {
        chunk = chunk.subarray(this.#framer.push(chunk, onFrame, mayGoOn));
        if (mayGoOn()) break;
        await new Promise<void>((resolve) => this.#resume = resolve);
      }
      this.#handler.onRead?.();
      if (count === buffer.length && count < READ_BUFFER_MAX_BYTES) {
        buffer = new Uint8Array(2 * count);
      }
      smallReads = count < READ_BUFFER_MIN_BYTES ? smallReads + 1 : 0;
      if (smallReads > SMALL_READS_MAX && buffer.length > READ_BUFFER_MIN_BYTES) {
        buffer = new Uint8Array(READ_BUFFER_MIN_BYTES);
      }
    }
  }

  async #flush(): Promise<void> {
    await null; // the rest of this turn may have more to send
    try {
      while (this.#out && !this.#closed) {
        const writer = this.#out;
        this.#out = null;
        this.#writing = writer;
        const bytes = writer.written;
        for (let sent = 0; sent < bytes.length;) {
          sent += await this.#conn.write(sent === 0 ? bytes : bytes.subarray(sent));
        }
        this.#handler.onBytes?.("out", bytes.length);
        this.#writing = null;
        putWriterBack(writer);
        this.wake();
      }
    } catch {
      this.close(); // reading ends with the error that explains it
    }
    this.#flushing = false;
  }
}

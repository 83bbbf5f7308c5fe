/**
 * A connection as a stream of frames: reads are cut into frames, writes are joined.
 *
 * Whatever is written during one turn of the event loop leaves in one write, and so does everything that
 * gathers while a write is under way. A side that does not read its answers is not read from either; one that stands
 * still within a frame, or takes nothing of what is written to it, is given up.
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
  STALL_CHECKS,
  STALL_LIMIT_MS,
  TURN_STEP_BYTES,
} from "./limits.ts";
import { SECOND_MS } from "../core/units.ts";
import type { Log } from "../node/ports.ts";
import type { StreamGuard } from "./stream_guard.ts";
import { TURNS } from "./turns.ts";
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
  /** Called when what was to be written has been taken by the system. */
  onWritten?(): void;
  /** Whether to take another frame; asked before each, and whenever {@linkcode FrameStream.wake} is called. */
  mayRead(): boolean;
  /** Counts bytes that have come or gone; nobody need. */
  readonly onBytes?: ((direction: "in" | "out", count: number) => void) | undefined;
  /** Watches it together with the node's other connections. */
  readonly guard?: StreamGuard | undefined;
}

/** What a stream takes of a connection. */
export type ByteConn = Pick<Deno.Conn, "read" | "write" | "close" | "closeWrite">;

/** One connection. */
export class FrameStream {
  readonly #conn: ByteConn;
  readonly #handler: FrameStreamHandler;
  readonly #framer: Framer;
  /** What waits to be written, and what is being written; null if there is nothing. */
  #out: Writer | null = null;
  #writing: Writer | null = null;
  #flushing = false;
  /** Bytes of answers that are still to come, at their largest. */
  #awaitedBytes = 0;
  #closed = false;
  /** Why it was closed from here, if the other side is to blame. */
  #stalled: Error | null = null;
  /** Checks in a row that found it in the same write, and within the same frame. */
  #checksInWrite = 0;
  #checksInFrame = 0;
  #resume: (() => void) | null = null;
  readonly #closing = Promise.withResolvers<void>();
  #connClosed: Promise<void> = Promise.resolve();
  /** Settles when it is closed, and neither reading nor writing goes on. */
  readonly ended: Promise<void>;
  #reading: Promise<void> = Promise.resolve();
  #flushed: Promise<void> = Promise.resolve();

  /** Takes the connection over and begins to read. */
  constructor(conn: ByteConn, format: FrameFormat, handler: FrameStreamHandler) {
    this.#conn = conn;
    this.#handler = handler;
    this.#framer = new Framer(format);
    handler.guard?.watch(this);
    const read = this.#reading = this.#read();
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

  /** Those, and the bytes of answers that are still to come, at their largest. */
  get heldBytes(): number {
    return this.unsentBytes + this.#awaitedBytes;
  }

  /** Counts a request whose answer has so many bytes at most; negative once it has come. */
  await(bytes: number): void {
    if (this.#closed) return;
    this.#awaitedBytes += bytes;
    this.#handler.guard?.count(bytes);
  }

  /** Lets `encode` append frames; they are sent at the end of this turn of the event loop. */
  send(encode: (writer: Writer) => void): void {
    if (this.#closed) return;
    const writer = this.#out ??= takeWriter();
    const before = writer.length;
    encode(writer);
    this.#handler.guard?.count(writer.length - before);
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

  /** Called every {@linkcode STALL_CHECK_MS}: closes it if the other side has stood still for too long. */
  checkProgress(): void {
    if (this.#writing && ++this.#checksInWrite > STALL_CHECKS) this.#giveUp("takes no answer");
    const isReading = this.#resume === null;
    if (this.#framer.pendingBytes === 0 || !isReading) this.#checksInFrame = 0;
    else if (++this.#checksInFrame > STALL_CHECKS) this.#giveUp("does not end a frame");
  }

  #giveUp(what: string): void {
    if (this.#closed) return;
    const message = `it ${what} for ${STALL_LIMIT_MS / SECOND_MS} s`;
    this.#stalled = new Deno.errors.TimedOut(message);
    this.close();
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
    this.#handler.guard?.forget(this, this.heldBytes);
    this.#connClosed = this.#closeConn();
    this.#handler.guard?.linger(Promise.allSettled([this.#reading, this.#flushed]));
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
      error = this.#stalled ?? (caught instanceof Error ? caught : new Error(String(caught)));
    }
    this.#handler.onEnd(error);
  }

  async #readChunks(): Promise<void> {
    let buffer = new Uint8Array(READ_BUFFER_MIN_BYTES);
    let smallReads = 0;
    const onFrame = (frame: Uint8Array) => {
      TURNS.count(1);
      this.#checksInFrame = 0;
      this.#handler.onFrame(frame);
    };
    const mayGoOn = () => this.#closed || (!TURNS.isOver && this.#handler.mayRead());
    for (;;) {
      const count = await this.#conn.read(buffer);
      if (count === null) {
        if (this.#framer.pendingBytes > 0) throw new FrameError("connection ends within a frame");
        return;
      }
      this.#handler.onBytes?.("in", count);
      TURNS.count(1 + count / TURN_STEP_BYTES);
      let chunk = buffer.subarray(0, count);
      for (;;) {
        chunk = chunk.subarray(this.#framer.push(chunk, onFrame, mayGoOn));
        if (mayGoOn()) break;
        if (TURNS.isOver) await TURNS.next();
        else await new Promise<void>((resolve) => this.#resume = resolve);
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
          this.#checksInWrite = 0;
        }
        this.#handler.onBytes?.("out", bytes.length);
        this.#writing = null;
        if (!this.#closed) this.#handler.guard?.count(-bytes.length);
        putWriterBack(writer);
        this.#handler.onWritten?.();
        this.wake();
      }
    } catch {
      this.close(); // reading ends with the error that explains it
    }
    this.#flushing = false;
  }
}

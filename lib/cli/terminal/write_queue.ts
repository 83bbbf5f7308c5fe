/**
 * Text that waits to be written, so that a reader who has stopped reading stops nobody else.
 *
 * @module
 */

import { deadline } from "@std/async/deadline";

/** How much text may wait, in UTF-16 units. */
const WAITING_MAX = 256 * 1_024;

/** Takes bytes when it can: `Deno.stderr`. */
export interface AsyncSink {
  write(bytes: Uint8Array): Promise<number>;
}

/** Writes texts one after the other, in the background. */
export class WriteQueue {
  readonly #sink: AsyncSink;
  #waiting: string[] = [];
  /** Length of what waits and of what is being written. */
  #length = 0;
  #writing: Promise<void> | null = null;

  constructor(sink: AsyncSink) {
    this.#sink = sink;
  }

  /** Whether there is room for a text of this length; for one at least, if nothing waits. */
  hasRoomFor(length: number): boolean {
    return this.#length === 0 || this.#length + length <= WAITING_MAX;
  }

  /** Writes a text after those that wait. */
  add(text: string): void {
    this.#waiting.push(text);
    this.#length += text.length;
    this.#writing ??= this.#write();
  }

  /** Waits until all is written, but not longer than this. */
  async flush(limitMs: number): Promise<void> {
    if (this.#writing) await deadline(this.#writing, limitMs).catch(() => {});
  }

  async #write(): Promise<void> {
    await null; // the rest of this turn may have more to write
    while (this.#waiting.length > 0) {
      const text = this.#waiting.join("");
      this.#waiting = [];
      try {
        await this.#writeBytes(new TextEncoder().encode(text));
      } catch {
        // The reader has gone, or the disk is full: there is nowhere to report it.
      }
      this.#length -= text.length;
    }
    this.#writing = null;
  }

  async #writeBytes(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.#sink.write(bytes.subarray(at));
  }
}

/**
 * Buffers for writing, shared by all connections of a process: a connection that has nothing to write
 * holds none, and the one that was used last is the one that lies in the processor's cache.
 *
 * @module
 */

import { Writer } from "../core/wire/bytes.ts";
import { WRITERS_READY_MAX } from "./limits.ts";

const READY: Writer[] = [];

/** An empty writer; nobody else has it until it is put back. */
export function takeWriter(): Writer {
  return READY.pop() ?? new Writer();
}

/** Gives a writer back whose bytes nobody reads any more. */
export function putWriterBack(writer: Writer): void {
  if (READY.length >= WRITERS_READY_MAX) return;
  writer.clear();
  READY.push(writer);
}

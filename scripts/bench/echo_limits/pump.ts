/**
 * Sends one request over and over on one connection, so many in flight, and counts the answers.
 *
 * @module
 */

import { type FrameFormat, Framer } from "../../../lib/core/wire/framer.ts";

const WARM_MS = 500;
const READ_BYTES = 262_144;

/** Whether what can be sent together leaves in one write, or each message in one of its own. */
export type Writes = "joined" | "each";

/** What to send, and what comes back. */
export interface PumpOptions {
  readonly request: Uint8Array<ArrayBuffer>;
  /** How answers are framed. */
  readonly format: FrameFormat;
  /** Called with each answer; throws if it is not what was asked for. */
  readonly check: (answer: Uint8Array) => void;
  readonly inFlight: number;
  readonly writes: Writes;
  readonly seconds: number;
}

/** Answers a second, after some time to warm up. */
export async function pump(conn: Deno.Conn, options: PumpOptions): Promise<number> {
  const { request, format, check, inFlight, writes, seconds } = options;
  const batch = new Uint8Array(request.length * inFlight);
  for (let i = 0; i < inFlight; i++) batch.set(request, i * request.length);
  const framer = new Framer(format);
  const buffer = new Uint8Array(READ_BYTES);
  const startedAt = performance.now();
  const countFrom = startedAt + WARM_MS;
  const end = countFrom + 1_000 * seconds;
  let free = inFlight;
  let counted = 0;
  let sending = 0;
  let now = startedAt;
  const onFrame = (frame: Uint8Array) => {
    check(frame);
    free++;
    if (now >= countFrom) counted++;
  };
  while (now < end || free < inFlight) {
    if (now < end && free > 0) {
      sending = free;
      free = 0;
      if (writes === "joined") await writeAll(conn, batch.subarray(0, sending * request.length));
      else for (let i = 0; i < sending; i++) await writeAll(conn, request);
    }
    const count = await conn.read(buffer);
    if (count === null) throw new Error("The server has closed the connection");
    now = performance.now();
    framer.push(buffer.subarray(0, count), onFrame);
  }
  return 1_000 * counted / (now - countFrom);
}

/** Writes all bytes. */
export async function writeAll(conn: Deno.Conn, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await conn.write(at === 0 ? bytes : bytes.subarray(at));
  }
}

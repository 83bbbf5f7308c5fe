/**
 * Reads the body of a request, and no more of it than may be.
 *
 * @module
 */

import { HTTP_BODY_LIMIT_MS } from "./limits.ts";
import { HttpError } from "./responses.ts";

/**
 * Reads a body of at most `bytesMax` bytes within the time that a client has for it. What is too large is
 * given up as soon as that is known: by its stated length, or at the byte too many.
 *
 * @throws {HttpError} 413 or 408.
 */
export async function readBody(request: Request, bytesMax: number): Promise<Uint8Array> {
  const stated = Number(request.headers.get("Content-Length") ?? "0");
  if (stated > bytesMax) throw tooLarge(bytesMax);
  const reader = request.body?.getReader();
  if (!reader) return new Uint8Array(0);
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    reader.cancel().catch(() => {});
  }, HTTP_BODY_LIMIT_MS);
  try {
    const body = await readAll(reader, bytesMax);
    if (isLate) throw tooLate();
    return body;
  } catch (error) {
    if (error instanceof HttpError) throw error;
    throw isLate ? tooLate() : new HttpError(400, "the body is incomplete");
  } finally {
    clearTimeout(timer);
  }
}

async function readAll(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  bytesMax: number,
): Promise<Uint8Array> {
  const body = new Uint8Array(bytesMax);
  let length = 0;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return body.slice(0, length);
    if (length + value.length > bytesMax) {
      void reader.cancel().catch(() => {});
      throw tooLarge(bytesMax);
    }
    body.set(value, length);
    length += value.length;
  }
}

const CLOSE = { "Connection": "close" };

function tooLarge(bytesMax: number): HttpError {
  return new HttpError(413, `the body is larger than ${bytesMax} bytes`, CLOSE);
}

function tooLate(): HttpError {
  return new HttpError(408, `the body was not sent within ${HTTP_BODY_LIMIT_MS} ms`, CLOSE);
}

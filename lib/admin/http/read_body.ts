/**
 * Reads the body of a request, and no more of it than may be.
 *
 * @module
 */

import { HTTP_BODY_LIMIT_MS } from "./limits.ts";
import type { HttpRequest } from "./http_server.ts";
import { HttpError } from "./responses.ts";

/**
 * Reads a body of at most `bytesMax` bytes within the time that a client has for it. What is too large is
 * given up as soon as that is known: by its stated length, or at the byte too many.
 *
 * @throws {HttpError} 413 or 408.
 */
export async function readBody(
  { headers, body }: HttpRequest,
  bytesMax: number,
): Promise<Uint8Array> {
  const stated = Number(headers.get("Content-Length") ?? "0");
  if (stated > bytesMax) throw tooLarge(bytesMax);
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(tooLate()), HTTP_BODY_LIMIT_MS);
  try {
    return await Promise.race([readAll(body, bytesMax), late.promise]);
  } catch (error) {
    if (error instanceof HttpError) throw error;
    throw new HttpError(400, "the body ends before its stated length", CLOSE);
  } finally {
    clearTimeout(timer);
  }
}

async function readAll(chunks: AsyncIterable<Uint8Array>, bytesMax: number): Promise<Uint8Array> {
  const body = new Uint8Array(bytesMax);
  let length = 0;
  for await (const chunk of chunks) {
    if (length + chunk.length > bytesMax) throw tooLarge(bytesMax);
    body.set(chunk, length);
    length += chunk.length;
  }
  return body.slice(0, length);
}

const CLOSE = { "Connection": "close" };

function tooLarge(bytesMax: number): HttpError {
  return new HttpError(413, `the body is larger than ${bytesMax} bytes`, CLOSE);
}

function tooLate(): HttpError {
  return new HttpError(408, `the body was not sent within ${HTTP_BODY_LIMIT_MS} ms`, CLOSE);
}

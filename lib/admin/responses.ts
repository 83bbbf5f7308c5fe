/**
 * Answers, and the errors that become one.
 *
 * @module
 */

import { NodeBusyError, NodeClosedError } from "../node/errors.ts";
import type { ErrorDocument } from "./contract.ts";
import type { HttpAnswer } from "./http_server.ts";
import { SAFE_HEADERS } from "./request_guard.ts";

/** Ends a request with a status and a sentence. */
export class HttpError extends Error {
  /** The class's name. */
  override readonly name = "HttpError";

  constructor(
    readonly status: number,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

/** An answer of bytes or text. */
export function answer(
  status: number,
  type: string,
  body: Uint8Array | string,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer {
  return { status, headers: { ...SAFE_HEADERS, "Content-Type": type, ...headers }, body };
}

/** An answer in JSON. */
export function json(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer {
  return answer(status, "application/json; charset=utf-8", JSON.stringify(value), headers);
}

/** The answer to a request that failed with an error; null if the error is a fault of this program. */
export function answerError(error: unknown): HttpAnswer | null {
  if (error instanceof HttpError) {
    return json(error.status, { error: error.message } satisfies ErrorDocument, error.headers);
  }
  if (error instanceof NodeClosedError || error instanceof NodeBusyError) {
    return json(503, { error: error.message } satisfies ErrorDocument);
  }
  return null;
}

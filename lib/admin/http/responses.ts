/**
 * Answers, and the errors that become one.
 *
 * @module
 */

import { NodeBusyError, NodeClosedError } from "../../node/errors.ts";
import type { ErrorDocument } from "../contract.ts";
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

/** An answer apart from its body. */
export interface AnswerOptions {
  readonly type: string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer of bytes or text, with status 200 if no other is given. */
export function answer(
  body: Uint8Array | string,
  { type, status = 200, headers = {} }: AnswerOptions,
): HttpAnswer {
  return { status, headers: { ...SAFE_HEADERS, "Content-Type": type, ...headers }, body };
}

/** An answer in JSON. */
export function json(
  document: unknown,
  options: Omit<AnswerOptions, "type"> = {},
): HttpAnswer {
  return answer(JSON.stringify(document), { ...options, type: "application/json; charset=utf-8" });
}

/** The answer to a request that failed with an error; null if the error is a fault of this program. */
export function answerError(error: unknown): HttpAnswer | null {
  if (error instanceof HttpError) {
    const { status, headers, message } = error;
    return json({ error: message } satisfies ErrorDocument, { status, headers });
  }
  if (error instanceof NodeClosedError || error instanceof NodeBusyError) {
    return json({ error: error.message } satisfies ErrorDocument, { status: 503 });
  }
  return null;
}

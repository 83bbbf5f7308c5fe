/**
 * Answers, and the errors that become one.
 *
 * @module
 */

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
  body: BodyInit | null,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(body, {
    status,
    headers: { ...SAFE_HEADERS, "Content-Type": type, ...headers },
  });
}

/** An answer in JSON. */
export function json(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return answer(status, "application/json; charset=utf-8", JSON.stringify(value), headers);
}

/** What became of an error. */
export function answerError({ status, message, headers }: HttpError): Response {
  return json(status, { error: message }, headers);
}

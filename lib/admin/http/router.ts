/**
 * Finds the code that answers a request, by method and path.
 *
 * @module
 */

import { readValueKey } from "../value_key.ts";
import type { HttpAnswer, HttpRequest } from "./http_server.ts";
import { HttpError } from "./responses.ts";

/** A request, taken apart. */
export interface ParsedRequest {
  readonly request: HttpRequest;
  readonly query: URLSearchParams;
  /** The key that the path ends with; empty if it has none. */
  readonly key: Uint8Array;
}

/** Answers one kind of request. */
export type RouteHandler = (request: ParsedRequest) => Promise<HttpAnswer>;

/** By method and path; `{key}` stands for a key. HEAD is answered as GET is. */
export type Routes = Readonly<Record<string, RouteHandler>>;

const KEY_LENGTH_MAX = 4_096;

/**
 * Finds what answers a request.
 *
 * @returns null if nothing has this path.
 * @throws {HttpError} 405 if something has it, but not with this method; 400 if the key cannot be read.
 */
export function route(
  routes: Routes,
  { request, url }: { readonly request: HttpRequest; readonly url: URL },
): (() => Promise<HttpAnswer>) | null {
  const { pattern, key } = patternOf(url.pathname);
  const methods = Object.keys(routes).filter((route) => route.endsWith(` ${pattern}`))
    .map((route) => route.split(" ", 1)[0]!);
  if (methods.length === 0) return null;
  const method = request.method === "HEAD" ? "GET" : request.method;
  const handle = routes[`${method} ${pattern}`];
  if (!handle) {
    const allowed = methods.includes("GET") ? [...methods, "HEAD"] : methods;
    throw new HttpError(405, `${request.method} is not allowed here`, {
      "Allow": allowed.join(", "),
    });
  }
  const parsed = {
    request,
    query: url.searchParams,
    key: key === null ? new Uint8Array(0) : readKey(key),
  };
  return () => handle(parsed);
}

/** `/v1/values/x` is `/v1/values/{key}` and the key `x`. */
function patternOf(path: string): { pattern: string; key: string | null } {
  const match = /^(\/v1\/(?:values|explain|bans))\/([^/]+)$/.exec(path);
  return match ? { pattern: `${match[1]}/{key}`, key: match[2]! } : { pattern: path, key: null };
}

function readKey(text: string): Uint8Array {
  if (text.length > KEY_LENGTH_MAX) throw new HttpError(414, "the key is too long");
  try {
    return readValueKey(decodeURIComponent(text));
  } catch {
    throw new HttpError(400, "the key is not percent-encoded text");
  }
}

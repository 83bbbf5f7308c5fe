/**
 * Lets in who has the node's token, where it has one.
 *
 * A token comes as the password of HTTP's basic scheme, with any name, so that a browser asks its user for it; or as
 * a bearer token, as programs send it. One token may do everything, another one may only read.
 *
 * @module
 */

import { timingSafeEqual } from "@std/crypto/timing-safe-equal";
import { decodeBase64 } from "@std/encoding/base64";
import { sha256 } from "../../hash/sha256.ts";
import type { GuardedRequest, Refused } from "./request_guard.ts";

/** What requests must carry; nothing if there is no token. */
export interface HttpTokens {
  /** Lets do everything. */
  readonly token?: string | null | undefined;
  /** Lets read. */
  readonly readToken?: string | null | undefined;
}

/** Answered to whoever asks: whether the node is well is no secret, and probes send no token. */
const OPEN_PATH = "/healthz";

/** What a refusal says of how to ask. */
export const CHALLENGE = { "WWW-Authenticate": 'Basic realm="voidkad", charset="UTF-8"' };

/** Judges requests to one node. */
export class TokenGuard {
  readonly #full: Uint8Array | null;
  readonly #reading: Uint8Array | null;

  /** @param tokens at least `token`, or everybody is let in. */
  constructor({ token, readToken }: HttpTokens) {
    this.#full = token ? digestOf(token) : null;
    this.#reading = readToken ? digestOf(readToken) : null;
  }

  /** Null if a request may be answered. */
  check({ method, path, headers }: GuardedRequest): Refused | null {
    if (!this.#full || path === OPEN_PATH) return null;
    const given = tokenIn(headers.get("Authorization") ?? "");
    if (given === null) return { status: 401, error: "this node wants its token" };
    const digest = digestOf(given);
    if (timingSafeEqual(digest, this.#full)) return null;
    if (!this.#reading || !timingSafeEqual(digest, this.#reading)) {
      return { status: 401, error: "that is not the token of this node" };
    }
    if (method === "GET" || method === "HEAD") return null;
    return { status: 403, error: "this token lets read, not write" };
  }
}

/** Digests have one length, so that a comparison says nothing about that of the token. */
function digestOf(token: string): Uint8Array {
  return sha256(new TextEncoder().encode(token));
}

function tokenIn(authorization: string): string | null {
  const [, scheme, value] = /^(Bearer|Basic) +(\S+)$/i.exec(authorization) ?? [];
  if (!scheme || !value) return null;
  if (scheme.toLowerCase() === "bearer") return value;
  try {
    const text = new TextDecoder().decode(decodeBase64(value));
    const colon = text.indexOf(":");
    return colon < 0 ? null : text.slice(colon + 1);
  } catch {
    return null;
  }
}

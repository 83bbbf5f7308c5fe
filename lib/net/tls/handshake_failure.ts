/**
 * Why there is no TLS connection, as the runtime's two ways to TLS say it.
 *
 * @module
 */

import { ALPN_PROTOCOL } from "../../core/wire/versions.ts";
import type { RequestFailure } from "../../node/ports.ts";
import type { ByteConn } from "../frame_stream.ts";

/** Why there is no connection on which both ends speak this version of the protocol. */
export interface HandshakeFailure {
  /** `protocolError` if the other end speaks another version, or another protocol. */
  readonly failure: RequestFailure;
  readonly reason: string;
}

/** A connection on which both ends speak this version of the protocol, or why there is none. */
export type Handshake = ByteConn | HandshakeFailure;

/** The other end has not ended its handshake in time. */
export const TOO_LATE: HandshakeFailure = {
  failure: "unreachable",
  reason: "handshake takes too long",
};

/** A listener never learns which protocols it was offered, nor a dialler which ones were wanted. */
export const OTHER_PROTOCOL: HandshakeFailure = {
  failure: "protocolError",
  reason: `it speaks another protocol or version, not ${ALPN_PROTOCOL}`,
};

/** The other end has named no protocol. */
export const NO_PROTOCOL: HandshakeFailure = {
  failure: "protocolError",
  reason: `it names no protocol (ALPN), ${ALPN_PROTOCOL} is spoken here`,
};

/** What an error of a handshake means. */
export function failureOf(error: unknown): HandshakeFailure {
  if (isAboutProtocol(error)) return OTHER_PROTOCOL;
  const reason = error instanceof Error ? error.message : String(error);
  return { failure: isAboutTrust(error) ? "untrusted" : "unreachable", reason };
}

/** Both ways tell that the ends have no protocol in common by words only. */
function isAboutProtocol(error: unknown): boolean {
  return error instanceof Error && /known protocol|NoApplicationProtocol/.test(error.message);
}

/** The runtime tells a certificate that it does not trust by its message only, `node:tls` by a code. */
function isAboutTrust(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  if (typeof code === "string") return /CERT/.test(code);
  return error instanceof Deno.errors.InvalidData && /certificate/i.test(error.message);
}

/** Closes a connection that may be closed already. */
export function closeQuietly(conn: Pick<Deno.Conn, "close"> | null): void {
  try {
    conn?.close();
  } catch {
    // Closed already, or handed over to the TLS connection made of it.
  }
}

/**
 * Opening and accepting TLS connections under the project's terms: exactly one trusted certificate, the
 * application protocol agreed on, all of it within a time limit.
 *
 * @module
 */

import type { Address } from "../../core/kademlia/address.ts";
import { HANDSHAKE_LIMIT_MS } from "../../core/limits.ts";
import { ALPN_PROTOCOL } from "../../core/wire/versions.ts";
import type { Clock, RequestFailure } from "../../node/ports.ts";
import { encodePem } from "../../identity/pem.ts";
import { serverNameOf } from "../../identity/server_name.ts";

/** A connection on which both ends speak this version of the protocol, or why there is none. */
export type Handshake =
  | Deno.TlsConn
  | {
    /** `protocolError` if the other end speaks another version, or another protocol. */
    readonly failure: RequestFailure;
    readonly reason: string;
  };

/** The handshakes under way of one node; each ends within its time limit. */
export class Handshakes {
  readonly #clock: Clock;
  readonly #aborts = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Connects to an address and makes sure that a certificate (DER) is held there. Never rejects. */
  async dial({ hostname, port }: Address, certificate: Uint8Array): Promise<Handshake> {
    const controller = new AbortController();
    const { signal } = controller;
    // The runtime asks the signal once more when it has a connection, and would lose one that was made at the very
    // moment of the abort. So it is given, and closed below.
    Object.defineProperty(signal, "throwIfAborted", { value: () => {} });
    let conn: Deno.Conn | null = null;
    let late = false;
    const stopLimit = this.#limit(() => {
      late = true;
      closeQuietly(conn);
      controller.abort();
    });
    try {
      const plain = await Deno.connect({ hostname, port, signal });
      conn = plain;
      if (late) throw new Error("too late");
      // With Nagle's algorithm on, the first answer of each connection takes 44 ms more.
      plain.setNoDelay(true);
      const tls = await Deno.startTls(plain, {
        // The runtime trusts its own stores besides `caCerts`; none of them vouches for this name.
        hostname: serverNameOf(hostname),
        caCerts: [encodePem("CERTIFICATE", certificate)],
        alpnProtocols: [ALPN_PROTOCOL],
      });
      conn = tls;
      if (late) throw new Error("too late");
      const { alpnProtocol } = await tls.handshake();
      if (late) throw new Error("too late");
      if (alpnProtocol === ALPN_PROTOCOL) return tls;
      closeQuietly(tls);
      return OTHER_PROTOCOL;
    } catch (error) {
      closeQuietly(conn);
      if (late) return { failure: "unreachable", reason: "it takes too long" };
      if (isAboutProtocol(error)) return OTHER_PROTOCOL;
      const failure = isAboutTrust(error) ? "untrusted" : "unreachable";
      return { failure, reason: messageOf(error) };
    } finally {
      stopLimit();
    }
  }

  /** Completes the handshake of an accepted connection. Never rejects. */
  async accept(conn: Deno.TlsConn): Promise<Handshake> {
    let late = false;
    const stopLimit = this.#limit(() => {
      late = true;
      closeQuietly(conn);
    });
    try {
      const { alpnProtocol } = await conn.handshake();
      if (late) return TOO_LATE;
      if (alpnProtocol === ALPN_PROTOCOL) return conn;
      closeQuietly(conn);
      return NO_PROTOCOL;
    } catch (error) {
      closeQuietly(conn);
      if (late) return TOO_LATE;
      if (isAboutProtocol(error)) return OTHER_PROTOCOL;
      return { failure: "unreachable", reason: messageOf(error) };
    } finally {
      stopLimit();
    }
  }

  /** Ends all that are under way. */
  abort(): void {
    for (const abort of [...this.#aborts]) abort();
  }

  /** Calls `abort` at the time limit or when all are ended; returns how to call that off. */
  #limit(abort: () => void): () => void {
    this.#aborts.add(abort);
    const stopTimer = this.#clock.runAt(this.#clock.now() + HANDSHAKE_LIMIT_MS, abort);
    return () => {
      stopTimer();
      this.#aborts.delete(abort);
    };
  }
}

const TOO_LATE = { failure: "unreachable", reason: "handshake takes too long" } as const;
/** A listener never learns which protocols it was offered, nor a dialler which ones were wanted. */
const OTHER_PROTOCOL = {
  failure: "protocolError",
  reason: `it speaks another protocol or version, not ${ALPN_PROTOCOL}`,
} as const;
const NO_PROTOCOL = {
  failure: "protocolError",
  reason: `it names no protocol (ALPN), ${ALPN_PROTOCOL} is spoken here`,
} as const;

/** The runtime tells that both ends have no protocol in common by its message only. */
function isAboutProtocol(error: unknown): boolean {
  return error instanceof Deno.errors.InvalidData &&
    /known protocol|NoApplicationProtocol/.test(error.message);
}

/** The runtime tells a certificate that it does not trust by its message only. */
function isAboutTrust(error: unknown): boolean {
  return error instanceof Deno.errors.InvalidData && /certificate/i.test(error.message);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Closes a connection that may be closed already. */
export function closeQuietly(conn: Deno.Conn | null): void {
  try {
    conn?.close();
  } catch {
    // Closed already, or handed over to the TLS connection made of it.
  }
}

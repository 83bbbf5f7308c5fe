/**
 * Opening and accepting TLS connections under the project's terms: exactly one trusted certificate, the
 * application protocol agreed on, all of it within a time limit.
 *
 * @module
 */

import type { Contact } from "../../core/kademlia/contact.ts";
import { ALPN_PROTOCOL_BRIEF, ALPN_PROTOCOLS, HANDSHAKE_LIMIT_MS } from "../../core/limits.ts";
import type { Clock, RequestFailure } from "../../node/ports.ts";
import { encodePem } from "../../identity/pem.ts";

// With an empty list of stores the runtime trusts no public authority, only what is pinned. It is read at
// the first TLS call, so it has to be said before.
Deno.env.set("DENO_TLS_CA_STORE", "");

/** How long a connection that is given up may still take to be made. */
const ABORT_DELAY_MS = 50;

/** What both ends have agreed on. */
export interface Agreed {
  readonly conn: Deno.TlsConn;
  /** Whether records are sent in brief. */
  readonly brief: boolean;
}

/** A connection, or why there is none. */
export type Dialled =
  | Agreed
  | { readonly failure: RequestFailure; readonly reason: string };

/** The handshakes under way of one node; each ends within its time limit. */
export class Handshakes {
  readonly #clock: Clock;
  readonly #aborts = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Connects to a contact and makes sure that it holds its certificate. Never rejects. */
  async dial(contact: Contact): Promise<Dialled> {
    const controller = new AbortController();
    const { signal } = controller;
    let conn: Deno.Conn | null = null;
    let late = false;
    let stopAbort = () => {};
    const stopLimit = this.#limit(() => {
      late = true;
      closeQuietly(conn);
      // The runtime loses a connection that is made at the very moment of the abort, so one that is about
      // to be made is let be, to be closed below.
      stopAbort = this.#clock.runAt(this.#clock.now() + ABORT_DELAY_MS, () => controller.abort());
    });
    try {
      const { hostname, port } = contact.address;
      const plain = await Deno.connect({ hostname, port, signal });
      conn = plain;
      if (late) throw new Error("too late");
      // With Nagle's algorithm on, the first answer of each connection takes 44 ms more.
      plain.setNoDelay(true);
      const tls = await Deno.startTls(plain, {
        hostname,
        caCerts: [encodePem("CERTIFICATE", contact.certificate)],
        alpnProtocols: [...ALPN_PROTOCOLS],
      });
      conn = tls;
      if (late) throw new Error("too late");
      const { alpnProtocol } = await tls.handshake();
      if (late) throw new Error("too late");
      const agreed = agreement(tls, alpnProtocol);
      if (agreed) return agreed;
      closeQuietly(tls);
      return { failure: "protocolError", reason: NOT_OURS };
    } catch (error) {
      closeQuietly(conn);
      if (late) return { failure: "unreachable", reason: "it takes too long" };
      const reason = messageOf(error);
      return { failure: isAboutTrust(error, reason) ? "untrusted" : "unreachable", reason };
    } finally {
      stopLimit();
      stopAbort();
    }
  }

  /** Completes the handshake of an accepted connection; or says what is wrong, after closing it. */
  async accept(conn: Deno.TlsConn): Promise<Agreed | string> {
    let late = false;
    const stopLimit = this.#limit(() => {
      late = true;
      closeQuietly(conn);
    });
    try {
      const { alpnProtocol } = await conn.handshake();
      if (late) return "handshake takes too long";
      const agreed = agreement(conn, alpnProtocol);
      if (agreed) return agreed;
      closeQuietly(conn);
      return NOT_OURS;
    } catch (error) {
      closeQuietly(conn);
      return late ? "handshake takes too long" : messageOf(error);
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

const NOT_OURS = `it speaks none of ${ALPN_PROTOCOLS.join(", ")}`;

/** What was agreed on; null if it is none of ours. */
function agreement(conn: Deno.TlsConn, protocol: string | null): Agreed | null {
  if (protocol === null || !ALPN_PROTOCOLS.includes(protocol)) return null;
  return { conn, brief: protocol === ALPN_PROTOCOL_BRIEF };
}

/** The runtime tells a certificate that it does not trust by its message only. */
function isAboutTrust(error: unknown, message: string): boolean {
  return error instanceof Deno.errors.InvalidData && /certificate/i.test(message);
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

/**
 * Opening TLS connections under the project's terms: exactly one trusted certificate, the application protocol agreed
 * on, all of it within a time limit.
 *
 * @module
 */

import { type Address, formatAddress, isLoopback } from "../../core/kademlia/address.ts";
import { HANDSHAKE_LIMIT_MS } from "../../core/limits.ts";
import { ALPN_PROTOCOL } from "../../core/wire/versions.ts";
import type { Clock } from "../../node/ports.ts";
import { encodePem } from "../../identity/pem.ts";
import { serverNameOf } from "../../identity/server_name.ts";
import type { ByteConn } from "../frame_stream.ts";
import { closeQuietly, failureOf, type Handshake, OTHER_PROTOCOL } from "./handshake_failure.ts";
import type { Dial } from "./dial.ts";
import { NodeDial } from "./node_dial.ts";

export type { Handshake };

/**
 * The dials under way of one node; each ends within its time limit.
 *
 * The runtime's own TLS is the faster one, but frees no connection whose handshake does not end, even if it is closed.
 * So it is for hosts on loopback, and once for each that stays silent; others are dialled by `node:tls`.
 */
export class Handshakes {
  readonly #clock: Clock;
  readonly #aborts = new Set<() => void>();
  /** Handshakes that were given up and have not ended, by the address. */
  readonly #silent = new Map<string, Deno.TlsConn>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Connects to an address and makes sure that a certificate (DER) is held there. Never rejects.
   *
   * @param onReached called when TCP is connected, a round trip after the beginning.
   */
  async dial(
    address: Address,
    certificate: Uint8Array,
    onReached: () => void = () => {},
  ): Promise<Handshake> {
    const isFast = isLoopback(address) && !this.#silent.has(formatAddress(address));
    const dial = isFast
      ? this.#dial(address, certificate, onReached)
      : new NodeDial(address, certificate, onReached);
    let isLate = false;
    const abort = () => {
      isLate = true;
      dial.abort();
    };
    this.#aborts.add(abort);
    const stopLimit = this.#clock.runAt(this.#clock.now() + HANDSHAKE_LIMIT_MS, abort);
    try {
      return await dial.conn ?? OTHER_PROTOCOL;
    } catch (error) {
      return isLate ? { failure: "unreachable", reason: "it takes too long" } : failureOf(error);
    } finally {
      stopLimit();
      this.#aborts.delete(abort);
    }
  }

  /** Ends all that are under way. */
  abort(): void {
    for (const abort of [...this.#aborts]) abort();
    for (const conn of this.#silent.values()) closeQuietly(conn);
  }

  #dial(address: Address, certificate: Uint8Array, onReached: () => void): Dial {
    const { hostname, port } = address;
    const controller = new AbortController();
    const { signal } = controller;
    // The runtime asks the signal once more when it has a connection, and would lose one that was made at the very
    // moment of the abort. So it is given, and closed below.
    Object.defineProperty(signal, "throwIfAborted", { value: () => {} });
    const connect = async () => {
      const plain = await Deno.connect({ hostname, port, signal });
      let tls: Deno.TlsConn;
      try {
        if (signal.aborted) throw new Error("too late");
        onReached();
        // With Nagle's algorithm on, the first answer of each connection takes 44 ms more.
        plain.setNoDelay(true);
        tls = await Deno.startTls(plain, {
          // The runtime trusts its own stores besides `caCerts`; none of them vouches for this name.
          hostname: serverNameOf(hostname),
          caCerts: [encodePem("CERTIFICATE", certificate)],
          alpnProtocols: [ALPN_PROTOCOL],
        });
      } catch (error) {
        closeQuietly(plain);
        throw error;
      }
      return await this.#handshake(tls, { where: formatAddress(address), signal });
    };
    return { conn: connect(), abort: () => controller.abort() };
  }

  async #handshake(
    conn: Deno.TlsConn,
    { where, signal }: { readonly where: string; readonly signal: AbortSignal },
  ): Promise<ByteConn | null> {
    const handshake = conn.handshake();
    const aborted = new Promise<never>((_, reject) => {
      if (signal.aborted) reject(new Error("too late"));
      signal.addEventListener("abort", () => reject(new Error("too late")));
    });
    try {
      const { alpnProtocol } = await Promise.race([handshake, aborted]);
      if (alpnProtocol === ALPN_PROTOCOL) return conn;
    } catch (error) {
      this.#closeWhenEnded(conn, { where, handshake });
      throw error;
    }
    closeQuietly(conn);
    return null;
  }

  /** Closed before its handshake has ended, it would be lost, and not free. */
  #closeWhenEnded(
    conn: Deno.TlsConn,
    { where, handshake }: { readonly where: string; readonly handshake: Promise<unknown> },
  ): void {
    this.#silent.set(where, conn);
    const end = () => {
      this.#silent.delete(where);
      closeQuietly(conn);
    };
    handshake.then(end, end);
  }
}
